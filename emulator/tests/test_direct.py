"""Clients that call an app directly meet what they would meet over a socket: each test runs over one too."""

import asyncio
import contextlib
import gc
import signal
import threading
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from emulator.direct import shared_loop
from emulator.direct.cycle import MOST_WAITING, Site
from emulator.direct.loops import LoopOfThread
from emulator.direct.shared_loop import SharedLoop
from emulator.direct.transports import AsyncTransport, Transport
from emulator.domain.broken_connection import BrokenConnectionError
from emulator.listening import bound
from emulator.server import Server

# Only against hanging.
PATIENCE = 60


class App:
    """An ASGI app that plays what a test says, and notes what it was told. answers: by path."""

    def __init__(self):
        self.answers = {}
        self.disconnected = threading.Event()
        self.received = []
        self.sent = 0

    def __call__(self, scope, receive, send):
        if scope["type"] == "lifespan":
            return self.live(receive, send)
        return self.answers[scope["path"]](scope, receive, send)

    async def live(self, receive, send):
        for part in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{part}.complete"})

    async def watch(self, receive):
        while (message := await receive())["type"] != "http.disconnect":
            self.received.append(message["body"])
        self.disconnected.set()


def start(*headers, status=200):
    return {"type": "http.response.start", "status": status, "headers": list(headers)}


def piece(body, *, more=True):
    return {"type": "http.response.body", "body": body, "more_body": more}


def playing(*messages):
    async def play(scope, receive, send):
        for message in messages:
            await send(message)

    return play


@contextlib.contextmanager
def over_socket(app):
    ready = threading.Event()
    with bound("127.0.0.1", 0) as sock:
        server = Server(app, sock, ready=lambda _: ready.set(), grace=0.1)
        thread = threading.Thread(target=server.serve_here)
        thread.start()
        assert ready.wait(PATIENCE)
        url = f"http://127.0.0.1:{sock.getsockname()[1]}"
        yield lambda library: {"base_url": url, "trust_env": False}, server.site.loop
        server.stop()
        thread.join()


@contextlib.contextmanager
def on_shared_loop(app):
    loop = SharedLoop(app)
    yield lambda transport: {"base_url": "http://localhost", "transport": transport(httpx, loop)}, loop.site.loop
    loop.site.loop.call_soon_threadsafe(loop.site.disconnect)
    loop.close()


@contextlib.contextmanager
def on_helper(app):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shared_loop, "_HAS_SELECTORS", False)
        with on_shared_loop(app) as served:
            yield served


@contextlib.contextmanager
def on_thread(app):
    with asyncio.Runner() as runner:
        loop = runner.get_loop()
        thread = threading.Thread(target=loop.run_forever)
        thread.start()
        direct = LoopOfThread(Site(app, loop))
        yield lambda transport: {"base_url": "http://localhost", "transport": transport(httpx, direct)}, loop
        loop.call_soon_threadsafe(direct.site.disconnect)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        direct.close()


WAYS = {"socket": over_socket, "shared loop": on_shared_loop, "helper": on_helper, "loop of a thread": on_thread}


@pytest.fixture
def app():
    return App()


@pytest.fixture(params=WAYS)
def served(request, app):
    with WAYS[request.param](app) as (options, loop):
        yield options, loop


class Awaited:
    """The async client, called as the sync one; on an event loop of its own."""

    def __init__(self, options):
        self.runner = asyncio.Runner()
        self.client = self.run(self.made(options))

    async def made(self, options):
        return httpx.AsyncClient(**options)

    def run(self, coroutine):
        return self.runner.run(coroutine)

    def request(self, *arguments, **more):
        return self.run(self.client.request(*arguments, **more))

    @contextlib.contextmanager
    def stream(self, *arguments, **more):
        entered = self.client.stream(*arguments, **more)
        response = self.run(entered.__aenter__())
        try:
            yield AwaitedResponse(self, response)
        finally:
            self.run(entered.__aexit__(None, None, None))

    def close(self):
        self.run(self.client.aclose())
        self.runner.close()


