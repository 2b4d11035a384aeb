"""What a search costs, and what it finds while others change the store: texts are read once, and then what changed."""

import ast
import asyncio
import random
import re
from pathlib import Path

import pytest

from contract_tests.benchmarks.searchable import mark, write
from emulator.domain.errors import ApiError, ServerStopsError
from emulator.engine import corpus
from emulator.engine.store_indexes import StoreIndexes
from emulator.service import files, resources, store_files, store_search, vector_stores
from emulator.store.blobs import receive_all
from emulator.store.tables import VectorStoreFile
from emulator.wire.vector_stores import AddFile, CreateVectorStore, ModifyFile, Search


class Library:
    """A store of small files, each found by a word of its own, and the statements that searches send."""

    def __init__(self, engine):
        self.engine = engine
        self.namespace = engine.namespace
        self.statements = []

    async def fill(self, many, store="vs_1"):
        self.ids = await write(self.engine.documents, self.namespace.generation, store, many, words=5)

    async def found(self, query, store="vs_1", **options):
        results = await corpus.search(self.namespace, [store], query, limit=5, **options)
        return [result["file_name"] for result in results if result["score"] > 0]

    async def add(self, text, store="vs_1"):
        received = receive_all(self.namespace.blobs, text.encode())
        file = await files.create(self.namespace, received, filename="new.txt", purpose="assistants")
        await store_files.create(self.namespace, store, AddFile(file_id=file["id"]))
        return file["id"]

    def watch(self):
        self.statements.clear()
        driver = self.engine.documents.database.driver
        driver.set_trace_callback(lambda text: "FROM vector_store_files" in text and self.statements.append(text))

    @property
    def texts_read(self):
        return sum(", text FROM" in text for text in self.statements)


@pytest.fixture
async def library(engine):
    one = engine()
    await one.namespaces.open("default")
    return Library(one)


# --- what is read ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("many", [20, 320])
async def test_the_first_search_reads_each_text_once_and_few_rows_beside_them(library, many):
    await library.fill(many)
    library.watch()
    assert await library.found(mark(7)) == ["7.txt"]
    assert library.texts_read == many
    assert len(library.statements) <= many * 1.1 + 3


async def test_a_search_reads_nothing_where_nothing_has_changed(library):
    await library.fill(60)
    await library.found(mark(7))
    library.watch()
    assert await library.found(mark(8)) == ["8.txt"]
    assert library.statements == []


async def test_a_search_reads_only_what_was_added(library):
    await library.fill(60)
    await library.found(mark(7))
    await library.add("a walrus sleeps")
    await vector_stores.retrieve(library.namespace, "vs_1")
    library.watch()
    assert await library.found("walrus") == ["new.txt"]
    assert library.texts_read == 1
    assert len(library.statements) <= 2


async def test_a_search_reads_only_what_was_taken_out(library):
    await library.fill(60)
    await library.found(mark(7))
    await store_files.delete(library.namespace, "vs_1", library.ids[7])
    library.watch()
    assert await library.found(mark(7)) == []
    assert library.texts_read == 0
    assert len(library.statements) == 1


async def test_changed_attributes_are_seen_and_no_text_is_read_for_them(library):
    await library.fill(60)
    where = {"type": "eq", "key": "kind", "value": "sea"}
    assert await library.found(mark(7), where=where) == []
    await store_files.modify(library.namespace, "vs_1", library.ids[7], ModifyFile(attributes={"kind": "sea"}))
    library.watch()
    assert await library.found(mark(7), where=where) == ["7.txt"]
    assert library.texts_read == 0
    assert len(library.statements) == 1


async def test_a_file_that_is_added_again_is_read_again(library):
    await library.fill(3)
    await library.found(mark(1))
    await store_files.create(library.namespace, "vs_1", AddFile(file_id=library.ids[1]))  # its bytes are gone
    assert await library.found(mark(1)) == []


async def test_a_change_that_is_not_kept_changes_nothing(library):
    await library.fill(3)
    await library.found(mark(1))
    row = {"id": f"vs_1/{library.ids[1]}", "store_id": "vs_1", "file_id": library.ids[1]}
    tx = await library.namespace.begin()
    tx.soft_delete(VectorStoreFile, row["id"])
    library.namespace.indexes.touch(tx, row)
    await tx.roll_back()
    library.watch()
    assert await library.found(mark(1)) == ["1.txt"]
    assert library.statements == []


