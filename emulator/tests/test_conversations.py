"""Where in a conversation a run began."""

from emulator.domain.actions import Fail, Say
from emulator.service import conversations, messages, thread_texts
from emulator.service.conversations import begun_behind
from emulator.store.tables import Message, Run
from emulator.wire.messages import CreateMessage


async def begins(s):
    """Return for each run of the thread the place of the message behind which it began."""
    async with s.namespace.transaction() as tx:
        rows = {row["id"]: row for row in await tx.all(Message, thread_id=s.thread["id"])}
        return [await begun_behind(tx, run, rows) for run in s.rows(Run, heavy=True)], [
            row["seq"] for row in rows.values()
        ]


async def ask(s, text):
    await messages.create(s.namespace, s.thread["id"], CreateMessage(role="user", content=text))
    await s.play(on=s.thread["id"])


async def test_a_run_began_behind_the_message_that_was_the_newest_then(engine):
    s = engine(lambda view: [Fail()] if view.turn == 2 else [Say("x")])
    await s.play()
    await ask(s, "two")
    await ask(s, "three")
    begun, places = await begins(s)
    assert begun == [places[0], places[2], places[3]]


async def test_so_it_did_although_that_message_is_deleted(engine):
    s = engine(lambda view: [Say("x")])
    await s.play()
    await ask(s, "two")
    (first, *_), places = await begins(s)
    question = s.rows(Message)[0]["id"]
    await messages.delete(s.namespace, s.thread["id"], question)
    assert (await begins(s))[0][0] == first == places[0]


async def test_of_a_run_of_an_earlier_version_its_time_and_its_messages_tell(engine, monkeypatch):
    s = engine(lambda view: [Say("x")])
    monkeypatch.setattr(conversations, "BEHIND", "unknown to it")
    await s.play()
    await ask(s, "two")
    monkeypatch.undo()
    begun, places = await begins(s)
    assert begun == [places[0], places[2]]
    assert (await thread_texts.text(s.namespace, s.thread["id"], 20)).count("completed") == 2
