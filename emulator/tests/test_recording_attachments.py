"""Contents beside a recording: masked or refused, wherever their parts end."""

import hashlib
import io
import zipfile

import pytest

from emulator.recording.recorder.attachments import attachment_of
from emulator.recording.recorder.errors import LeftOutError
from emulator.recording.secrets import Secrets

KEY = "sk-proj-q7Zx9Lw2VbT3BlbkFJ"
PEM = "-----BEGIN PRIVATE KEY-----\n" + "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n" * 40 + "-----END PRIVATE KEY-----\n"
MEGABYTE = 1024 * 1024


def kept(data, step=64 * 1024):
    def pieces():
        return (data[start : start + step] for start in range(0, len(data), step))

    with attachment_of(pieces, len(data), Secrets(), "the file") as made:
        content = b"".join(made.pieces())
        assert (made.size, made.sha256) == (len(content), hashlib.sha256(content).hexdigest())
        return content


@pytest.mark.parametrize("filler", ["tide\n", '{"tide": 9},', "ä "])
@pytest.mark.parametrize("secret", [KEY, PEM, '"password": "hunter2", '])
@pytest.mark.parametrize("before", [-20, 0])
def test_a_text_is_masked_wherever_its_parts_end(filler, secret, before):
    head = (filler * MEGABYTE)[: MEGABYTE + before]
    text = f"{head}\n{secret}\n{head}"
    assert kept(text.encode()).decode() == Secrets().without_secrets(text)


def test_a_text_without_any_end_is_kept():
    assert kept(b"a" * 3 * MEGABYTE) == b"a" * 3 * MEGABYTE


@pytest.mark.parametrize("place", [0, MEGABYTE - 5, MEGABYTE, 2 * MEGABYTE - 10])
def test_bytes_with_a_key_are_refused_wherever_it_stands(place):
    with pytest.raises(LeftOutError, match="a key remains in the file"):
        kept(b"\xff" * place + KEY.encode() + b"\xff" * MEGABYTE)


def zipped(*contents, damaged=False):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, content in enumerate(contents):
            archive.writestr(f"{number}.xml", content)
    return file.getvalue()[: -10 if damaged else None]


def test_an_archive_is_searched_within():
    with pytest.raises(LeftOutError):
        kept(zipped("tide", "x" * 99 + f" {KEY}"))
    assert kept(zipped("tide", "high water")) == zipped("tide", "high water")


def test_a_damaged_archive_is_kept_as_bytes():
    assert kept(zipped("tide", damaged=True)) == zipped("tide", damaged=True)
    assert kept(b"\x1f\x8bno gzip") == b"\x1f\x8bno gzip"


def test_an_archive_that_holds_more_than_can_be_searched_is_refused(monkeypatch):
    monkeypatch.setattr("emulator.recording.recorder.archives._MOST", 1000)
    with pytest.raises(LeftOutError, match="more, compressed"):
        kept(zipped("a" * 2000))