async def test_the_counts_of_a_store_do_not_need_its_documents(library):
    await library.fill(60)
    await library.add("a walrus sleeps")
    library.watch()
    store = await vector_stores.retrieve(library.namespace, "vs_1")
    assert store["file_counts"]["completed"] == 61
    await store_files.delete(library.namespace, "vs_1", library.ids[0])
    store = await vector_stores.retrieve(library.namespace, "vs_1")
    assert store["file_counts"] == {"in_progress": 0, "completed": 60, "failed": 0, "cancelled": 0, "total": 60}
    whole = [text for text in library.statements if " doc" in text.split(" FROM ")[0] and "json_extract" not in text]
    assert all("id = " in text or "status IN" in text for text in whole)


def test_whoever_writes_what_an_index_is_made_of_says_so():
    silent = {
        "_remove_store",  # `_let_go` does, once the transaction is kept
        "cancel",  # files that have not been read are in no index
    }
    writing = {}
    for file in Path(resources.__file__).parent.glob("*.py"):
        for function in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                text = ast.unparse(function)
                writes = (
                    r"tx\.(insert|update|delete|soft_delete)\(VectorStoreFile\b|removals\.remove\w*\(.*\bVectorStore\b"
                )
                if re.search(writes, text):
                    writing[function.name] = "indexes.touch(" in text or "indexes.drop" in text
    assert {name for name, says_so in writing.items() if not says_so} == silent
    assert len(writing) >= 7


# --- while others are at work ---------------------------------------------------------------------------------------


async def at_first_piece(library, monkeypatch, act):
    """Do something else once, when the first piece of an index has been computed."""
    compute = library.namespace.indexes.compute
    pieces = []

    async def computed(work):
        result = await compute(work)
        pieces.append(work)
        if len(pieces) == 1:
            await act()
        return result

    monkeypatch.setattr(library.namespace.indexes, "compute", computed)


async def test_two_first_searches_at_once_make_one_index(library):
    await library.fill(120)
    library.watch()
    found = await asyncio.gather(library.found(mark(7)), library.found(mark(111)), library.found(mark(3)))
    assert found == [["7.txt"], ["111.txt"], ["3.txt"]]
    assert library.texts_read == 120


@pytest.mark.parametrize("number", [0, 119])
async def test_a_file_that_is_taken_out_while_the_index_is_made_is_not_found(library, monkeypatch, number):
    await library.fill(120)
    await at_first_piece(
        library, monkeypatch, lambda: store_files.delete(library.namespace, "vs_1", library.ids[number])
    )
    assert await library.found(mark(number)) == []
    assert await library.found(mark(60)) == ["60.txt"]


async def test_a_file_that_is_taken_out_while_chunks_are_ranked_is_not_shown(library, monkeypatch):
    await library.fill(3)
    await library.found(mark(0))  # the next piece of work is the ranking
    await at_first_piece(library, monkeypatch, lambda: store_files.delete(library.namespace, "vs_1", library.ids[1]))
    library.namespace.indexes.of("default", "vs_1")._compute = library.namespace.indexes.compute
    assert await library.found(mark(1)) == []


async def test_a_file_that_is_added_while_the_index_is_made_is_found(library, monkeypatch):
    await library.fill(120)

    async def add():
        await library.add("a walrus sleeps")
        await library.namespace.ingestions.settle("vs_1")

    await at_first_piece(library, monkeypatch, add)
    assert await library.found("walrus") == ["new.txt"]


async def test_a_store_that_is_deleted_while_its_index_is_made_is_not_found(library, monkeypatch):
    await library.fill(120)
    await at_first_piece(library, monkeypatch, lambda: vector_stores.delete(library.namespace, "vs_1"))
    with pytest.raises(ApiError) as refused:
        await store_search.search_store(library.namespace, "vs_1", Search(query=mark(7)))
    assert refused.value.status == 404


