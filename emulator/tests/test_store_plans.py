"""No statement that the service needs walks through a whole table: SQLite's own query plans say so."""

import pytest

from emulator.store import journal
from emulator.store.documents import Cursor, Documents
from emulator.store.journal import Journal
from emulator.store.removals import remove
from emulator.store.sqlite.connection import SqliteSession
from emulator.store.sqlite.opening import open_database
from emulator.store.tables import (
    ALL,
    OF_A_NAMESPACE,
    ConversationItem,
    File,
    Item,
    Message,
    NamespaceRecord,
    Run,
    RunAction,
    RunSignal,
    RunStep,
    ScriptMemory,
    Thread,
    Upload,
    UploadPart,
    VectorStore,
    VectorStoreFile,
)

OBJECTS = [table for table in ALL if {"seq", "id"} <= set(table.columns)]


class Plans:
    """Notes the plan of every statement that is run."""

    def __init__(self):
        self.documents = Documents(open_database(None), Journal())
        self.driver = self.documents.database.driver

    async def of(self, use):
        """Return the steps that a use of the store takes, as SQLite plans them."""
        texts = []
        self.driver.set_trace_callback(texts.append)
        await use(self.documents)
        self.driver.set_trace_callback(None)
        run = [text for text in texts if not text.startswith(("BEGIN", "COMMIT", "INSERT"))]
        assert run
        return [row[3] for text in run for row in self.driver.execute(f"EXPLAIN QUERY PLAN {text}")]

    async def __call__(self, use):
        """Return the steps of what is done in one transaction."""

        async def in_transaction(documents):
            async with documents.transaction("a") as tx:
                await use(tx)

        return await self.of(in_transaction)


@pytest.fixture
async def plan():
    plans = Plans()
    yield plans
    plans.documents.database.close()


async def write(tx, verb, table, *args, **columns):
    written = getattr(tx, verb)(table, *args, **columns)
    if written is not None:  # those that answer are waited for
        await written


SORTED = "USE TEMP B-TREE FOR ORDER BY"  # there are few unfinished rows


# --- what is not at rest ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("table,sorts", [(Run, [SORTED]), (VectorStoreFile, [])])
async def test_a_restart_walks_through_the_unfinished_rows_only(plan, table, sorts):
    steps = await plan.of(lambda documents: documents.unfinished(table))
    assert steps == [f"SCAN {table.name} USING INDEX {table.name}_unfinished", *sorts]


@pytest.mark.parametrize("heavy", [True, False])
async def test_the_unfinished_run_of_a_thread_is_found_by_its_thread(plan, heavy):
    steps = await plan(lambda tx: tx.unfinished(Run, thread_id="t", heavy=heavy))
    assert steps[0] == "SEARCH runs USING INDEX runs_unfinished (ns=? AND thread_id=?)"
    assert steps[1:] in ([], [SORTED])


async def test_the_unfinished_runs_of_a_namespace_are_found_by_its_name(plan):
    steps = await plan(lambda tx: tx.unfinished(Run))
    assert steps == ["SEARCH runs USING INDEX runs_unfinished (ns=?)", SORTED]


async def test_the_newest_unfinished_runs_are_found_among_the_unfinished(plan):
    steps = await plan(lambda tx: tx.newest_unfinished(Run, 5))
    assert steps == ["SEARCH runs USING INDEX runs_unfinished (ns=?)", SORTED]


async def test_runs_that_ended_badly_are_found_and_counted_without_those_that_ended_well(plan):
    by_index = "runs USING INDEX runs_ended_badly (ns=?)"
    assert await plan(lambda tx: tx.ended_badly(Run, 5)) == [f"SEARCH {by_index}"]
    steps = await plan(lambda tx: tx.statuses(Run, "completed"))
    assert "SEARCH runs USING COVERING INDEX runs_ended_badly (ns=?)" in steps
    assert "SEARCH runs USING INDEX runs_unfinished (ns=?)" in steps
    # All of them are counted in an index, whose rows are small.
    assert all(" INDEX " in step for step in steps if step.startswith(("SEARCH", "SCAN")))
    assert any(step.startswith("SEARCH runs USING COVERING INDEX") for step in steps)


