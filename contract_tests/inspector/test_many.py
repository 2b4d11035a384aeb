"""A namespace of ten thousand threads: its pages read as many rows as those of one with ten, and are about as large."""

import re
import sqlite3

import httpx
import pytest

from contract_tests.inspector.browser_requests import NAVIGATION
from emulator import LiveServer, Settings
from emulator.domain import inspector_paths as to

MANY, FEW = 10_000, 10


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server with a namespace of many threads, and one of few; each thread has a run, of which few ended badly."""
    path = tmp_path_factory.mktemp("many") / "emulator.db"
    with LiveServer(Settings(db=path, clock="auto")) as first:
        for name in ("many", "few"):
            client = first.namespace(name).client()
            assistant = client.beta.assistants.create(model="gpt-4o", instructions="Be brief.")
            for _ in range(FEW):
                client.beta.threads.create_and_run_poll(assistant_id=assistant.id)
    _multiply(path, "many", MANY // FEW)
    with LiveServer(Settings(db=path, clock="auto")) as running:
        yield running


def _multiply(path, name, times):
    """Let a namespace have as many copies of its threads and runs."""
    connection = sqlite3.connect(path)
    with connection:
        for table in ("threads", "runs"):
            columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
            copied = ", ".join(f'"{column}"' for column in columns if column not in ("seq", "id", "thread_id"))
            owner = ", thread_id || '_' || n" if table == "runs" else ""
            connection.execute(
                f"WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {times - 1})"
                f" INSERT INTO {table} (id{', thread_id' if owner else ''}, {copied})"
                f" SELECT id || '_' || n{owner}, {copied} FROM numbers, {table} WHERE ns = ?",
                (name,),
            )
        failed = "UPDATE runs SET status = 'failed' WHERE ns = ? AND seq IN (SELECT seq FROM runs WHERE ns = ? LIMIT 5)"
        connection.execute(failed, (name, name))
    connection.close()


@pytest.fixture
def rows(server):
    """Return a function that opens a page, and returns how many rows SQLite has handed out for it, and its text."""

    def read(address):
        counted = []

        def factory(_cursor, row):
            counted.append(row)
            return row

        def watch(value):
            async def set_factory(app):
                app.state.play.__self__.documents.database.driver.row_factory = value

            server._server.call(set_factory)

        watch(factory)
        try:
            with httpx.Client(headers=NAVIGATION, trust_env=False, timeout=60) as client:
                answer = client.get(f"{server.url}{address}")
        finally:
            watch(None)
        assert answer.status_code == 200
        return len(counted), answer.text

    return read


@pytest.mark.parametrize("page", [to.namespace, to.threads, to.runs, to.scripts, to.requests])
def test_a_page_reads_no_more_rows_of_a_namespace_with_ten_thousand_threads(rows, page):
    (of_many, many), (of_few, few) = rows(page("many")), rows(page("few"))
    assert of_many <= 6 * of_few + 50  # it shows fifty in place of ten, and the feed has more to tell
    assert len(many) <= len(few) + 60_000


def test_the_first_page_counts_them_and_reads_none(rows):
    read, text = rows(to.namespaces())
    assert read < 100
    assert re.search(r"1000\+ threads", text)
    assert re.search(r"9995 <span class=\"badge status-completed\"", text)
    assert re.search(r"5 <span class=\"badge status-failed\"", text)
