import base64

import pytest

from emulator.domain.ports import ScriptError
from scripted_models import load, load_file, load_python, load_scenario

PIXEL = base64.b64decode("iVBORw0KGgo=")


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "inner" / "assets").mkdir(parents=True)
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "inner" / "assets" / "a.png").write_bytes(PIXEL)
    return tmp_path / "inner"


def scenario(folder, body):
    file = folder / "s.yaml"
    file.write_text(f"emulator: 1\n{body}", encoding="utf-8")
    return file


def test_a_scenario_is_read_with_the_files_it_names(folder):
    body = """
fixtures: {files: {pic: {path: assets/a.png, id: file-1}}}
turns:
- steps:
  - {say: "\u00e4", images: [./assets/a.png, "data:image/png;base64,AA"]}
  - choose: [{steps: [{code: x, images: assets/a.png}]}]
"""
    source = load_file(scenario(folder, body))
    uri = "data:image/png;base64," + base64.b64encode(PIXEL).decode()
    assert source.assets == {"assets/a.png": uri, "./assets/a.png": uri}
    assert load([source]).fixtures["files"] == [
        {"id": "file-1", "filename": "a.png", "purpose": "assistants", "content": uri}
    ]


@pytest.mark.parametrize(
    "path", ["../secret.txt", "assets/../../secret.txt", "/etc/passwd", "link.txt", "assets/out/secret.txt"]
)
def test_no_path_leads_out_of_the_scenario_s_folder(folder, path):
    (folder / "link.txt").symlink_to(folder.parent / "secret.txt")
    (folder / "assets" / "out").symlink_to(folder.parent)
    file = scenario(folder, f"turns:\n- steps:\n  - {{say: x, images: [{path}]}}")
    with pytest.raises(ScriptError, match=r"s.yaml:4: turns\[0\].steps\[0\].images\[0\]: .*leads out"):
        load_file(file)


def test_a_file_that_is_not_there_is_reported_with_its_line(folder):
    with pytest.raises(ScriptError, match=r"s.yaml:2: fixtures.files.a.path: no file \"b.txt\" beside"):
        load_file(scenario(folder, "fixtures: {files: {a: {path: b.txt}}}\nturns: []"))


@pytest.mark.parametrize(
    "body",
    [
        "turns: [",
        "turns: 3",
        "turns: [{steps: 3}]",
        "fixtures: 3\nturns: [3]",
        "turns: [{steps: [{say: x, images: 3}]}]",
    ],
)
def test_other_mistakes_wait_for_the_loader(folder, body):
    with pytest.raises(ScriptError):
        load([load_file(scenario(folder, body))])


def test_a_scenario_of_a_file_is_a_backend_with_turns_by_name(folder, view):
    orders = load_scenario(scenario(folder, "turns: [{name: a, steps: [{python: 'x:y'}]}, {name: b, steps: []}]"))
    assert orders.turn(view()).key == "s/a"
    assert orders["b"].spec.name == "b"
    with pytest.raises(KeyError):
        orders["c"]


def test_python_files_give_their_backends_once_and_in_order(folder):
    (folder / "mine.py").write_text(
        """
from scripted_models import Echo, Script
first = Script("one")
again = first
second = Echo()
class Third:
    def turn(self, view): return []
number = 3
"""
    )
    found = load_python(folder / "mine.py")
    assert [type(one).__name__ for one in found] == ["Script", "Echo"]


def test_a_python_file_that_fails_fails_as_it_does(folder):
    (folder / "bad.py").write_text("1 / 0")
    with pytest.raises(ZeroDivisionError):
        load_python(folder / "bad.py")
