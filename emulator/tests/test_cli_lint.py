"""The command that checks scripts: what it takes, how it prints what it finds, and how pre-commit runs it."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from emulator import cli

ROOT = Path(__file__).parents[2]
GOOD = "emulator: 1\nturns: [{steps: [{say: hello}]}]\n"
WARNED = "emulator: 1\nturns:\n- steps:\n  - say: '{{ vars.name }}'\n"
WRONG = "emulator: 1\nturns:\n- steps:\n  - sya: hello\n"


@pytest.fixture
def files(tmp_path, monkeypatch):
    """Write files into an empty folder, which is the working directory."""
    monkeypatch.chdir(tmp_path)

    def write(**texts):
        for name, text in texts.items():
            path = tmp_path / name.replace("__", "/").replace("_yaml", ".yaml").replace("_json", ".json")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    return write


def test_strict_makes_warnings_errors(files, capsys):
    files(a_yaml=WARNED)
    assert cli.main(["lint", "a.yaml"]) == 0
    assert capsys.readouterr().out.endswith("write set: {name: …} (warning)\n")
    assert cli.main(["lint", "--strict", "a.yaml"]) == 1
    assert capsys.readouterr().out.endswith("write set: {name: …}\n")


def test_a_folder_is_searched_for_scenarios(files, capsys):
    files(
        tests__a_yaml=WRONG,
        tests__deep__b_json='{"emulator": 1, "turns": [{"steps": [{"sya": "x"}]}]}',
        tests__compose_yaml="services: {web: {image: x}}",
        tests__recording_json='{"log": {"entries": []}}',
        tests__node_modules__c_yaml=WRONG,
        tests__empty_yaml="",
    )
    Path("tests/.hidden").mkdir()
    Path("tests/.hidden/d.yaml").write_text(WRONG)
    Path("tests/script.py").write_text("raise SystemExit")
    assert cli.main(["lint", "tests", "tests/a.yaml"]) == 1
    found = capsys.readouterr().out.splitlines()
    assert [line.split(": ")[0] for line in found] == ["tests/a.yaml:4", "tests/deep/b.json:1"]


def test_a_folder_without_scenarios_is_an_error_in_one_line(files, capsys):
    files(a_yaml="services: {}")
    assert cli.main(["lint", "."]) == 2
    assert capsys.readouterr().err == (
        "error: .: no scenario in this folder: no YAML or JSON that begins with emulator: 1\n"
    )


def test_files_are_checked_each_alone_unless_one_server_plays_them(files, capsys):
    files(a_yaml=GOOD, b_yaml=GOOD)
    assert cli.main(["lint", "--strict", "a.yaml", "b.yaml"]) == 0
    assert cli.main(["lint", "--strict", "--together", "a.yaml", "b.yaml"]) == 1
    assert capsys.readouterr().out.startswith("b.yaml:2: turns[0]: never played: turn #1 of a comes first")


def test_a_parameter_that_one_of_several_files_uses_is_used(files, capsys):
    files(a_yaml=GOOD, b_yaml=GOOD.replace("hello", "'{{ params.word }}'"))
    assert cli.main(["lint", "--strict", "--set", "word=x", "a.yaml", "b.yaml"]) == 0
    assert cli.main(["lint", "--strict", "--set", "word=x", "--set", "more=x", "a.yaml", "b.yaml"]) == 1
    assert capsys.readouterr().out == "a.yaml:1: scenario: params.more is given, and no script uses it\n"


def test_json_is_a_list_of_values(files, capsys):
    files(a_yaml=WRONG, b_yaml=WARNED)
    assert cli.main(["lint", "--format", "json", "a.yaml", "b.yaml"]) == 1
    wrong, warned = json.loads(capsys.readouterr().out)
    assert wrong.pop("message").startswith('did you mean say instead of "sya"?')
    assert wrong == {
        "file": "a.yaml",
        "line": 4,
        "column": 5,
        "path": "turns[0].steps[0]",
        "severity": "error",
        "suggestion": "say",
        "rule": "unknown-verb",
    }
    assert (warned["severity"], warned["rule"]) == ("warning", "unset-variable")


def test_json_of_files_without_a_finding_is_an_empty_list(files, capsys):
    files(a_yaml=GOOD)
    assert cli.main(["lint", "--format", "json", "a.yaml"]) == 0
    assert json.loads(capsys.readouterr().out) == []


def test_json_of_strict_has_errors_alone(files, capsys):
    files(a_yaml=WARNED)
    assert cli.main(["lint", "--format", "json", "--strict", "a.yaml"]) == 1
    assert [one["severity"] for one in json.loads(capsys.readouterr().out)] == ["error"]


@pytest.mark.parametrize(
    "name,text,rule",
    [
        ("a.yaml", b"\xff", "unreadable-file"),
        ("a.yaml", b"emulator: 1\nturns: [", "syntax"),
        ("a.yaml", b"emulator: 1\nfixtures: {files: {a: {path: x.txt}}}\nturns: []", "missing-file"),
        ("a.yaml", b"emulator: 1\nfixtures: {assistants: {a: {model: m, tools: [{type: x}]}}}\nturns: []", "fixture"),
        ("a.py", b"x = 1", "python"),
        ("a.py", b"x = (", "python"),
    ],
)
def test_what_cannot_be_read_or_loaded_is_a_value_too(name, text, rule, files, capsys):
    files()
    Path(name).write_bytes(text)
    assert cli.main(["lint", "--format", "json", name]) == 1
    assert rule in [one["rule"] for one in json.loads(capsys.readouterr().out)]


def test_an_unused_parameter_is_a_value_too(files, capsys):
    files(a_yaml=GOOD)
    assert cli.main(["lint", "--format", "json", "--set", "x=1", "a.yaml"]) == 0
    assert [one["rule"] for one in json.loads(capsys.readouterr().out)] == ["unused-parameter"]


@pytest.mark.parametrize(
    "text,found,suggestion",
    [
        ("from scripted_models import Scrpt", ":1: python: ImportError: cannot import name 'Scrpt'", "Script"),
        ("from scripted_models import Script\n\nSript('a')", ":3: python: NameError: name 'Sript'", "Script"),
        ("import scripted_models\nscripted_models.Scrpt('a')", ":2: python: AttributeError: ", "Script"),
        ("from scripted_models import Say\nSay('a', imags=())", ":2: python: TypeError: ", "images"),
        (
            "from scripted_models import Script\ns = Script('a')\n@s.turn(mesage='a')\ndef t(): ...",
            ":3: python: ValueError: mesage: unknown key",
            None,
        ),
    ],
)
def test_a_misspelt_name_in_a_python_script_is_answered_with_the_nearest(text, found, suggestion, files, capsys):
    files()
    Path("a.py").write_text(text)
    assert cli.main(["lint", "a.py"]) == 1
    out = capsys.readouterr().out
    assert out.startswith(f"a.py{found}")
    assert f"did you mean {suggestion or 'message'}?" in out
    assert cli.main(["lint", "--format", "json", "a.py"]) == 1
    assert json.loads(capsys.readouterr().out)[0]["suggestion"] == suggestion
    assert cli.main(["serve", "--port", "0", "a.py"]) == 2
    assert capsys.readouterr().err == f"error: {out}"


def test_github_gets_commands_of_its_workflows(files, capsys):
    files(a_yaml=WRONG, b_yaml=WARNED)
    assert cli.main(["lint", "--format", "github", "a.yaml", "b.yaml"]) == 1
    wrong, warned = capsys.readouterr().out.splitlines()
    assert wrong.startswith(
        '::error file=a.yaml,line=4,col=5,title=lint%3A unknown-verb::turns[0].steps[0]: did you mean say instead of "sya"?'
    )
    assert warned.startswith("::warning file=b.yaml,line=4,col=5,title=lint%3A unset-variable::turns[0].steps[0].say: ")


def test_what_would_end_a_command_is_escaped(files, capsys):
    files()
    Path("a,b%:c.yaml").write_text('emulator: 1\nturns:\n- {"100%\\nof\\rit": 1, steps: []}\n')
    assert cli.main(["lint", "--format", "github", "a,b%:c.yaml"]) == 1
    (line,) = capsys.readouterr().out.splitlines()
    properties, text = re.fullmatch(r"::error (.*?)::(.*)", line).groups()
    assert properties == "file=a%2Cb%25%3Ac.yaml,line=3,col=4,title=lint%3A unknown-key"
    assert text == 'turns[0].100%25%0Aof%0Dit: unknown key "100%25%0Aof%0Dit"'


def test_the_hook_of_pre_commit_checks_the_files_that_it_is_given(files):
    """As pre-commit does: the environment's commands first in the path, the files behind the entry and the args."""
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    assert (hook["id"], hook["language"], hook["types"]) == ("assistants-emulator-lint", "python", ["yaml"])
    files(scenarios__a_yaml=WARNED, compose_yaml="services: {}")
    chosen = [str(path) for path in Path().rglob("*.yaml") if re.search(hook["files"], str(path))]
    assert chosen == ["scenarios/a.yaml"]
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    for args, code in (([], 0), (["--strict"], 1)):
        command = [*shlex.split(hook["entry"]), *args, *chosen]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == code, done.stderr
        assert done.stdout.startswith("scenarios/a.yaml:4: turns[0].steps[0].say: no turn sets vars.name")
