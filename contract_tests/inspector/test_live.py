"""The live stream of pages: how much has happened, counted without loss, and no burden to anybody."""

import httpx
import pytest

from contract_tests.harness import Namespace
from contract_tests.inspector.live_streams import PATIENCE, following
from emulator import LiveServer, Settings
from emulator.service.news import About, News
from emulator.store import journal as journal_module
from emulator.store.journal import Change, Entry

# What a run that says one thing goes through: queued, in_progress, its step and message twice, completed.
CHANGES = 7


@pytest.fixture
def few_waiting(monkeypatch):
    """Let fewer events wait for a follower than a run causes at once."""
    monkeypatch.setattr(journal_module, "MOST_WAITING", 3)


def test_changes_of_statuses_and_requests_are_counted(ns, client, assistant):
    ns.play({"say": "Foggy."})
    with following(ns) as stream:
        thread = client.beta.threads.create()
        client.beta.threads.runs.create(thread.id, assistant_id=assistant.id)
        assert stream.until(events=CHANGES, requests=2) == (CHANGES, 2)


def test_a_stream_of_a_thread_or_a_run_says_nothing_of_others(ns, client, assistant):
    ns.play({"say": "Foggy."})
    mine, other = client.beta.threads.create(), client.beta.threads.create()
    with following(ns, thread=mine.id) as stream:
        client.beta.threads.runs.create_and_poll(thread_id=other.id, assistant_id=assistant.id)
        run = client.beta.threads.runs.create(mine.id, assistant_id=assistant.id)
        assert stream.until(events=CHANGES, requests=1) == (CHANGES, 1)
    with following(ns, run=run.id) as stream:
        client.beta.threads.runs.create_and_poll(thread_id=mine.id, assistant_id=assistant.id)
        client.beta.threads.runs.retrieve(run.id, thread_id=mine.id)
        assert stream.until(requests=1) == (0, 1)


def test_whoever_comes_back_is_told_how_much_came_meanwhile(ns, client, assistant, thread):
    ns.play({"say": "Foggy."})
    with following(ns) as stream:
        client.beta.threads.runs.create(thread.id, assistant_id=assistant.id)
        stream.until(events=CHANGES, requests=1)
    for _ in range(3):
        client.beta.threads.runs.create(thread.id, assistant_id=assistant.id)
    with following(ns, last_event_id=stream.position) as again:
        assert (again.events, again.requests) == (3 * CHANGES, 3)
    with following(ns, after=stream.position, thread=thread.id) as again:
        assert (again.events, again.requests) == (3 * CHANGES, 3)
    with following(ns, after=stream.position, last_event_id=again.position) as again:
        assert (again.events, again.requests) == (0, 0)


@pytest.mark.parametrize("position", ["", "x", "1", "-", "1-", "²-1", "9" * 500])
def test_a_position_that_is_none_begins_now(ns, client, thread, position):
    with following(ns, last_event_id=position.encode()) as stream:
        assert (stream.events, stream.requests) == (0, 0)


def test_a_stream_ends_with_the_namespace_and_goes_on_behind_a_reset(ns, client, assistant, thread):
    client.beta.threads.runs.create(thread.id, assistant_id=assistant.id)
    with following(ns) as stream:
        ns.control("POST", "/reset")
        assert stream.ends()
    with following(ns, last_event_id=stream.position) as again:
        assert again.events == 1  # the reset itself
        client.beta.threads.create()
        assert again.until(requests=1) == (1, 1)
        ns.control("DELETE")
        assert again.ends()
    ns.put(clock="auto")


def test_a_namespace_that_does_not_exist_has_no_stream(ns, http):
    answer = http.get(f"{ns.url}/_emulator/inspector/ns/nobody/live")
    assert answer.status_code == 404
    assert http.get(f"{ns.url}/_emulator/ns/nobody").status_code == 404


def test_a_server_that_stops_does_not_wait_for_a_stream():
    server = LiveServer(Settings(), grace=10 * PATIENCE).start()
    with httpx.Client(trust_env=False) as client:
        ns = Namespace("watched", server.url, client)
        ns.put(clock="auto")
        with following(ns) as stream:
            server.stop()
            assert stream.ends()


def test_nothing_is_left_of_a_stream_whose_reader_has_gone(ns, server, client):
    with following(ns):
        assert followers(server, ns.name) == 1
    while followers(server, ns.name):
        client.models.list()


def followers(server, name):
    async def count(app):
        journal = app.state.close_streams.__self__
        return sum(follower.run_id is None for follower in journal.followers_of(name))

    return server._server.call(count)


@pytest.mark.usefixtures("few_waiting")
def test_nothing_is_lost_where_more_happens_at_once_than_may_wait(ns, client, assistant, thread):
    ns.play({"say": "Foggy."})
    with following(ns) as stream, following(ns, thread=thread.id) as of_thread:
        for _ in range(20):
            client.beta.threads.runs.create(thread.id, assistant_id=assistant.id)
        assert stream.until(events=20 * CHANGES, requests=20) == (20 * CHANGES, 20)
        assert of_thread.until(events=20 * CHANGES, requests=20) == (20 * CHANGES, 20)


# As many events as a busy namespace has in some seconds; a stream is looked at a few times in that while.
BURST, LOOKS, AT_ONCE = 10_000, 8, 50


@pytest.mark.parametrize("about", [{}, {"thread": "thread_1"}])
def test_a_busy_namespace_is_followed_without_loss_and_in_bounded_memory(ns, server, about):
    counted, longest = server._server.call(lambda app: _burst(app, ns.name, About(**about)))
    assert counted == BURST
    assert longest <= journal_module.MOST_WAITING


async def _burst(app, name, about):
    """Let much happen; return how much of it was counted, and how many events have waited for whoever counts."""
    namespace = app.state.play.__self__.opened(name)
    news, counted, longest = News(namespace, about, None), 0, 0
    await news.take()
    for number in range(BURST // AT_ONCE):
        async with namespace.transaction() as tx:
            for _ in range(AT_ONCE):
                change = Change("run_1", "in_progress", 0.0, "start")
                tx.record(Entry("thread_1", "run_1", "thread.run.in_progress", {}, change))
        longest = max(longest, len(news._follower._waiting))
        if number % (BURST // AT_ONCE // LOOKS) == 0:
            counted += (await news.take()).events
    counted += (await news.take()).events
    news.leave()
    return counted, longest


def test_no_script_and_no_style_may_come_from_a_stream(ns):
    with ns.http.stream("GET", f"{ns.url}/_emulator/inspector/ns/{ns.name}/live") as response:
        assert "script-src 'self'" in response.headers["content-security-policy"]
        assert response.headers["cache-control"] == "no-store"
        assert "content-length" not in response.headers