# --- objects and lists -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("table", OBJECTS, ids=lambda table: table.name)
@pytest.mark.parametrize(
    "use",
    [
        lambda tx, table: tx.get(table, "x"),
        lambda tx, table: tx.get(table, "x", deleted=True, heavy=True),
        lambda tx, table: tx.has(table, "x"),
        lambda tx, table: tx.find(table, id="x"),
        lambda tx, table: write(tx, "update", table, "x", doc={}),
        lambda tx, table: write(tx, "soft_delete", table, "x"),
        lambda tx, table: write(tx, "delete", table, id="x"),
    ],
)
async def test_an_object_is_found_by_its_id(plan, table, use):
    assert await plan(lambda tx: use(tx, table)) == [
        f"SEARCH {table.name} USING INDEX {table.name}_by_id (ns=? AND id=?)"
    ]


LISTS = [
    (Message, {"thread_id": "t"}, "messages_by_thread_id (ns=? AND thread_id=?"),
    (Message, {"thread_id": "t", "run_id": "r"}, "messages_by_thread_id (ns=? AND thread_id=?"),
    (Run, {"thread_id": "t"}, "runs_by_thread_id (ns=? AND thread_id=?"),
    (RunStep, {"run_id": "r"}, "run_steps_by_run_id (ns=? AND run_id=?"),
    (File, {}, "files_in_order (ns=?"),
    (UploadPart, {"upload_id": "u"}, "upload_parts_by_upload_id (ns=? AND upload_id=?"),
    (VectorStoreFile, {"store_id": "s"}, "vector_store_files_by_store_id (ns=? AND store_id=?"),
    (
        VectorStoreFile,
        {"store_id": "s", "status": "in_progress"},
        "vector_store_files_by_store_id (ns=? AND store_id=?",
    ),
    (VectorStoreFile, {"batch_id": "b"}, "vector_store_files_by_batch_id (ns=? AND batch_id=?"),
    (VectorStoreFile, {"file_id": "f"}, "vector_store_files_by_file_id (ns=? AND file_id=?"),
]


@pytest.mark.parametrize("list_of", LISTS)
@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("ends", [{}, {"after": 1}, {"before": 9}, {"after": 1, "before": 9}])
async def test_a_page_is_read_in_the_order_of_an_index(plan, list_of, order, ends):
    table, where, index = list_of
    (step,) = await plan(lambda tx: tx.page(table, Cursor(5, order, **ends), **where))
    assert step.startswith(f"SEARCH {table.name} USING INDEX {index}{' AND seq' if ends else ''}")


@pytest.mark.parametrize(
    "where,index",
    [({"thread_id": "t"}, "runs_by_thread_id"), ({}, "runs_in_order"), ({"status": "s"}, "runs_in_order")],
)
async def test_heavy_columns_are_read_of_the_rows_of_a_page_alone(plan, where, index):
    """The rest of the namespace is looked through without them, where a page is of some of its runs."""
    steps = await plan(lambda tx: tx.page(Run, Cursor(5), also=("play", "timeline"), **where))
    assert steps[0] == "SEARCH runs USING INTEGER PRIMARY KEY (rowid=?)"
    assert any(step.startswith(f"SEARCH runs USING INDEX {index}") for step in steps)


@pytest.mark.parametrize("table,where,index", LISTS)
async def test_all_of_a_list_and_its_size_are_read_by_an_index(plan, table, where, index):
    (step,) = await plan(lambda tx: tx.all(table, **where))
    assert step.startswith(f"SEARCH {table.name} USING INDEX {index}")
    (step,) = await plan(lambda tx: tx.count(table, **where))
    # SQLite may count a whole namespace by either of the indexes that begin with it.
    assert step.startswith(f"SEARCH {table.name} USING INDEX {index if where else ''}")


@pytest.mark.parametrize(
    "table,use",
    [
        (NamespaceRecord, lambda tx: tx.find(NamespaceRecord)),
        (NamespaceRecord, lambda tx: write(tx, "update", NamespaceRecord, "a", by={}, counters={})),
        (ScriptMemory, lambda tx: tx.find(ScriptMemory, owner="o", key="k")),
        (ScriptMemory, lambda tx: tx.all(ScriptMemory, owner="o")),
        (ScriptMemory, lambda tx: tx.all_of(ScriptMemory, "owner", ["o", "p"])),
        (RunAction, lambda tx: tx.all(RunAction, run_id="r")),
        (RunAction, lambda tx: write(tx, "delete", RunAction, run_id="r")),
        (RunSignal, lambda tx: tx.all(RunSignal, run_id="r")),
        (RunSignal, lambda tx: write(tx, "delete", RunSignal, run_id="r")),
        (RunStep, lambda tx: write(tx, "delete", RunStep, run_id="r")),
        (VectorStoreFile, lambda tx: write(tx, "delete", VectorStoreFile, store_id="s")),
    ],
)
async def test_everything_else_is_searched_too(plan, table, use):
    steps = await plan(use)
    assert steps
    assert all(step.startswith(f"SEARCH {table.name} USING ") for step in steps)


