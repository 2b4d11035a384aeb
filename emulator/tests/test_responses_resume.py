"""Responses over a restart: those of the background go on where they were, and no event is told twice or lost."""

import asyncio

import pytest

from emulator.domain.actions import Call, Calls, Expire, Goto, Hold, Refuse, Remember, RunCode, Say, SearchFiles, Stream
from emulator.domain.config import Pace
from emulator.domain.lifecycle import RESPONSE_TERMINAL
from emulator.domain.ports import Turn, Usage
from emulator.service import run_control
from emulator.service.responses import create, following
from emulator.store.documents import Transaction
from emulator.store.tables import ResponseEvent, Run, RunAction, RunSignal
from emulator.tests.test_resume import Killed
from emulator.wire.pieces import Pieces
from emulator.wire.responses import requests

SLOW = Stream(tps=1)
HIT = {"file_id": "file-1", "file_name": "tides.txt", "score": 0.5, "content": [{"type": "text", "text": "Low."}]}
CITED = (
    {"type": "file_citation", "text": "[1]", "start_index": 4, "end_index": 7, "file_citation": {"file_id": "file-1"}},
)
EVERYTHING = [
    Say("one two three", stream=SLOW),
    Goto("later"),
    RunCode("x = 1; y = 2", logs="ok", stream=SLOW),
    SearchFiles("tides", (HIT,)),
    Say("low [1] and high", annotations=CITED, stream=SLOW),
    Remember({"a": 1}),
    Hold("cancelled"),
    Refuse("no no", stream=SLOW),
    Calls(Call("f", {"a": "b c d"}, stream=SLOW), Call("g", {"e": "f g"}, stream=SLOW)),
]


class Responses:
    """An engine on a file that plays one response."""

    def __init__(self, engine):
        self.engine = engine

    @property
    def namespace(self):
        return self.engine.namespace

    async def begin(self, **body):
        await self.engine.namespaces.open("default")
        body = {"model": "gpt-4o", "input": "How is the harbour?", "background": True, "stream": True, **body}
        read = requests.read(body, day=self.namespace.config.wire, models=())
        self.id = (await create.create(self.namespace, read))["id"]
        await self.settle()

    async def settle(self):
        await self.namespace.runs.settle(self.id)

    @property
    def row(self):
        return self.engine.rows(Run, heavy=True, id=self.id)[0]

    @property
    def doc(self):
        return self.row["doc"]

    @property
    def told(self):
        """The kept events, each with its number; deltas one by one."""
        rows = sorted(self.engine.rows(ResponseEvent, response_id=self.id), key=lambda row: row["n"])
        found = []
        for row in rows:
            assert row["n"] == len(found)
            pieces = row["data"].get("pieces", [None])
            assert row["count"] == len(pieces)
            found += [(row["event"], piece) for piece in pieces]
        return found

    async def finish(self):
        for _ in range(80):
            if self.row["status"] in RESPONSE_TERMINAL:
                return
            held = (self.row["waits_for"] or "").partition("hold:")[2]
            if held:
                await run_control.release(self.namespace, self.id, held)
            elif self.row["waits_for"] == "gate":
                await run_control.step(self.namespace, self.id, None)
            else:
                await self.engine.advance(1)
            await self.settle()
        pytest.fail(f"the response stays {self.row['status']}")

    def story(self):
        """What a client sees in the end, without what a restart may change: ids."""
        output = [{name: one for name, one in item.items() if "id" not in name} for item in self.doc["output"]]
        ids = [item["id"] for item in self.doc["output"]]
        assert len(set(ids)) == len(ids)
        return self.doc["status"], output, self.doc["usage"], self.told


@pytest.fixture
def responses(engine, tmp_path):
    return lambda script: Responses(engine(script, db=tmp_path / "responses.db"))


async def numbered(followed):
    """Return the events that a client reads, each with its number."""
    found = []
    async for batch in followed:
        for told in batch:
            number = len(told.data) if isinstance(told.data, Pieces) else 1
            found += [(told.n + place, told.event) for place in range(number)]
    return found


async def test_killed_at_any_commit_a_response_ends_as_if_nothing_had_happened(responses, monkeypatch):
    def script(view):
        return Turn(iter(EVERYTHING), scope=f"thread:{view.thread_id}", usage=Usage(100, 50))

    expected = responses(script)
    await expected.begin()
    await expected.finish()
    whole = expected.story()
    assert whole[0] == "completed"
    await expected.engine.close()
    expected.engine.db.unlink()

    commits, die_at = 0, None
    commit = Transaction.commit

    async def counted(tx):
        nonlocal commits
        commits += 1
        if commits == die_at:
            asyncio.current_task().add_done_callback(lambda task: task.cancelled() or task.exception())
            await tx.roll_back()
            raise Killed
        await commit(tx)

    for n in range(2, 90):
        s = responses(script)
        await s.engine.namespaces.open("default")
        s.engine.follower = s.engine.documents.journal.follow("default")
        s.engine.before = []
        commits, die_at = 0, n
        monkeypatch.setattr(Transaction, "commit", counted)
        is_alive = await _play_until_killed(s)
        monkeypatch.setattr(Transaction, "commit", commit)
        if is_alive:
            break
        if hasattr(s, "id"):
            await s.engine.crash()
            await s.finish()
            assert s.story() == whole, f"killed at commit {n}"
        await s.engine.close()
        s.engine.db.unlink()
    assert n > 20
    await s.engine.close()


