import os
import stat

import pytest

from emulator.store.folder_blobs import FolderBlobs


@pytest.fixture
def blobs(tmp_path):
    return FolderBlobs(tmp_path / "files")


def test_bytes_come_back(blobs):
    blobs.write("a", b"\x00\xffhello")
    assert blobs.read("a") == b"\x00\xffhello"
    assert b"".join(blobs.pieces("a", 3)) == b"\x00\xffhello"
    assert [len(piece) for piece in blobs.pieces("a", 3)] == [3, 3, 1]


def test_writing_again_replaces(blobs):
    blobs.write("a", b"one")
    blobs.write("a", b"two")
    assert blobs.read("a") == b"two"


def test_no_half_of_a_file_is_ever_seen(blobs):
    with blobs.receive() as part:
        part.write(b"half")
    assert not blobs.path("a").exists()


def test_several_become_one_in_their_order(blobs):
    for name, data in (("a", b"1"), ("b", b""), ("c", b"333")):
        blobs.write(name, data)
    blobs.keep(blobs.join(["c", "a", "b", "a"]), "whole")
    assert blobs.read("whole") == b"33311"


def test_dropping_is_final_and_can_be_repeated(blobs):
    blobs.write("a", b"x")
    blobs.drop("a")
    blobs.drop("a")
    assert not blobs.path("a").exists()


def test_a_name_reveals_nothing_of_the_id_and_never_leaves_the_folder(blobs):
    odd = [
        FolderBlobs.name("ns", "../../etc/passwd"),
        FolderBlobs.name("ns", "a/b"),
        FolderBlobs.name("ns/a", "b"),
        FolderBlobs.name("x", "file-1"),
    ]
    assert len(set(odd)) >= 3
    for name in odd:
        assert len(name) == 40
        assert name.isalnum()
        assert blobs.path(name).parent == blobs.folder


def test_the_same_object_has_the_same_name():
    assert FolderBlobs.name("a", "file-1") == FolderBlobs.name("a", "file-1") != FolderBlobs.name("b", "file-1")


@pytest.mark.skipif(os.name == "nt", reason="rights are POSIX's")
def test_only_the_owner_can_read(blobs):
    blobs.write("a", b"x")
    assert stat.S_IMODE(blobs.folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(blobs.path("a").stat().st_mode) == 0o600


def test_a_folder_is_made_when_it_is_needed_and_a_temporary_one_is_removed(tmp_path):
    lasting = FolderBlobs(tmp_path / "later")
    assert not (tmp_path / "later").exists()
    lasting.write("a", b"x")
    lasting.close()
    assert (tmp_path / "later" / "a").exists()
    temporary = FolderBlobs(None)
    temporary.write("a", b"x")
    folder = temporary.folder
    temporary.close()
    assert not folder.exists()
    FolderBlobs(None).close()


def test_what_a_killed_server_was_receiving_is_removed_when_the_folder_is_opened_again(tmp_path):
    blobs = FolderBlobs(tmp_path / "files")
    blobs.write("a", b"whole")
    with blobs.receive() as part:
        part.write(b"half")
    FolderBlobs(tmp_path / "files")
    assert [path.name for path in (tmp_path / "files").iterdir()] == ["a"]


class FullError(OSError):
    pass


def test_nothing_is_left_of_what_could_not_be_written(blobs, monkeypatch):
    def write_half():
        with blobs.receive() as part:
            part.write(b"half")
            raise FullError

    with pytest.raises(FullError):
        write_half()
    blobs.write("a", b"x")
    monkeypatch.setattr("shutil.copyfileobj", lambda *_: (_ for _ in ()).throw(FullError))
    with pytest.raises(FullError):
        blobs.join(["a"])
    with pytest.raises(FileNotFoundError):
        blobs.join(["missing"])
    monkeypatch.setattr(type(blobs), "keep", lambda *_: (_ for _ in ()).throw(FullError))
    with pytest.raises(FullError):
        blobs.write("b", b"x")
    assert [path.name for path in blobs.folder.iterdir()] == ["a"]


def test_bytes_that_are_gone_are_missed_at_once(blobs):
    with pytest.raises(FileNotFoundError):
        blobs.pieces("gone")
    with pytest.raises(FileNotFoundError):
        blobs.length("gone")


def test_what_cannot_be_removed_keeps_no_server_from_starting(tmp_path):
    (tmp_path / "files" / "part-folder").mkdir(parents=True)
    FolderBlobs(tmp_path / "files").write("a", b"x")


@pytest.mark.parametrize("has_links", [True, False])
def test_a_copy_outlives_what_it_was_made_of(blobs, monkeypatch, has_links):
    def refuse(*_):
        raise OSError("no links here")

    if not has_links:
        monkeypatch.setattr("pathlib.Path.hardlink_to", refuse)
    blobs.write("a", b"one")
    blobs.copy("a", "b")
    blobs.write("a", b"two")
    blobs.drop("a")
    assert blobs.read("b") == b"one"
    blobs.write("c", b"three")
    blobs.copy("c", "b")
    assert blobs.read("b") == b"three"
