import asyncio
import os
import signal
import socket
import subprocess
import sys
import textwrap
import threading
from datetime import date
from pathlib import Path
from types import ModuleType

import httpx
import pytest

from emulator.domain.ports import ScriptSource
from emulator.listening import OpenHostError, PortTakenError, ServeError, is_loopback
from emulator.live_server import LiveServer
from emulator.server import serve
from emulator.service.namespaces import NAME
from emulator.settings import Settings


class StandIn:
    """An app of the shape that the server expects: answers its settings, and streams until it is let go."""

    def __init__(self, settings):
        self.settings = settings
        self.thread = threading.current_thread()
        self.events = []
        self.fail = None

    async def __call__(self, scope, receive, send):
        if scope["type"] == "lifespan":
            await self.live(receive, send)
            return
        await send({"type": "http.response.start", "status": 200, "headers": [(b"x-app", b"yes")]})
        if scope["path"] == "/stream":
            await self.stream(receive, send)
        else:
            await send({"type": "http.response.body", "body": scope["path"].encode()})

    async def live(self, receive, send):
        assert (await receive())["type"] == "lifespan.startup"
        if self.fail:
            raise self.fail
        self.events.append("up")
        await send({"type": "lifespan.startup.complete"})
        assert (await receive())["type"] == "lifespan.shutdown"
        self.events.append("down")
        await send({"type": "lifespan.shutdown.complete"})

    async def stream(self, receive, send):
        await receive()
        await send({"type": "http.response.body", "body": b"first", "more_body": True})
        assert (await receive())["type"] == "http.disconnect"
        self.events.append("cut")


@pytest.fixture
def apps(monkeypatch):
    made = []
    module = ModuleType("emulator.app")

    def create_app(settings):
        made.append(StandIn(settings))
        return made[-1]

    module.create_app = create_app
    monkeypatch.setitem(sys.modules, "emulator.app", module)
    return made


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as sock:
        return sock.getsockname()[1]


def test_a_live_server_answers_where_it_says(apps):
    with LiveServer() as server:
        assert server.url.startswith("http://127.0.0.1:")
        assert server.base_url == f"{server.url}/v1"
        assert server.control_url == f"{server.url}/_emulator"
        assert server.ns_url("orders-7") == f"{server.url}/ns/orders-7/v1"
        assert httpx.get(f"{server.base_url}/threads", trust_env=False, timeout=60).text == "/v1/threads"


def test_only_the_app_writes_headers(apps):
    with LiveServer() as server, httpx.Client(trust_env=False, timeout=60) as client:
        assert set(client.get(server.url).headers) == {"x-app", "transfer-encoding"}


def test_the_app_is_made_on_the_thread_that_serves_it_and_is_told_of_the_end(apps):
    with LiveServer() as server:
        (app,) = apps
        assert app.thread is not threading.current_thread()
        assert app.events == ["up"]
    assert app.events == ["up", "down"]
    assert not app.thread.is_alive()
    with pytest.raises(httpx.ConnectError):
        httpx.get(server.url, trust_env=False, timeout=60)


def test_a_live_server_may_be_stopped_twice_and_started_again(apps):
    server = LiveServer()
    server.stop()
    server.start()
    with pytest.raises(RuntimeError, match="already"):
        server.start()
    server.stop()
    server.stop()
    with server:
        pass
    assert [app.events for app in apps] == [["up", "down"]] * 2


def test_it_has_no_address_before_it_starts():
    with pytest.raises(RuntimeError, match="not been started"):
        _ = LiveServer().url


def test_two_servers_live_side_by_side(apps):
    with LiveServer() as one, LiveServer() as other:
        assert one.url != other.url


@pytest.mark.parametrize(
    "name,expected",
    [("orders-7", "orders-7"), ("My Test!", "my-test-"), ("x" * 100, "x" * 55 + "-"), ("..", "")],
)
def test_the_base_url_of_a_namespace_is_made_of_any_text(apps, name, expected):
    with LiveServer() as server:
        made = server.ns_url(name).removeprefix(f"{server.url}/ns/").removesuffix("/v1")
        assert made.startswith(expected)
        assert NAME.fullmatch(made)
        assert server.ns_url(name) == f"{server.url}/ns/{made}/v1"


def test_names_made_of_different_texts_differ(apps):
    with LiveServer() as server:
        assert len({server.ns_url(name) for name in ("My Test!", "my test!", "my-test-", "My Test?")}) == 4


def test_a_script_may_be_a_text_a_mapping_or_a_list():
    text = "emulator: 1\nturns: []\n"
    made = LiveServer(script=[text, {"emulator": 1, "turns": []}, "b.yaml", Path("c.py")]).settings.scripts
    assert made == (
        ScriptSource("script-1.yaml", text),
        ScriptSource("script-2.json", '{"emulator": 1, "turns": []}'),
        Path("b.yaml"),
        Path("c.py"),
    )


@pytest.mark.parametrize("script", [7, object(), [None], {"emulator": {1}}, [["a.yaml"]]])
def test_what_is_no_script_is_refused_at_once(script):
    with pytest.raises(TypeError, match=r"script|JSON"):
        LiveServer(script=script)


@pytest.mark.parametrize(
    "wrong,error,said",
    [
        ({"clock": "frosen"}, ValueError, "real, frozen, auto"),
        ({"v1": "maybe"}, ValueError, "served, refused"),
        ({"wire": "2024-05-01"}, TypeError, "datetime.date"),
        ({"seed": "7"}, TypeError, "seed"),
        ({"scripts": "a.yaml"}, TypeError, "scripts"),
        ({"scripts": ("a.yaml",)}, TypeError, "pathlib.Path"),
        ({"db": "x.db"}, TypeError, "pathlib.Path"),
        ({"models": "gpt-4o"}, TypeError, "models"),
        ({"params": {"a-b": "x"}}, ValueError, "a-b"),
        ({"params": {"a": 3}}, TypeError, "expected a text"),
    ],
)
def test_wrong_settings_are_refused_at_once_and_say_what_is_taken(wrong, error, said):
    with pytest.raises(error, match=said):
        Settings(**wrong)