class AwaitedResponse:
    def __init__(self, client, response):
        self.client, self.response = client, response
        self.status_code, self.headers = response.status_code, response.headers

    def iter_raw(self):
        pieces = self.response.aiter_raw()
        while True:
            try:
                yield self.client.run(anext(pieces))
            except StopAsyncIteration:
                return


@pytest.fixture(params=["sync", "async"])
def client(request, served):
    options, _ = served
    transport = Transport if request.param == "sync" else AsyncTransport
    made = (httpx.Client if request.param == "sync" else Awaited)(
        **(options(transport)) if request.param == "sync" else {"options": options(transport)}
    )
    yield made
    made.close()


# --- whole answers ----------------------------------------------------------------------------------------------------


def test_a_whole_answer_has_its_status_headers_and_body(app, client):
    app.answers["/a b"] = playing(start((b"X-One", b"1"), (b"content-length", b"5"), status=404), piece(b"hello", more=False))  # fmt: skip
    response = client.request("GET", "/a%20b?x=1")
    assert (response.status_code, response.content, response.http_version) == (404, b"hello", "HTTP/1.1")
    assert response.headers.raw == [(b"x-one", b"1"), (b"content-length", b"5")]


def test_an_answer_without_length_is_chunked(app, client):
    app.answers["/"] = playing(start(), piece(b"one"), piece(b""), piece(b"two", more=False))
    response = client.request("GET", "/")
    assert (response.content, response.headers.raw) == (b"onetwo", [(b"transfer-encoding", b"chunked")])


@pytest.mark.parametrize("method, status", [("HEAD", 200), ("GET", 204), ("GET", 304)])
def test_an_answer_that_may_have_no_body_has_none(app, client, method, status):
    app.answers["/"] = playing(start(status=status), piece(b"", more=False))
    response = client.request(method, "/")
    assert (response.status_code, response.content) == (status, b"")


def test_the_app_sees_the_request_as_the_server_shows_it(app, client):
    scopes = []

    async def note(scope, receive, send):
        scopes.append(scope)
        app.received.append(await receive())
        await playing(start((b"content-length", b"0")), piece(b"", more=False))(scope, receive, send)

    app.answers["/ä/x"] = note
    client.request("POST", "/%C3%A4/x?b=%20&b=2", content=b"body", headers={"X-Mixed": "Case"})
    (scope,) = scopes
    shown = {name: scope[name] for name in ("method", "path", "raw_path", "query_string", "scheme", "http_version")}
    assert shown == {
        "method": "POST",
        "path": "/ä/x",
        "raw_path": b"/%C3%A4/x",
        "query_string": b"b=%20&b=2",
        "scheme": "http",
        "http_version": "1.1",
    }
    assert (b"x-mixed", b"Case") in scope["headers"]
    assert {b"host", b"content-length"} < {name for name, _ in scope["headers"]}
    assert app.received == [{"type": "http.request", "body": b"body", "more_body": False}]


# --- bodies in pieces -------------------------------------------------------------------------------------------------


def test_a_body_of_many_pieces_arrives_whole(app, client):
    async def count(scope, receive, send):
        size, more = 0, True
        while more:
            message = await receive()
            size += len(message["body"])
            more = message["more_body"]
        body = b"%d" % size
        await playing(start((b"content-length", b"%d" % len(body))), piece(body, more=False))(scope, receive, send)

    app.answers["/"] = count
    file = b"x" * (3 * MOST_WAITING + 1)
    response = client.request("POST", "/", files={"file": ("a.txt", file)})
    assert int(response.content) == int(response.request.headers["content-length"]) > len(file)


def test_an_answer_before_the_body_is_read_is_received(app, client):
    app.answers["/"] = playing(start((b"content-length", b"2")), piece(b"no", more=False))
    assert client.request("POST", "/", files={"file": b"x" * 20 * MOST_WAITING}).content == b"no"


