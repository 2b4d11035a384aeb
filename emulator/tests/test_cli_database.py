"""The options of servers that share a database: what is refused in one line, and what is shown of the URL."""

import socket

import pytest

from emulator import Settings, cli, server
from emulator.domain.database_url import DatabaseUrl

URL = "postgresql://app:geheim@127.0.0.1:{port}/emulator"


@pytest.fixture
def served(monkeypatch):
    """What the command asks the server for, in place of a server."""
    arguments: dict[str, object] = {}

    def serve(settings, host, port, *, ready, **more):
        arguments.update(settings=settings, **more)
        ready(f"http://{host}:{port}")

    monkeypatch.setattr(server, "serve", serve)
    for name in ("EMULATOR_CONTROL_TOKEN", "EMULATOR_DB"):
        monkeypatch.delenv(name, raising=False)
    return arguments


@pytest.fixture
def nowhere():
    """The URL of a database on a port where nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    return URL.format(port=port)


def test_a_url_and_what_belongs_to_it_become_settings(served, tmp_path, capsys):
    line = f"serve --db {URL.format(port=5432)} --role worker --files {tmp_path} --metrics --grace 9 --drain-delay 1.5"
    assert cli.main(line.split()) == 0
    assert served["settings"] == Settings(
        db=DatabaseUrl(URL.format(port=5432)), role="worker", files=tmp_path, metrics=True
    )
    assert (served["grace"], served["drain_delay"]) == (9.0, 1.5)
    printed = capsys.readouterr()
    assert "data         postgresql://app:***@127.0.0.1:5432/emulator\n" in printed.out
    assert "role         worker\n" in printed.out
    assert "geheim" not in printed.out + printed.err


def test_the_database_may_come_from_the_environment(served, monkeypatch):
    monkeypatch.setenv("EMULATOR_DB", "postgresql://db/emulator")
    assert cli.main(["serve"]) == 0
    assert served["settings"].database_url == DatabaseUrl("postgresql://db/emulator")


@pytest.mark.parametrize(
    "line, named",
    [
        ("serve --role web", "--role: web needs --db postgresql://"),
        ("serve --role worker --db x.db", "--role: worker needs --db postgresql://"),
        ("serve --role all --db postgresql://db/x", "--role"),
        ("serve --files .", "--files: needs --db postgresql://"),
        ("serve --files no/such/folder --db postgresql://db/x", "--files"),
        ("serve --db mysql://db/x", "--db: a database on a server begins with postgresql://"),
        ("serve --grace -1", "--grace"),
        ("serve --drain-delay soon", "--drain-delay"),
        ("serve --log-format xml", "--log-format"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(served, line, named, capsys):
    assert cli.main(line.split()) == 2
    printed = capsys.readouterr()
    assert (printed.out, printed.err.count("\n")) == ("", 1)
    assert named in printed.err
    assert served == {}


@pytest.mark.parametrize(
    "line", ["serve {}", "inspect {}", "serve --script {}", "serve --port {}", "exec --db {} --role web", "{}"]
)
def test_no_password_is_shown_of_a_url_where_none_belongs(served, line, capsys):
    assert cli.main(line.format("postgresql://app:geheim@db/emulator").split()) == 2
    printed = capsys.readouterr()
    assert "geheim" not in printed.out + printed.err


def test_a_database_that_cannot_be_reached_is_one_line_without_its_password(nowhere, capsys):
    pytest.importorskip("psycopg")
    for command in (["serve", "--port", "0"], ["exec"]):
        assert cli.main([*command, "--db", nowhere, *(["--", "true"] if command == ["exec"] else [])]) == 2
        printed = capsys.readouterr()
        assert (printed.out, printed.err.count("\n")) == ("", 1)
        assert printed.err.startswith("error: postgresql://app:***@127.0.0.1:")
        assert "refused" in printed.err
        assert "geheim" not in printed.err


def test_a_server_in_a_test_says_the_same(nowhere):
    pytest.importorskip("psycopg")
    from emulator import LiveServer
    from emulator.store.database import UnusableDatabaseError

    with pytest.raises(UnusableDatabaseError, match="refused") as refused:
        LiveServer(Settings(db=nowhere)).start()
    assert "geheim" not in f"{refused.value!r} {refused.value.__cause__!r}"


@pytest.mark.parametrize(
    "options, missing, wanted",
    [
        (("--db", "postgresql://db/x"), ("psycopg", "procrastinate"), "--db postgresql://… needs psycopg and procrastinate"),
        (("--metrics",), ("prometheus_client",), "--metrics needs prometheus_client"),
    ],
)  # fmt: skip
def test_without_the_extra_it_says_what_to_install(options, missing, wanted, monkeypatch, capsys):
    from importlib import util

    monkeypatch.setattr("emulator.extras.find_spec", lambda name: None if name in missing else util.find_spec(name))
    assert cli.main(["serve", "--port", "0", *options]) == 2
    assert capsys.readouterr().err == f"error: {wanted}: pip install 'assistants-emulator[postgres]'\n"