async def _play_until_killed(s):
    try:
        await s.begin()
        await s.finish()
    except (Killed, pytest.fail.Exception):
        return False
    return s.row["status"] in RESPONSE_TERMINAL


@pytest.mark.parametrize("action", [Say("one two", stream=SLOW), Refuse("one two", stream=SLOW)], ids=["say", "refuse"])
async def test_a_message_that_is_whole_and_open_is_there_after_a_restart(responses, action):
    s = responses([action, Hold("cancelled")])
    await s.begin()
    await s.engine.advance(1)
    s.engine.follower, s.engine.before = s.engine.documents.journal.follow("default"), []
    assert s.row["waits_for"] == "hold:cancelled"
    before = s.told
    await s.engine.crash()
    assert s.told == before
    await s.finish()
    (part,) = s.doc["output"][0]["content"]
    assert (part.get("text") or part["refusal"]) == "one two"
    assert s.told[: len(before)] == before


async def test_every_status_that_is_shown_is_shown_again_after_a_restart(responses):
    s = responses([Say("a"), Call("f")])
    await s.engine.namespaces.open("default")
    await s.engine.set_pace(Pace("manual"))
    await s.begin()
    s.engine.follower, s.engine.before = s.engine.documents.journal.follow("default"), []
    statuses = []
    while (status := s.row["status"]) not in RESPONSE_TERMINAL:
        statuses.append(status)
        await s.engine.crash()
        await run_control.step(s.namespace, s.id, None)
        await s.settle()
    assert statuses == ["queued", "in_progress"]
    assert [item["type"] for item in s.doc["output"]] == ["message", "function_call"]
    names = [event for event, _ in s.told]
    assert len(names) == len(set(names)) + 2  # two items, each added and done


async def test_what_nobody_waits_for_ends_with_the_next_start(responses):
    s = responses([Say("a b", stream=SLOW)])
    await s.begin(background=False, stream=False)
    s.engine.follower, s.engine.before = s.engine.documents.journal.follow("default"), []
    await s.engine.crash()
    async with s.namespace.transaction() as tx:
        row = await tx.get(Run, s.id, deleted=True)
    assert (row["status"], row["deleted"], s.told) == ("cancelled", True, [])
    assert not s.engine.rows(RunSignal)
    assert not s.engine.unfinished


async def test_events_of_others_are_not_kept(responses):
    s = responses([Say("a b")])
    for how in ({"background": False}, {"stream": False}):
        await s.begin(**how)
        assert (s.row["status"], s.told) == ("completed", [])


async def test_a_client_that_joins_at_any_time_reads_each_event_once(responses):
    s = responses([Say("a b c d", stream=SLOW), Say("e")])
    await s.begin()
    reading = []
    for _ in range(5):
        for after in (-1, 2, 6):
            followed = await following.follow(s.namespace, s.id, after)
            reading.append((after, asyncio.create_task(numbered(followed))))
        await s.engine.advance(1)
    await s.finish()
    whole = [(n, event) for n, (event, _) in enumerate(s.told)]
    for after, task in reading:
        assert await task == whole[after + 1 :]


async def test_a_client_that_asks_for_events_to_come_is_shown_none_before(responses):
    s = responses([Say("a b", stream=SLOW), Say("c")])
    await s.begin()
    followed = await following.follow(s.namespace, s.id, 12)
    task = asyncio.create_task(numbered(followed))
    await s.finish()
    assert [n for n, _ in await task] == list(range(13, len(s.told)))
    assert await numbered(await following.follow(s.namespace, s.id, len(s.told) + 5)) == []


async def test_consecutive_deltas_are_one_row(responses):
    s = responses([Say("word " * 500)])
    await s.begin()
    assert len(s.told) > 500
    assert len(s.engine.rows(ResponseEvent)) < 15


async def test_a_script_that_lets_a_run_expire_lets_a_response_fail_and_the_report_says_so(responses):
    s = responses([Say("a"), Expire()])
    await s.begin()
    assert (s.doc["status"], s.doc["error"]["code"]) == ("failed", "server_error")
    ((kind, line),) = s.engine.report
    assert (kind, line["strict"]) == ("script", True)
    assert "no response expires" in line["message"]


async def test_actions_of_a_response_that_is_over_are_not_played_again(responses):
    s = responses([Say("a")])
    await s.begin()
    s.engine.follower, s.engine.before = s.engine.documents.journal.follow("default"), []
    before = s.story(), s.engine.rows(RunAction)
    await s.engine.crash()
    assert (s.story(), s.engine.rows(RunAction)) == before
