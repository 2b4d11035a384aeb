"""No statement that the service needs walks through a whole table: SQLite's own query plans say so."""

import pytest

from emulator.store.database import open_database
from emulator.store.documents import Cursor, Documents
from emulator.store.journal import Journal
from emulator.store.tables import (
    ALL,
    File,
    JournalEntry,
    Message,
    NamespaceRecord,
    Run,
    RunAction,
    RunStep,
    ScriptMemory,
    UploadPart,
    VectorStoreFile,
)

OBJECTS = [table for table in ALL if {"seq", "id"} <= set(table.columns)]


class Plans:
    """Notes the plan of every statement that is run."""

    def __init__(self):
        self.documents = Documents(open_database(None), Journal())
        self.driver = self.documents.connection.driver
        self.texts = []

    def __call__(self, use):
        self.driver.set_trace_callback(self.texts.append)
        use(self.documents)
        self.driver.set_trace_callback(None)
        run = [text for text in self.texts if not text.startswith(("BEGIN", "COMMIT", "INSERT"))]
        assert run
        plans = [[row[3] for row in self.driver.execute(f"EXPLAIN QUERY PLAN {text}")] for text in run]
        return [step for plan in plans for step in plan]


@pytest.fixture
def plan():
    plans = Plans()
    yield plans
    plans.documents.connection.close()


def write(documents, verb, table, *args, **columns):
    unit = documents.unit("a")
    getattr(unit, verb)(table, *args, **columns)
    unit.commit()


@pytest.mark.parametrize("table", [Run, VectorStoreFile], ids=lambda table: table.name)
@pytest.mark.parametrize("heavy", [True, False])
def test_a_restart_walks_through_the_unfinished_rows_only(plan, table, heavy):
    steps = plan(lambda documents: documents.unfinished(table, heavy=heavy))
    assert steps == [f"SCAN {table.name} USING INDEX {table.name}_unfinished"]


@pytest.mark.parametrize("table", OBJECTS, ids=lambda table: table.name)
@pytest.mark.parametrize(
    "use",
    [
        lambda documents, table: documents.get(table, "a", "x"),
        lambda documents, table: documents.get(table, "a", "x", deleted=True, heavy=True),
        lambda documents, table: documents.has(table, "a", "x"),
        lambda documents, table: documents.find(table, ns="a", id="x"),
        lambda documents, table: write(documents, "update", table, "x", doc={}),
        lambda documents, table: write(documents, "soft_delete", table, "x"),
        lambda documents, table: write(documents, "delete", table, id="x"),
    ],
)
def test_an_object_is_found_by_its_id(plan, table, use):
    assert plan(lambda documents: use(documents, table)) == [
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
def test_a_page_is_read_in_the_order_of_an_index(plan, list_of, order, ends):
    table, where, index = list_of
    (step,) = plan(lambda documents: documents.page(table, "a", Cursor(5, order, **ends), **where))
    assert step.startswith(f"SEARCH {table.name} USING INDEX {index}{' AND seq' if ends else ''}")


@pytest.mark.parametrize("table,where,index", LISTS)
def test_all_of_a_list_and_its_size_are_read_by_an_index(plan, table, where, index):
    first, second = plan(lambda documents: (documents.all(table, "a", **where), documents.count(table, "a", **where)))
    assert first.startswith(f"SEARCH {table.name} USING INDEX {index}")
    # SQLite may count a whole namespace by either of the indexes that begin with it.
    assert second.startswith(f"SEARCH {table.name} USING INDEX {index if where else ''}")


@pytest.mark.parametrize(
    "table,use",
    [
        (NamespaceRecord, lambda documents: documents.find(NamespaceRecord, ns="a")),
        (ScriptMemory, lambda documents: documents.find(ScriptMemory, ns="a", owner="o", key="k")),
        (ScriptMemory, lambda documents: documents.all(ScriptMemory, "a", owner="o")),
        (ScriptMemory, lambda documents: documents.all_of(ScriptMemory, "a", "owner", ["o", "p"])),
        (RunAction, lambda documents: documents.all(RunAction, "a", run_id="r")),
        (RunAction, lambda documents: write(documents, "delete", RunAction, run_id="r")),
        (RunStep, lambda documents: write(documents, "delete", RunStep, run_id="r")),
        (JournalEntry, lambda documents: write(documents, "delete", JournalEntry, thread_id="t")),
        (VectorStoreFile, lambda documents: write(documents, "delete", VectorStoreFile, store_id="s")),
    ],
)
def test_everything_else_is_searched_too(plan, table, use):
    steps = plan(use)
    assert steps
    assert all(step.startswith(f"SEARCH {table.name} USING ") for step in steps)


def test_a_statement_is_made_once(plan):
    def use(documents):
        for _ in range(3):
            documents.get(Message, "a", "x")
            write(documents, "delete", Message, thread_id="t")
            write(documents, "update", Message, "x", doc={})

    use(plan.documents)
    statements = plan.documents.statements
    before = [statements.one.cache_info(), statements.delete.cache_info(), statements.update.cache_info()]
    use(plan.documents)
    after = [statements.one.cache_info(), statements.delete.cache_info(), statements.update.cache_info()]
    assert [info.misses for info in before] == [info.misses for info in after] == [1, 1, 1]
