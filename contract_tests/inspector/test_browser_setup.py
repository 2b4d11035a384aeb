"""How a browser comes to be there: the machine's own, Debian's, Playwright's, or none and a line that says so."""

import subprocess

import pytest

from contract_tests import debian
from contract_tests.inspector import browser_setup


@pytest.fixture
def commands(monkeypatch):
    """What would be run; nothing is."""
    run = []
    monkeypatch.setattr(subprocess, "run", lambda command, **more: run.append(" ".join(command)))
    return run


@pytest.fixture
def none_starts(monkeypatch):
    monkeypatch.setattr(browser_setup, "UNWANTED", False)
    monkeypatch.setattr(browser_setup, "starts", lambda: False)


def test_where_a_browser_starts_nothing_is_installed(monkeypatch, commands):
    monkeypatch.setattr(browser_setup, "starts", lambda: True)
    assert (browser_setup.main(), commands) == (0, [])


def test_where_none_is_wanted_nothing_is_installed(monkeypatch, none_starts, commands):
    monkeypatch.setattr(browser_setup, "UNWANTED", True)
    assert (browser_setup.main(), commands) == (0, [])


def test_root_of_debian_gets_the_package_of_the_distribution(monkeypatch, commands):
    monkeypatch.setattr(debian, "is_root_of_debian", lambda: True)
    browser_setup.install()
    assert [command.partition(" ")[0] for command in commands] == ["apt-get"] * 3
    assert not any("sudo" in command for command in commands)
    assert all("chromium" in command for command in commands[1:])


def test_everybody_else_gets_playwrights_build(monkeypatch, commands):
    monkeypatch.setattr(debian, "is_root_of_debian", lambda: False)
    browser_setup.install()
    (command,) = commands
    assert command.endswith("-m playwright install --only-shell chromium")


@pytest.mark.parametrize("is_required, status", [(False, 0), (True, 1)])
def test_what_cannot_be_installed_is_said_in_one_line(monkeypatch, capsys, none_starts, is_required, status):
    def offline():
        raise subprocess.CalledProcessError(100, "apt-get")

    monkeypatch.setattr(browser_setup, "REQUIRED", is_required)
    monkeypatch.setattr(browser_setup, "install", offline)
    assert browser_setup.main() == status
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("no browser could be installed here")
