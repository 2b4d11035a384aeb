"""The suite: whatever happens on the way, one table is booked, and the guest is told so."""

import pytest
from desk import SORRY, Desk
from first_desk import FirstDesk
from hypothesis import HealthCheck, given, settings
from tables import Tables

from emulator.schedules import schedules

QUESTION = "A table for Ada"
BOOKED = "Table 1 is yours, Ada."
# The namespace of a test is emptied for each example, so all of them may share the fixture. The same search each time.
SEARCH = settings(
    deadline=None,
    max_examples=50,
    derandomize=True,
    report_multiple_bugs=False,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
# What the desk asks for, and it streams nothing.
PATHS = (
    "POST /threads/*/messages",
    "POST /threads/*/runs",
    "GET /threads/*/runs/*",
    "POST /threads/*/runs/*/submit_tool_outputs",
    "GET /threads/*/messages",
    "GET /threads/*/runs",
)
FAULTS = ("connection", "lost_answer", "status")
ALONE = schedules(chunks=False, faults=FAULTS, paths=PATHS)
BESIDE = schedules(chunks=False, faults=FAULTS, paths=PATHS, programs=2)


def book_alone(desk_of, emulator, schedule):
    """Ask for a table."""
    tables = Tables()
    with emulator.under(schedule):
        client = emulator.client()
        thread = client.beta.threads.create()
        answer = desk_of(client, tables).ask(thread.id, QUESTION)
        assert answer == BOOKED or (answer == SORRY and emulator.runs.last.status in {"cancelled", "expired"})
        assert tables.guests in ([], ["Ada"])


def book_beside(desk_of, emulator, schedule):
    """Let two workers finish what one of them began."""
    tables = Tables()
    with emulator.under(schedule):
        client = emulator.client()
        thread = client.beta.threads.create()
        run = desk_of(client, tables).start(thread.id, QUESTION)

        def work(client):
            return desk_of(client, tables).finish(run)

        answers = emulator.together(work, work, schedule.order)
        assert set(answers) in ({BOOKED}, {SORRY})
        assert tables.guests in ([], ["Ada"])


@given(schedule=ALONE)
@SEARCH
def test_one_table_is_booked_whatever_happens_on_the_way(emulator, schedule):
    book_alone(Desk, emulator, schedule)


@given(schedule=BESIDE)
@SEARCH
def test_two_workers_book_one_table_in_whatever_order_they_come(emulator, schedule):
    book_beside(Desk, emulator, schedule)


# --- what the search says of the first desk ---------------------------------------------------------------------------


def found(book, strategy, emulator):
    """Return the error of the first desk under the simplest schedule that breaks it, and the lines of that schedule."""

    @given(schedule=strategy)
    @SEARCH
    def search(schedule):
        book(FirstDesk, emulator, schedule)

    with pytest.raises(Exception) as caught:
        search()
    [lines] = [note for note in caught.value.__notes__ if note.startswith("under the schedule")]
    return str(caught.value), [line.strip() for line in lines.splitlines()[1:]]


def test_the_first_desk_gives_up_where_the_answer_to_its_run_is_lost(emulator):
    strategy = schedules(chunks=False, cancel=False, expire=False, faults=FAULTS)
    error, lines = found(book_alone, strategy, emulator)
    assert "already has an active run" in error
    assert lines == ['ns.fault("POST", "/threads/*/runs", disconnect=True, before=False, times=1)']


def test_the_first_desk_takes_the_question_for_the_answer_where_its_run_is_cancelled(emulator):
    error, lines = found(book_alone, schedules(chunks=False, expire=False, faults=False), emulator)
    assert error.startswith(f"assert ({QUESTION!r} ==")
    assert lines == ['ns.cancel("next", at="queued")']


def test_two_workers_of_the_first_desk_book_twice(emulator):
    strategy = schedules(chunks=False, cancel=False, expire=False, faults=False, programs=2)
    error, lines = found(book_beside, strategy, emulator)
    assert error.endswith('Runs in status "completed" do not accept tool outputs.')
    assert lines == ['ns.together(a, b, "")']