@pytest.mark.parametrize("table", [Item, ConversationItem, Message])
async def test_several_objects_are_found_by_their_ids_and_not_by_walking_through_the_namespace(plan, table):
    found, sorting = await plan(lambda tx: tx.all_of(table, "id", ["i", "j"]))
    assert found == f"SEARCH {table.name} USING INDEX {table.name}_by_id (ns=? AND id=?)"
    assert sorting == "USE TEMP B-TREE FOR ORDER BY"


# What is deleted is found by its owner, or by its namespace.
OWNERS = [(NamespaceRecord, ""), (Thread, "t"), (VectorStore, "s"), (Upload, "u")]


@pytest.mark.parametrize("kind,owner", OWNERS, ids=lambda value: getattr(value, "name", ""))
async def test_what_is_deleted_is_found_without_walking_through_the_rest(plan, kind, owner):
    async def use(tx):
        await remove(tx, plan.documents.removals, kind, owner)

    steps = [step for step in await plan(use) if not step.startswith(("LIST SUBQUERY", "USING INDEX"))]
    assert steps
    assert [step for step in steps if not step.startswith("SEARCH ")] == []


@pytest.mark.parametrize("table", OF_A_NAMESPACE, ids=lambda table: table.name)
async def test_a_namespace_is_removed_in_the_order_in_which_it_was_written(plan, table):
    """Where there is an index that has this order: neighbors are in one page then."""
    steps = await plan(lambda tx: write(tx, "delete_some", table, 10))
    index = f"COVERING INDEX {table.in_order}" if table.in_order else ""
    assert [step for step in steps if step.startswith(f"SEARCH {table.name} USING {index}")]


async def test_the_runs_of_a_thread_are_removed_by_their_index(plan):
    steps = await plan(lambda tx: write(tx, "some", Run, "id", 1, thread_id="t"))
    assert steps == ["SEARCH runs USING INDEX runs_by_thread_id (ns=? AND thread_id=?)"]


# --- the journal -----------------------------------------------------------------------------------------------------


async def test_the_journal_is_read_by_its_primary_key(plan):
    async def read(documents):
        await documents.journal.read("a", 0, SqliteSession(documents.database))

    key = "SEARCH journal USING PRIMARY KEY"
    assert await plan.of(read) == [f"{key} (ns=?)", f"{key} (ns=?)", f"{key} (ns=? AND seq>?)"]


async def test_the_journal_is_numbered_and_made_shorter_by_its_primary_key(plan, monkeypatch):
    monkeypatch.setattr(journal, "_AT_ONCE", 1)

    async def keep(documents):
        change = journal.Change("r", "queued", 1.0, "create")
        session = SqliteSession(documents.database)
        await documents.journal.keep("a", [journal.Entry("t", "r", "thread.run.queued", {}, change)], session)
        await session.commit()

    key = "SEARCH journal USING PRIMARY KEY"
    assert await plan.of(keep) == [f"{key} (ns=?)", f"{key} (ns=? AND seq<?)"]


async def test_the_journal_has_no_other_index(plan):
    indexes = plan.driver.execute("SELECT sql FROM sqlite_master WHERE type = 'index' AND tbl_name = 'journal'")
    assert [sql for (sql,) in indexes if sql is not None] == []


# --- statements ------------------------------------------------------------------------------------------------------


async def test_a_statement_is_made_once(plan):
    async def use(tx):
        for _ in range(3):
            await tx.get(Message, "x")
            tx.delete(Message, thread_id="t")
            await tx.get(Message, "x")
            tx.update(Message, "x", doc={})

    await plan(use)
    statements = plan.documents.statements
    before = [statements.one.cache_info(), statements.delete.cache_info(), statements.update.cache_info()]
    await plan(use)
    after = [statements.one.cache_info(), statements.delete.cache_info(), statements.update.cache_info()]
    assert [info.misses for info in before] == [info.misses for info in after] == [1, 1, 1]
