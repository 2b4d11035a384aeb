"""Tests that failed are looked at in a browser: while their session waits, on a server elsewhere, or by their snapshots."""

import re
import shlex
import signal
import subprocess
import sys
from itertools import takewhile

import httpx
import pytest

from contract_tests.test_pytest_plugin import PLUGINS, run, suite
from emulator import LiveServer, Settings

pytest_plugins = ("pytester",)

LONGEST = 60
THREAD = r"(http://127\.0\.0\.1:\d+)/_emulator/inspector/ns/(\S+)/threads/(thread_\w+)"
ONE_FAILS = """
    import pytest
    from app import ask

    @pytest.mark.emulator("orders.yaml")
    def test_wrong(openai_client):
        assert ask(openai_client, "hello") == "Good night."

    @pytest.mark.emulator("orders.yaml")
    def test_right(openai_client):
        assert ask(openai_client, "hello") == "Good day."

    @pytest.mark.xfail(strict=True)
    @pytest.mark.emulator("orders.yaml")
    def test_known(openai_client):
        assert ask(openai_client, "hello") == "Good night."
"""
# Imported so that pytest finds it here.
__all__ = ["suite"]


def is_a_page(url):
    response = httpx.get(url, trust_env=False, timeout=60)
    return (response.status_code, response.headers["content-type"]) == (200, "text/html; charset=utf-8")


def names_on(server):
    return {one.name for one in server.emulator.namespaces}


# --- on the plugin's own server ---------------------------------------------------------------------------------------


def test_a_session_waits_until_its_failed_test_has_been_looked_at(suite):
    suite.makepyfile(ONE_FAILS)
    command = [sys.executable, "-m", "pytest", *PLUGINS, "--emulator-inspect"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    with subprocess.Popen(command, cwd=suite.path, text=True, **pipes) as process:
        try:
            lines = [*takewhile(lambda line: "Press Ctrl-C" not in line, process.stdout)]
            url, ns, _ = re.search(THREAD, "".join(lines)).groups()
            assert ns.startswith("test_")
            assert is_a_page(f"{url}/_emulator/inspector/ns/{ns}")
            summed_up = "".join(lines[lines.index("tests that failed, in the inspector:\n") :])
            assert f"test_wrong\n  {url}/_emulator/inspector/ns/{ns}\n" in summed_up
            assert "test_known" not in summed_up
            known = httpx.get(f"{url}/_emulator/ns", trust_env=False, timeout=60).json()["namespaces"]
            assert [one["namespace"] for one in known] == [ns]
            process.send_signal(signal.SIGINT)
            assert process.wait(LONGEST) == 1
            assert "Traceback" not in process.stdout.read()
        finally:
            process.kill()


def test_a_session_in_which_no_test_fails_ends_at_once(suite):
    suite.makepyfile(ONE_FAILS)
    result = run(suite, "--emulator-inspect", "-k", "right or known")
    assert result.ret == 0
    assert "inspector" not in result.stdout.str()


def test_without_the_options_no_address_is_named_that_is_gone_when_it_is_read(suite):
    suite.makepyfile(ONE_FAILS)
    result = run(suite)
    result.assert_outcomes(passed=1, failed=1, xfailed=1)
    assert "/inspector/" not in result.stdout.str()


def test_two_tests_of_one_name_are_kept_apart(suite):
    for folder in ("a", "b"):
        (suite.path / folder).mkdir()
        (suite.path / folder / "test_same.py").write_text(
            "def test_wrong(emulator, openai_client):\n    openai_client.beta.threads.create()\n    assert False\n"
        )
    command = [sys.executable, "-m", "pytest", *PLUGINS, "--import-mode=importlib", "--emulator-inspect"]
    with subprocess.Popen(command, cwd=suite.path, text=True, stdout=subprocess.PIPE) as process:
        try:
            text = "".join(takewhile(lambda line: "Press Ctrl-C" not in line, process.stdout))
            pages = {found[0].partition("/threads/")[0] for found in re.finditer(THREAD, text)}
            assert len(pages) == 2
            assert all(is_a_page(page) for page in pages)
            process.send_signal(signal.SIGINT)
            assert process.wait(LONGEST) == 1
        finally:
            process.kill()


def test_workers_say_that_one_process_is_needed(suite):
    pytest.importorskip("xdist")
    suite.makepyfile(ONE_FAILS)
    result = run(suite, "--emulator-inspect", "-n", "2")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*-n 0*assistants-emulator inspect*"])


# --- on a server elsewhere --------------------------------------------------------------------------------------------


def failed_on(suite, server, *options):
    """Run the suite on a server, where one test fails; return what it has printed."""
    result = run(suite, "--emulator-url", server.url, "--emulator-token", "t0", *options)
    result.assert_outcomes(passed=1, failed=1, xfailed=1)
    return result.stdout


def test_failed_tests_are_kept_on_a_server_elsewhere_and_begin_anew_the_next_time(suite):
    suite.makepyfile(ONE_FAILS)
    with LiveServer(Settings(control_token="t0")) as server:
        before = names_on(server)
        failed_on(suite, server).fnmatch_lines(["--emulator-keep leaves *"])
        assert names_on(server) == before
        for _ in range(2):
            printed = failed_on(suite, server, "--emulator-keep")
            (url, ns, thread) = re.search(THREAD, printed.str()).groups()
            assert url == server.url
            printed.fnmatch_lines(["tests that failed, in the inspector:", "*test_wrong", f"  {url}/*/ns/{ns}"])
            assert names_on(server) - before == {ns}
            assert [one["id"] for one in server.namespace(ns).threads] == [thread]


def test_failed_tests_of_workers_are_kept_there_too(suite):
    pytest.importorskip("xdist")
    suite.makepyfile(ONE_FAILS)
    with LiveServer(Settings(control_token="t0")) as server:
        printed = failed_on(suite, server, "--emulator-keep", "-n", "1")
        (_, ns, _) = re.search(THREAD, printed.str()).groups()
        printed.fnmatch_lines(["tests that failed, in the inspector:", "*test_wrong", f"  {server.url}/*/ns/{ns}"])
        assert names_on(server) == {ns}


def test_keeping_needs_a_server_that_goes_on(suite, monkeypatch):
    monkeypatch.delenv("EMULATOR_URL", raising=False)
    suite.makepyfile(ONE_FAILS)
    result = run(suite, "--emulator-keep")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--emulator-url*--emulator-inspect*"])


# --- by its snapshot --------------------------------------------------------------------------------------------------


def test_the_command_that_a_failed_test_names_shows_it(suite):
    suite.makepyfile(ONE_FAILS)
    result = run(suite, "--basetemp", "some results")
    (line,) = [line for line in result.outlines if line.startswith("assistants-emulator inspect ")]
    command = [sys.executable, "-m", "emulator", *shlex.split(line)[1:]]
    with subprocess.Popen(command, cwd=suite.path, text=True, stdout=subprocess.PIPE) as process:
        try:
            text = "".join(takewhile(lambda line: "Press Ctrl-C" not in line, process.stdout))
            assert is_a_page(re.search(THREAD, text)[0].partition("/threads/")[0])
            process.send_signal(signal.SIGINT)
            assert process.wait(LONGEST) == 0
        finally:
            process.kill()
