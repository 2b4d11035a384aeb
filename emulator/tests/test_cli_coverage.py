"""State coverage on the command line: of `exec`, of a running server, and of files that are added up."""

import json
import subprocess
import sys

import pytest

from emulator import LiveServer, Settings, cli
from emulator.domain.state_coverage import Coverage
from emulator.tests import test_cli_exec

execute = test_cli_exec.execute  # the fixture


def coverage_file(path, **met):
    names = {f"run {name}": count for name, count in met.items()}
    path.write_text(json.dumps({"met": names, "errors": {}, "faults": {}, "tools": {}}))
    return str(path)


@pytest.fixture
def files(tmp_path):
    """The coverage of two runs of a suite."""
    return [
        coverage_file(tmp_path / "a.json", queued=2, completed=1),
        coverage_file(tmp_path / "b.json", queued=1, expired=1),
    ]


# --- exec -----------------------------------------------------------------------------------------------------------


def test_exec_prints_what_its_command_met(execute):
    done = execute("print(talk('tea')['status'])", "--coverage")
    assert (done.returncode, done.stdout) == (0, "completed\n")
    assert "state coverage: 14.2 % (2 of 14)\n" in done.stderr
    assert '  run expired                            ns.expire("next", at="in_progress")\n' in done.stderr


def test_exec_says_nothing_of_it_unless_it_is_asked(execute):
    assert "coverage" not in execute("print(talk('tea')['status'])").stderr


def test_exec_writes_it_as_json_and_as_a_page(execute, tmp_path):
    names = ("--coverage-json", "met.json", "--coverage-html", "met.html")
    assert execute("talk('tea')", *names, cwd=tmp_path).returncode == 0
    found = json.loads((tmp_path / "met.json").read_text())
    assert found["met"] == {"run queued": 1, "run completed": 1}
    assert Coverage.from_json(found).met == found["met"]
    assert (tmp_path / "met.html").read_text().startswith("<!doctype html>")


def test_exec_fails_where_too_little_was_met(execute):
    done = execute("talk('tea')", "--coverage-fail-under", "50")
    assert done.returncode == 1
    last = "emulator: state coverage of 14.2 % is 35.8 below the 50 % that are asked for"
    assert done.stderr.splitlines()[-1] == last
    assert execute("talk('tea')", "--coverage-fail-under", "14").returncode == 0


def test_the_exit_code_of_the_command_comes_first(execute):
    assert execute("sys.exit(7)", "--coverage-fail-under", "50").returncode == 7


def test_a_place_where_nothing_can_be_written_is_refused_before_the_command_runs(execute):
    done = execute("print('ran')", "--coverage-json", "/nowhere/met.json")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines()[-1].endswith("/nowhere is not a directory")


# --- the command ----------------------------------------------------------------------------------------------------


def test_files_are_added_up(files, capsys):
    assert cli.main(["coverage", *files, "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["met"] == {"run completed": 1, "run expired": 1, "run queued": 3}


def test_what_was_written_can_be_added_again(files, tmp_path, capsys):
    out = tmp_path / "all.json"
    assert cli.main(["coverage", *files, "--format", "json", "-o", str(out)]) == 0
    assert cli.main(["coverage", str(out)]) == 0
    assert capsys.readouterr().out.startswith("state coverage: 21.4 % (3 of 14)\n")


def test_a_page_is_written_whole(files, tmp_path):
    out = tmp_path / "all.html"
    assert cli.main(["coverage", *files, "--format", "html", "--output", str(out)]) == 0
    assert out.read_text().rstrip().endswith("</html>")


def test_too_little_together_is_exit_code_1_and_one_line(files, capsys):
    assert cli.main(["coverage", *files, "--fail-under", "50"]) == 1
    err = capsys.readouterr().err
    assert err == "emulator: state coverage of 21.4 % is 28.6 below the 50 % that are asked for\n"


def test_a_running_server_is_asked_and_files_are_added_to_it(files, capsys, monkeypatch):
    monkeypatch.delenv("EMULATOR_CONTROL_TOKEN", raising=False)
    with LiveServer(Settings()) as server:
        assert cli.main(["coverage", "--url", server.url]) == 0
        assert capsys.readouterr().out == "state coverage: no status was shown to a client\n"
        assert cli.main(["coverage", files[0], "--url", server.url]) == 0
        assert "(2 of 14)" in capsys.readouterr().out
        monkeypatch.setenv("EMULATOR_URL", server.url)
        assert cli.main(["coverage"]) == 0


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"met": {}}', "[" * 100_000, '{"met": 1}', "\x00"])
def test_a_file_that_holds_none_is_refused_in_one_line(text, tmp_path, capsys):
    file = tmp_path / "a.json"
    file.write_text(text)
    assert cli.main(["coverage", str(file)]) == 2
    err = capsys.readouterr().err
    assert err.startswith(f"error: {file} holds no state coverage: ")
    assert err.count("\n") == 1


@pytest.mark.parametrize("content", [b"emulator: 1\n", b"<!doctype html>", b"\x89PNG\xff"])
def test_a_file_of_another_kind_is_said_to_be_no_json(content, tmp_path, capsys):
    file = tmp_path / "a.json"
    file.write_bytes(content)
    assert cli.main(["coverage", str(file)]) == 2
    assert capsys.readouterr().err == f"error: {file} holds no state coverage: it is no JSON\n"


def test_a_server_that_does_not_answer_is_one_line(capsys):
    assert cli.main(["coverage", "--url", "http://127.0.0.1:9"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_the_command_line_loads_no_tables_before_they_are_needed():
    code = "import sys, emulator.cli.execute, emulator.cli.coverage; print([m for m in sys.modules if 'jinja2' in m])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
