"""How PostgreSQL comes to be there: it is, Debian has it, or a line says that it is not."""

import subprocess

import pytest

from contract_tests import debian
from contract_tests.postgres import server_setup


@pytest.fixture
def commands(monkeypatch, tmp_path):
    """What would be run; nothing is."""
    run = []
    monkeypatch.setattr(subprocess, "run", lambda command, **more: run.append(" ".join(command)))
    monkeypatch.setattr(server_setup, "_NO_SERVER", tmp_path / "createcluster.d" / "no-main-cluster.conf")
    return run


@pytest.fixture
def not_there(monkeypatch):
    monkeypatch.setattr(server_setup, "UNWANTED", False)
    monkeypatch.setattr(server_setup, "is_there", lambda: False)


def test_where_it_is_there_nothing_is_installed(monkeypatch, commands):
    monkeypatch.setattr(server_setup, "is_there", lambda: True)
    assert (server_setup.main(), commands) == (0, [])


def test_where_none_is_wanted_nothing_is_installed(monkeypatch, not_there, commands):
    monkeypatch.setattr(server_setup, "UNWANTED", True)
    assert (server_setup.main(), commands) == (0, [])


def test_root_of_debian_gets_the_programs_and_no_server_that_runs(monkeypatch, commands):
    monkeypatch.setattr(debian, "is_root_of_debian", lambda: True)
    server_setup.install()
    assert all(command.startswith("apt-get ") for command in commands)
    assert any(command.endswith(" postgresql --no-download") for command in commands)
    assert server_setup._NO_SERVER.read_text() == "create_main_cluster = false\n"


def test_nobody_else_is_asked_for_a_password(monkeypatch, commands):
    monkeypatch.setattr(debian, "is_root_of_debian", lambda: False)
    server_setup.install()
    assert commands == []


@pytest.mark.parametrize("is_required, status", [(False, 0), (True, 1)])
def test_what_cannot_be_installed_is_said_in_one_line(monkeypatch, capsys, not_there, is_required, status):
    def offline():
        raise subprocess.CalledProcessError(100, "apt-get")

    monkeypatch.setattr(server_setup, "REQUIRED", is_required)
    monkeypatch.setattr(server_setup, "install", offline)
    assert server_setup.main() == status
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("PostgreSQL could not be installed here")
