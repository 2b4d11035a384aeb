"""How PostgreSQL finds rows: by the index that is meant for it, also where a plan was made while tables were empty."""

import itertools
import re

import pytest
from psycopg import sql

from emulator.store.postgres.database import configure
from emulator.store.postgres.dialect import translated
from emulator.store.postgres.session import PostgresSession
from emulator.store.tables import (
    File,
    Message,
    Run,
    RunStep,
    ScriptMemory,
    Thread,
    Timer,
    VectorStoreFile,
)
from emulator.store.transaction import Cursor

STATUSES = ("completed", "completed", "completed", "failed", "completed")


async def fill(documents):
    """Put so much in that walking through all of it costs more than any index."""
    number = itertools.count()
    for ns, threads in (("a", 30), ("b", 100)):
        async with documents.transaction(ns) as tx:
            for thread in (f"t{n}" for n in range(threads)):
                tx.insert(Thread, thread, id=thread, doc={})
                for _ in range(20):
                    id_ = f"m{next(number)}"
                    tx.insert(Message, id_, id=id_, thread_id=thread, doc={"text": "x" * 100})
                for status in (*STATUSES, "in_progress" if thread == "t5" else "completed"):
                    id_ = f"r{next(number)}"
                    tx.insert(Run, id_, id=id_, thread_id=thread, status=status, doc={})
                    tx.insert(RunStep, id_, id=id_, thread_id=thread, run_id=id_, doc={})
                    tx.insert(Timer, id_, owner=id_, kind="expiry", at=float(next(number)), is_delay=False)
                tx.insert(ScriptMemory, thread, owner=f"thread:{thread}", key=f"thread:{thread}", value={})
                for file in range(5):
                    id_ = f"{thread}-f{file}"
                    tx.insert(File, id_, id=id_, purpose="assistants", blob=id_, doc={})
                    about = {"store_id": thread, "file_id": f"f{file}", "status": "completed"}
                    tx.insert(VectorStoreFile, id_, id=id_, doc={"usage_bytes": 3}, text="x" * 100, **about)
    async with documents.session() as session:
        await session.change("ANALYZE")


class Plans:
    """Explains what a transaction asks."""

    def __init__(self, documents, monkeypatch):
        self._documents = documents
        self._monkeypatch = monkeypatch

    async def __call__(self, use, generic):
        asked = []
        for verb in ("fetch", "change"):
            plain = getattr(PostgresSession, verb)

            async def noted(session, text, values=(), plain=plain):
                asked.append((text, values))
                return await plain(session, text, values)

            self._monkeypatch.setattr(PostgresSession, verb, noted)
        async with self._documents.transaction("a") as tx:
            await use(tx)
        self._monkeypatch.undo()
        assert asked
        return "\n".join([await self._explained(text, values, generic) for text, values in asked])

    async def _explained(self, text, values, generic):
        numbers = itertools.count(1)
        prepared = re.sub("%s", lambda _: f"${next(numbers)}", translated(text)).replace("%%", "%")
        async with self._documents.database._pool.connection() as connection:
            await configure(connection)
            await connection.execute(f"SET plan_cache_mode = force_{'generic' if generic else 'custom'}_plan")
            await connection.execute(f"PREPARE one AS {prepared}")
            given = sql.SQL(", ").join(map(sql.Literal, values))
            given = sql.SQL("EXPLAIN EXECUTE one{}").format(sql.SQL("({})").format(given) if values else sql.SQL(""))
            rows = await (await connection.execute(given)).fetchall()
            await connection.execute("DEALLOCATE one; RESET plan_cache_mode")
        return "\n".join(row[0] for row in rows)


@pytest.fixture
def plan(documents, monkeypatch):
    return Plans(documents, monkeypatch)


CASES = [
    (lambda tx: tx.get(Message, "m5"), "messages_by_id"),
    (lambda tx: tx.has(Thread, "t5"), "threads_by_id"),
    (lambda tx: tx.page(Thread, Cursor()), "threads_in_order"),
    (lambda tx: tx.page(Message, Cursor(), thread_id="t5"), "messages_by_thread_id"),
    (lambda tx: tx.page(Message, Cursor(order="asc", after=7), thread_id="t5"), "messages_by_thread_id"),
    (lambda tx: tx.page(Message, Cursor(before=70), thread_id="t5"), "messages_by_thread_id"),
    (lambda tx: tx.page(RunStep, Cursor(), run_id="r5"), "run_steps_by_run_id"),
    (lambda tx: tx.all(Message, thread_id="t5"), "messages_by_thread_id"),
    (lambda tx: tx.all_of(File, "id", ["f1", "f2"]), "files_by_id"),
    (lambda tx: tx.all_of(ScriptMemory, "owner", ["uses", "namespace"]), "script_memory_pkey"),
    (lambda tx: tx.unfinished(Run), "runs_unfinished"),
    (lambda tx: tx.unfinished(Run, thread_id="t5"), "runs_unfinished"),
    (lambda tx: tx.newest_unfinished(Run, 5), "runs_unfinished"),
    (lambda tx: tx.ended_badly(Run, 5), "runs_ended_badly"),
    (lambda tx: tx.count_up_to(Run, 100, thread_id="t5"), "runs_by_thread_id"),
    (lambda tx: tx.tally(VectorStoreFile, "status", "usage_bytes", store_id="t5"), "vector_store_files_by_store_id"),
    (lambda tx: tx.earliest(Timer, 10.0), "timers_in_time"),
    (lambda tx: tx.earliest(Timer, 10.0, delays=True), "timers_in_time"),
    (lambda tx: tx.some(Message, "id", 10), "messages_in_order|messages_by_thread_id|messages_by_id"),
    (lambda tx: tx.delete_some(Message, 10, thread_id="t5"), "messages_by_thread_id"),
    (lambda tx: tx.journal(0), "journal_pkey"),
]


@pytest.mark.parametrize("generic", [False, True])
async def test_rows_are_found_by_the_index_that_is_meant_for_it(documents, plan, generic):
    await fill(documents)
    others = {}
    for use, index in CASES:
        found = await plan(use, generic)
        names = set(re.findall(r"(?:using|Scan on) (\w+_\w+)", found))
        if "Seq Scan" in found or not any(re.fullmatch(index, name) for name in names):
            others[index] = found
    assert others == {}


@pytest.mark.parametrize("generic", [False, True])
async def test_no_plan_of_an_empty_table_walks_through_all_of_it_when_it_is_full(documents, plan, generic):
    for use, _ in CASES:
        found = await plan(use, generic)
        assert "Seq Scan" not in found
        assert "Index Cond" in found


@pytest.mark.parametrize("filled", [False, True])
async def test_pages_are_read_in_the_order_of_the_index(documents, plan, filled):
    if filled:
        await fill(documents)
    for cursor in (Cursor(), Cursor(order="asc", after=7), Cursor(before=70)):
        found = await plan(lambda tx, cursor=cursor: tx.page(Message, cursor, thread_id="t5"), generic=True)
        assert "Sort" not in found


async def test_what_was_left_unfinished_is_found_in_all_namespaces_without_reading_what_is_at_rest(documents, plan):
    await fill(documents)
    for table in (Run, VectorStoreFile):
        text = documents.statements.unfinished(table, (), False).text  # noqa: FBT003 - no heavy columns
        found = await plan._explained(text, (), generic=True)
        assert f"{table.name}_unfinished" in found
        assert "Seq Scan" not in found