def test_pieces_arrive_as_they_are_sent(app, client, served):
    go_on = []

    async def in_two(scope, receive, send):
        go_on.append(asyncio.Event())
        await send(start())
        await send(piece(b"first"))
        await go_on[0].wait()
        await send(piece(b"second", more=False))

    app.answers["/"] = in_two
    with client.stream("GET", "/") as response:
        pieces = response.iter_raw()
        assert next(pieces) == b"first"
        served[1].call_soon_threadsafe(go_on[0].set)
        assert list(pieces) == [b"second"]


def test_the_head_arrives_before_the_body_is_begun(app, client, served):
    go_on = []

    async def late(scope, receive, send):
        go_on.append(asyncio.Event())
        await send(start())
        await go_on[0].wait()
        await send(piece(b"late", more=False))

    app.answers["/"] = late
    with client.stream("GET", "/") as response:
        assert response.status_code == 200
        served[1].call_soon_threadsafe(go_on[0].set)
        assert b"".join(response.iter_raw()) == b"late"


def test_an_app_waits_for_a_client_that_does_not_read(app, client):
    most = 1_000

    async def much(scope, receive, send):
        await send(start())
        for _ in range(most):
            await send(piece(b"x" * MOST_WAITING))
            app.sent += 1
        await send(piece(b"", more=False))

    app.answers["/"] = much
    with client.stream("GET", "/") as response:
        pieces = response.iter_raw()
        size = len(next(pieces))
        assert app.sent < most
        size += sum(map(len, pieces))
    assert (app.sent, size) == (most, most * MOST_WAITING)


# --- going away -------------------------------------------------------------------------------------------------------


async def never(scope, receive, send):
    await asyncio.Event().wait()


def watched(app, *messages):
    async def play(scope, receive, send):
        for message in messages:
            await send(message)
        await app.watch(receive)

    return play


def test_a_client_that_closes_its_stream_has_disconnected(app, client):
    app.answers["/"] = watched(app, start(), piece(b"first"))
    with client.stream("GET", "/") as response:
        assert next(response.iter_raw()) == b"first"
    assert app.disconnected.wait(PATIENCE)


def test_what_is_sent_to_a_client_that_has_gone_is_dropped(app, client):
    async def persistent(scope, receive, send):
        await watched(app, start(), piece(b"first"))(scope, receive, send)
        for _ in range(100):
            await send(piece(b"x" * MOST_WAITING))
        app.answers["/after"](scope, receive, send)

    after = threading.Event()
    app.answers["/after"] = lambda *_: after.set()
    app.answers["/"] = persistent
    with client.stream("GET", "/") as response:
        assert next(response.iter_raw()) == b"first"
    assert after.wait(PATIENCE)


def test_a_client_that_has_its_answer_has_gone_for_an_app_that_goes_on(app, client):
    app.answers["/"] = watched(app, start((b"content-length", b"2")), piece(b"ok", more=False))
    assert client.request("GET", "/").content == b"ok"
    assert app.disconnected.wait(PATIENCE)


# --- time-outs --------------------------------------------------------------------------------------------------------


def test_no_answer_in_time_is_a_read_timeout_and_a_disconnect_and_the_next_request_is_answered(app, client):
    app.answers["/"] = watched(app)
    app.answers["/next"] = playing(start((b"content-length", b"2")), piece(b"ok", more=False))
    with pytest.raises(httpx.ReadTimeout):
        client.request("GET", "/", timeout=0.05)
    assert app.disconnected.wait(PATIENCE)
    assert client.request("GET", "/next", timeout=PATIENCE).content == b"ok"


def test_a_stream_that_stalls_is_a_read_timeout(app, client):
    app.answers["/"] = watched(app, start(), piece(b"first"))

    def timed_out(seconds):  # before the first piece where the machine is too busy
        received = []
        with pytest.raises(httpx.ReadTimeout), client.stream("GET", "/", timeout=seconds) as response:  # noqa: PT012
            for one in response.iter_raw():
                received.append(one)  # noqa: PERF402 - kept where the next one does not come
        return received

    assert any(timed_out(seconds) == [b"first"] for seconds in (0.1, 1, 5, 20))
    assert app.disconnected.wait(PATIENCE)