async def test_a_namespace_that_is_reset_while_an_index_is_made_has_nothing_to_find(library, monkeypatch):
    await library.fill(120)
    await at_first_piece(library, monkeypatch, lambda: library.engine.namespaces.reset("default"))
    assert await library.found(mark(7)) == []
    await library.fill(2, "vs_2")
    assert await library.found(mark(1), "vs_2") == ["1.txt"]


async def test_other_tasks_run_while_an_index_is_made(library):
    await library.fill(320)
    turns = []

    async def count():
        while True:
            async with library.namespace.transaction():
                turns.append(len(library.statements))
            await asyncio.sleep(0)

    library.watch()
    counting = asyncio.create_task(count())
    await library.found(mark(7))
    counting.cancel()
    assert len({at for at in turns if 0 < at < 320}) >= 3  # it had its turn between the pieces


async def test_a_search_that_is_cancelled_leaves_nothing_half_done(library, monkeypatch):
    await library.fill(120)
    searching = None

    async def cancel():
        searching.cancel()

    await at_first_piece(library, monkeypatch, cancel)
    searching = asyncio.create_task(library.found(mark(7)))
    waiting = asyncio.create_task(library.found(mark(8)))
    with pytest.raises(asyncio.CancelledError):
        await searching
    assert await waiting == ["8.txt"]
    assert await library.found(mark(7)) == ["7.txt"]


async def test_after_any_changes_a_search_finds_what_a_new_index_finds(library):
    chance = random.Random(4)
    await library.fill(12)
    words = ["walrus", "otter", "seal", *map(mark, range(12))]
    present = list(library.ids)
    for _ in range(40):
        match chance.randrange(4):
            case 0:
                present.append(await library.add(" ".join(chance.choices(words, k=6))))
            case 1 if present:
                await store_files.delete(library.namespace, "vs_1", present.pop(chance.randrange(len(present))))
            case 2 if present:
                change = ModifyFile(attributes={"year": chance.randrange(3)})
                await store_files.modify(library.namespace, "vs_1", chance.choice(present), change)
            case _:
                pass
        query = " ".join(chance.choices(words, k=3))
        options = {"limit": 5, "where": chance.choice([None, {"type": "lt", "key": "year", "value": 2}])}
        kept = await corpus.search(library.namespace, ["vs_1"], query, **options)
        library.namespace.indexes, indexes = StoreIndexes(), library.namespace.indexes
        assert await corpus.search(library.namespace, ["vs_1"], query, **options) == kept
        library.namespace.indexes = indexes


# --- what is kept ---------------------------------------------------------------------------------------------------


async def test_the_indexes_searched_last_are_kept_and_the_others_are_let_go(library):
    for number in range(4):
        await library.fill(10, f"vs_{number}")
    library.namespace.indexes = indexes = StoreIndexes(most_characters=50_000)  # two, and what their texts take
    for number in (0, 1, 0, 2, 3):
        await library.found(mark(1), f"vs_{number}")
    assert len(indexes) == 2
    library.watch()
    await library.found(mark(1), "vs_2")
    assert library.texts_read == 0
    await library.found(mark(1), "vs_0")
    assert library.texts_read == 10


async def test_an_index_is_let_go_with_its_store_and_with_its_namespace(library):
    for number in range(3):
        await vector_stores.create(library.namespace, CreateVectorStore(name=str(number)))
        await library.fill(2, f"vs_{number}")
        await library.found(mark(1), f"vs_{number}")
    indexes = library.namespace.indexes
    await vector_stores.delete(library.namespace, "vs_1")
    assert len(indexes) == 2
    await library.engine.namespaces.delete("default")
    assert len(indexes) == 0


async def test_an_index_of_many_different_words_weighs_more_than_one_of_a_few(library):
    weights = []
    for text in ("walrus " * 2_000, " ".join(f"w{number:05}" for number in range(2_000))):
        store = (await vector_stores.create(library.namespace, CreateVectorStore()))["id"]
        await library.add(text, store)
        await library.found("x", store)
        weights.append(library.namespace.indexes.of("default", store).weight)
    assert weights[1] > 4 * weights[0]


async def test_a_search_ends_when_the_server_stops(library):
    await library.fill(20)
    library.engine.namespaces.stop_reading()
    with pytest.raises(ServerStopsError):
        await library.found(mark(7))