def test_a_script_joins_the_settings(apps):
    class Model:
        def turn(self, view):
            return []

    model = Model()
    settings = Settings(seed=7, scripts=(Path("a.yaml"),))
    assert LiveServer(settings, script="b.yaml").settings == Settings(seed=7, scripts=(Path("a.yaml"), Path("b.yaml")))
    assert LiveServer(settings, script=Path("b.yaml")).settings.scripts == (Path("a.yaml"), Path("b.yaml"))
    assert LiveServer(settings, script=model).settings.backend is model
    assert LiveServer(script=None).settings == Settings()


@pytest.mark.parametrize("day", [date(2023, 11, 5), date(2027, 1, 1)])
def test_settings_refuse_a_wire_of_which_nothing_is_known(day):
    with pytest.raises(ValueError, match=f"{day} is not known: choose a day from 2023-11-06 to 2026-12-31"):
        Settings(wire=day)


def test_what_keeps_the_app_from_starting_is_raised_where_one_waits(monkeypatch, caplog):
    module = ModuleType("emulator.app")

    def broken(settings):
        raise LookupError("no such script")

    module.create_app = broken
    monkeypatch.setitem(sys.modules, "emulator.app", module)
    with pytest.raises(LookupError, match="no such script"):
        LiveServer().start()

    def broken_later(settings):
        app = StandIn(settings)
        app.fail = LookupError("old database")
        return app

    module.create_app = broken_later
    with pytest.raises(LookupError, match="old database"):
        LiveServer().start()
    assert [record.getMessage() for record in caplog.records] == ["Application startup failed. Exiting."]


def test_an_open_stream_does_not_hold_up_the_end_and_ends_as_if_the_client_had_left(apps, caplog):
    with (
        httpx.Client(trust_env=False, timeout=60) as client,
        LiveServer(grace=0) as server,
        client.stream("GET", f"{server.url}/stream") as answer,
    ):
        pieces = answer.iter_raw()
        assert next(pieces) == b"first"
        server.stop()
        with pytest.raises(httpx.TransportError):
            next(pieces)
    assert apps[0].events == ["up", "cut", "down"]
    assert not caplog.records


def test_a_taken_port_is_named(apps):
    with LiveServer() as server, pytest.raises(PortTakenError, match=r"port \d+ on 127.0.0.1 is taken"):
        serve(Settings(), port=int(server.url.rpartition(":")[2]))


@pytest.mark.parametrize("host,port", [("127.0.0.1", 70000), ("no host at all", 0)])
def test_an_address_that_cannot_be_is_refused_in_one_line(host, port):
    with pytest.raises(ServeError) as raised:
        serve(Settings(), host, port, allow_open=True)
    assert "\n" not in str(raised.value)


def test_files_that_are_no_certificate_are_refused_in_one_line(tmp_path):
    (tmp_path / "empty.pem").touch()
    for certfile, keyfile in ((tmp_path / "empty.pem", None), (tmp_path / "missing.pem", None), (None, tmp_path / "k")):
        with pytest.raises(ServeError) as raised:
            LiveServer(certfile=certfile, keyfile=keyfile)
        assert "\n" not in str(raised.value)


@pytest.mark.parametrize("host,own", [("127.0.0.1", True), ("127.8.0.1", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("::", False), ("example.com", False)])  # fmt: skip
def test_loopback_hosts(host, own):
    assert is_loopback(host) is own


def test_an_open_host_needs_a_token_or_a_word():
    with pytest.raises(OpenHostError, match="control token"):
        serve(Settings(), "0.0.0.0", 0)


SERVING = """
    import sys, types
    sys.path.insert(0, {tests!r})
    from test_server import StandIn
    module = types.ModuleType("emulator.app")
    module.create_app = StandIn
    sys.modules["emulator.app"] = module
    from emulator.server import serve
    from emulator.settings import Settings
    serve(Settings(), port=0, ready=lambda url: print(url, flush=True))
    print("ended", flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals of this kind are POSIX's")
@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly_with_a_stream_open(sign):
    source = textwrap.dedent(SERVING).format(tests=str(Path(__file__).parent))
    with subprocess.Popen([sys.executable, "-c", source], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:  # fmt: skip
        url = process.stdout.readline().strip()
        with httpx.Client(trust_env=False, timeout=60) as client, client.stream("GET", f"{url}/stream") as answer:
            assert next(answer.iter_raw()) == b"first"
            os.kill(process.pid, sign)
            out, err = process.communicate(timeout=30)
    assert (out, err, process.returncode) == ("ended\n", "", 0)


async def test_it_lives_beside_a_running_loop(apps):
    with LiveServer() as server:
        async with httpx.AsyncClient(trust_env=False) as client:
            answers = await asyncio.gather(*(client.get(f"{server.url}/{n}") for n in range(8)))
    assert [answer.text for answer in answers] == [f"/{n}" for n in range(8)]


@pytest.mark.parametrize("host, name", [("127.0.0.1", "127.0.0.1"), ("::1", "::1"), ("0.0.0.0", "0.0.0.0")])
def test_a_server_answers_to_the_address_that_it_listens_on(apps, monkeypatch, host, name):
    from emulator.server import Server

    monkeypatch.setattr(Server, "serve_here", lambda self: None)
    serve(Settings(hosts=("emulator.internal",)), host, 0, allow_open=True)
    assert apps[0].settings.hosts == ("emulator.internal", name)