def test_a_body_that_is_not_read_in_time_is_a_write_timeout(app, client):
    app.answers["/"] = never
    with pytest.raises(httpx.WriteTimeout):
        client.request("POST", "/", files={"file": b"x" * 200 * MOST_WAITING}, timeout=httpx.Timeout(PATIENCE, write=0.2))  # fmt: skip


# --- broken answers ---------------------------------------------------------------------------------------------------


async def broken(scope, receive, send):
    raise LookupError("a secret of the server")


@pytest.mark.parametrize(
    "play",
    [
        playing(start((b"content-length", b"10")), piece(b"short")),
        playing(start((b"content-length", b"10")), piece(b"short", more=False)),
        playing(start((b"content-length", b"2")), piece(b"longer than that", more=False)),
        playing(start(), piece(b"first")),
        playing(start((b"content-length", b"10"))),
        playing(start()),
    ],
    ids=["without end", "too short", "too long", "half a stream", "a head with a length", "a head"],
)
def test_an_answer_that_ends_too_early_is_a_protocol_error_and_the_next_request_is_answered(app, client, play, caplog):
    app.answers["/"] = play
    app.answers["/next"] = playing(start((b"content-length", b"2")), piece(b"ok", more=False))
    with pytest.raises(httpx.RemoteProtocolError, match="peer closed connection without sending complete message body"):
        client.request("GET", "/")
    assert client.request("GET", "/next").content == b"ok"


# Over a socket uvicorn answers for an app that breaks before its answer.
@pytest.mark.parametrize("served", [way for way in WAYS if way != "socket"], indirect=True)
@pytest.mark.parametrize("play", [broken, playing()], ids=["an error", "nothing"])
def test_an_app_that_never_begins_an_answer_is_a_protocol_error(app, served, client, play, caplog):
    app.answers["/"] = play
    with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
        client.request("GET", "/")
    assert "a secret" not in "".join(record.getMessage() for record in caplog.records)


@pytest.mark.parametrize("served", [way for way in WAYS if way != "socket"], indirect=True)
@pytest.mark.parametrize("before", [[], [start()], [start(), piece(b"first")]], ids=["nothing", "a head", "a piece"])
@pytest.mark.parametrize("is_reset", [True, False])
def test_a_connection_that_the_app_breaks_is_broken_behind_what_was_sent(app, client, before, is_reset, caplog):
    async def breaks(scope, receive, send):
        await playing(*before)(scope, receive, send)
        raise BrokenConnectionError(is_reset=is_reset)

    app.answers["/"] = breaks
    received = []

    def read():
        with client.stream("GET", "/") as response:
            received.extend(response.iter_raw())

    with pytest.raises(httpx.ReadError if is_reset else httpx.RemoteProtocolError):
        read()
    assert received == ([b"first"] if len(before) == 2 else [])
    assert caplog.records == []


# --- other threads and other loops ------------------------------------------------------------------------------------


def test_threads_are_answered_at_the_same_time(app, served):
    options, _ = served
    most, met = 8, []

    async def meet(scope, receive, send):
        met.append(asyncio.Event())
        if len(met) == most:
            for one in met:
                one.set()
        await met[-1].wait()
        await playing(start((b"content-length", b"3")), piece(b"met", more=False))(scope, receive, send)

    app.answers["/"] = meet
    answers = []

    def ask():
        with httpx.Client(**options(Transport)) as client:
            answers.append(client.get("/", timeout=PATIENCE).content)

    threads = [threading.Thread(target=ask) for _ in range(most)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert answers == [b"met"] * most


async def test_coroutines_a_thread_and_a_blocking_call_are_answered_at_the_same_time(app, served):
    options, _ = served
    most, met, others_wait = 5, [], threading.Event()

    async def meet(scope, receive, send):
        met.append(asyncio.Event())
        if len(met) == most - 1:
            others_wait.set()
        if len(met) == most:
            for one in met:
                one.set()
        await met[-1].wait()
        await playing(start((b"content-length", b"3")), piece(b"met", more=False))(scope, receive, send)

    app.answers["/"] = meet

    def ask():
        with httpx.Client(**options(Transport)) as client:
            return client.get("/", timeout=PATIENCE).content

    async with httpx.AsyncClient(**options(AsyncTransport), timeout=PATIENCE) as client:
        waiting = [asyncio.create_task(client.get("/")) for _ in range(3)]
        thread = asyncio.create_task(asyncio.to_thread(ask))
        assert await asyncio.to_thread(others_wait.wait, PATIENCE)
        assert ask() == b"met"
        assert [(await one).content for one in waiting] == [b"met"] * 3
        assert await thread == b"met"


async def test_a_request_that_is_cancelled_is_a_disconnect(app, served):
    options, _ = served
    begun = threading.Event()

    async def watch(scope, receive, send):
        begun.set()
        await app.watch(receive)

    app.answers["/"] = watch
    async with httpx.AsyncClient(**options(AsyncTransport), timeout=PATIENCE) as client:
        asking = asyncio.create_task(client.get("/"))
        assert await asyncio.to_thread(begun.wait, PATIENCE)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
    assert app.disconnected.wait(PATIENCE)


def test_the_app_goes_on_while_nobody_asks(app, client):
    later = threading.Event()

    async def leave_something(scope, receive, send):
        loop = asyncio.get_running_loop()
        loop.call_later(0.01, loop.call_later, 0.01, later.set)
        await playing(start((b"content-length", b"2")), piece(b"ok", more=False))(scope, receive, send)

    app.answers["/"] = leave_something
    assert client.request("GET", "/").content == b"ok"
    assert later.wait(PATIENCE)


@pytest.fixture
def shared(app):
    loop = SharedLoop(app)
    yield loop
    loop.close()


def test_a_timer_that_is_due_fires_before_the_next_request_is_begun(app, shared):
    order = []

    async def note(scope, receive, send):
        order.append("request")
        await playing(start((b"content-length", b"0")), piece(b"", more=False))(scope, receive, send)

    async def set_timer(scope, receive, send):
        asyncio.get_running_loop().call_later(0, order.append, "timer")
        await playing(start((b"content-length", b"0")), piece(b"", more=False))(scope, receive, send)

    app.answers |= {"/note": note, "/timer": set_timer}
    with httpx.Client(base_url="http://localhost", transport=Transport(httpx, shared)) as client:
        for _ in range(20):
            client.get("/timer")
            client.get("/note")
    assert order == ["timer", "request"] * 20


def test_the_thread_that_asks_runs_the_app_itself(app, shared):
    threads = set()

    async def note(scope, receive, send):
        threads.add(threading.get_ident())
        await playing(start((b"content-length", b"0")), piece(b"", more=False))(scope, receive, send)

    app.answers["/"] = note
    with httpx.Client(base_url="http://localhost", transport=Transport(httpx, shared)) as client:
        for _ in range(50):
            client.get("/")
    assert threading.get_ident() in threads


def test_an_interrupt_reaches_the_thread_that_runs_the_app_and_the_next_request_is_answered(app, shared):
    async def interrupt(scope, receive, send):
        raise KeyboardInterrupt

    app.answers["/"] = interrupt
    app.answers["/next"] = playing(start((b"content-length", b"2")), piece(b"ok", more=False))
    with httpx.Client(base_url="http://localhost", transport=Transport(httpx, shared)) as client:
        client.get("/next")  # so that this thread leads
        with pytest.raises(KeyboardInterrupt):
            client.get("/")
        assert client.get("/next").content == b"ok"


def test_a_thread_that_is_interrupted_while_another_one_runs_the_app_leaves_it_to_the_others(app, shared):
    begun, go_on = threading.Event(), []

    async def wait(scope, receive, send):
        go_on.append(asyncio.Event())
        begun.set()
        await go_on[0].wait()
        await playing(start((b"content-length", b"2")), piece(b"ok", more=False))(scope, receive, send)

    app.answers["/"] = wait
    app.answers["/next"] = playing(start((b"content-length", b"4")), piece(b"next", more=False))

    def interrupt(notify):
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)  # which waits

    with (
        httpx.Client(base_url="http://localhost", transport=Transport(httpx, shared), timeout=PATIENCE) as client,
        ThreadPoolExecutor(1) as pool,
    ):
        leading = pool.submit(client.get, "/")
        assert begun.wait(PATIENCE)
        with pytest.raises(KeyboardInterrupt):
            shared.wait(interrupt)
        assert client.get("/next").content == b"next"
        shared.post(go_on[0].set)
        assert leading.result(PATIENCE).content == b"ok"


@pytest.mark.parametrize("moment", ["_join", "_lead"])
def test_an_interrupt_before_the_wait_begins_leaves_nobody_behind_who_never_leads(app, shared, monkeypatch, moment):
    """It may come at any point, as while the loop is told that there is something to do."""
    app.answers["/next"] = playing(start((b"content-length", b"4")), piece(b"next", more=False))
    done = getattr(SharedLoop, moment)

    def interrupted(self, *arguments):
        if moment == "_join":
            done(self, *arguments)
        raise KeyboardInterrupt

    monkeypatch.setattr(SharedLoop, moment, interrupted)
    if moment == "_join":
        monkeypatch.setattr(SharedLoop, "_begin_to_lead", lambda self, waiter=None: False)
    with pytest.raises(KeyboardInterrupt):
        shared.wait(lambda notify: None)
    monkeypatch.undo()
    with httpx.Client(base_url="http://localhost", transport=Transport(httpx, shared), timeout=PATIENCE) as client:
        assert client.get("/next").content == b"next"
    assert not shared._waiters


def test_an_app_cannot_wait_for_itself(app, shared):
    async def ask_itself(scope, receive, send):
        with httpx.Client(base_url="http://localhost", transport=Transport(httpx, shared)) as client:
            try:
                client.get("/")  # noqa: ASYNC212 - which no script should do
            except RuntimeError as error:
                body = str(error).encode()
        await playing(start((b"content-length", b"%d" % len(body))), piece(body, more=False))(scope, receive, send)

    app.answers["/"] = ask_itself
    with httpx.Client(base_url="http://localhost", transport=Transport(httpx, shared)) as client:
        assert client.get("/").text == "a script cannot wait for the server that plays it"


def test_a_stream_that_is_forgotten_is_a_disconnect(app, shared):
    app.answers["/"] = watched(app, start(), piece(b"first"))
    client = httpx.Client(base_url="http://localhost", transport=Transport(httpx, shared))
    response = client.send(client.build_request("GET", "/"), stream=True)
    pieces = response.iter_raw()
    assert next(pieces) == b"first"
    del response, pieces
    gc.collect()
    assert app.disconnected.wait(PATIENCE)
    client.close()


def test_a_server_that_has_ended_cannot_be_reached(app):
    for way in (on_shared_loop, on_thread):
        with way(app) as (options, _):
            client = httpx.Client(**options(Transport))
        with pytest.raises(httpx.ConnectError, match="the server is not running"):
            client.get("/")
        client.close()


async def test_a_server_that_has_ended_cannot_be_reached_by_a_coroutine(app):
    def ended(way):
        with way(app) as (options, _):
            return options(AsyncTransport)

    for way in (on_shared_loop, on_thread):
        async with httpx.AsyncClient(**await asyncio.to_thread(ended, way)) as client:
            with pytest.raises(httpx.ConnectError, match="the server is not running"):
                await client.get("/")
