"""What follows once everything is read: who wrote what, in which order, and which message each run answered."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from itertools import accumulate, groupby

from emulator.recording.evidence.documents import Documents
from emulator.recording.evidence.known import KnownMessage, KnownRun, KnownThread


def settle(documents: Documents) -> None:
    """Put messages and runs in order, and find for each run the message that it answered."""
    for thread in documents.all_threads:
        messages = in_order(thread)
        for number, message in enumerate(messages):
            message.order = number
        _attach_loose(documents, thread, messages)
        _find_prompts(thread, messages)


def in_order(thread: KnownThread) -> list[KnownMessage]:
    """Return the messages of a thread, oldest first: by their time, and within a second as lists have shown them."""
    return [
        thread.messages[key]
        for key in by_time((key, thread.messages[key].created_at) for key in thread.order if key in thread.messages)
    ]


def by_time(stamped: Iterator[tuple[str, float | None]]) -> list[str]:
    """Return keys by their times; what has none stays behind the one before it."""
    latest = 0.0
    timed: list[tuple[float, str]] = []
    for key, time in stamped:
        latest = latest if time is None else time
        timed.append((latest, key))
    return [key for _, key in sorted(timed, key=lambda pair: pair[0])]


def _attach_loose(documents: Documents, thread: KnownThread, messages: list[KnownMessage]) -> None:
    """Give messages of the assistant that name no run to the run of their time; without one, to a run of their own.

    Those that stand together answer together.
    """
    runs = sorted(
        (run for run in thread.runs.values() if run.created_at is not None), key=lambda run: run.created_at or 0
    )
    times = [run.created_at or 0.0 for run in runs]
    of_client = _of_client(thread, messages)
    for is_loose, group in groupby(
        messages, key=lambda one: one.run_id is None and one.key not in of_client and one.role == "assistant"
    ):
        if not is_loose:
            continue
        own: KnownRun | None = None
        for message in group:
            place = bisect_right(times, message.created_at) if message.created_at is not None else 0
            run = runs[place - 1] if place else own
            if run is None:
                documents.position, documents.where = message.position, message.where
                own = run = documents.run(f"{message.key} of {thread.id}", thread.id)
                run.stand_in = True
            message.run_id = run.id
            run.messages[message.key] = message


def _of_client(thread: KnownThread, messages: list[KnownMessage]) -> set[str]:
    """Return the keys of messages for the assistant that no run has written.

    They are those that requests show, and those that say that they are of no run where others name theirs. Where none
    does, a program that exported them may have lost that, unless they say that they are of no assistant either.
    """
    posted = Counter(one.text for one in thread.written if one.role == "assistant")
    names_runs = any(one.run_id is not None for one in messages)
    found = set()
    for one in messages:
        if one.role != "assistant" or one.run_id is not None:
            continue
        is_of_none = "run_id" in one.document and one.document.get("assistant_id") is None
        if one.posted is not None or (
            is_of_none and (names_runs or ("assistant_id" in one.document and bool(thread.runs)))
        ):
            found.add(one.key)
        elif posted[one.text] > 0:
            posted[one.text] -= 1
            found.add(one.key)
    return found


def _find_prompts(thread: KnownThread, messages: list[KnownMessage]) -> None:
    users = [one for one in messages if one.role == "user" and not one.deleted]
    orders = [one.order for one in users]
    times = list(accumulate((one.created_at or 0.0 for one in users), max))
    keys = [key for key in thread.run_order if key in thread.runs]
    later: int | None = None
    end = len(messages)
    for run in (thread.runs[key] for key in reversed(by_time((key, thread.runs[key].created_at) for key in keys))):
        end = min((one.order for one in run.messages.values()), default=end)
        place = bisect_right(orders, end) - 1
        if run.created_at is not None:
            place = min(place, bisect_right(times, run.created_at) - 1)
        while place >= 0 and _is_posted_later(users[place], run):
            place -= 1
        if later is not None and not run.messages and place >= later:
            place = later - 1 if _is_of_earlier(users, later, run) else later
        later = place
        found = users[place] if place >= 0 else None
        if run.prompt is None or (found is not None and _is_newer(found, run.prompt, run)):
            run.prompt = found
        if not run.files and run.created is None:
            run.files = tuple(dict.fromkeys(file for one in users[: place + 1] for file in one.files))


def _is_posted_later(message: KnownMessage, run: KnownRun) -> bool:
    """Return whether requests show that a message was not there yet when a run was made."""
    return message.posted is not None and run.created is not None and message.posted > run.created


def _is_of_earlier(users: list[KnownMessage], place: int, run: KnownRun) -> bool:
    """Return whether a run that wrote nothing had seen the message before this one alone, as far as one second shows.

    A later run has answered this one, and nothing stands between the two.
    """
    if place < 1 or users[place].created_at != run.created_at:
        return False
    return users[place - 1].order == users[place].order - 1


def _is_newer(found: KnownMessage, prompt: KnownMessage, run: KnownRun) -> bool:
    """Return whether another program has written a message since the one that a request shows."""
    if found.created_at is None or prompt.created_at is None or found.created_at <= prompt.created_at:
        return False
    return found.posted is None or (run.created is not None and found.posted < run.created)


def runs_in_order(runs: list[KnownRun]) -> list[KnownRun]:
    """Return runs as they were made: by their requests; those that only lists show stand between, by their times."""
    requested = sorted((run for run in runs if run.created is not None), key=lambda run: run.created or 0)
    newest: list[float] = []
    for run in requested:
        newest.append(max(newest[-1] if newest else 0.0, run.created_at or 0.0))
    shown = [(_time_of(run), run) for run in _by_list(run for run in runs if run.created is None)]
    placed: dict[int, list[KnownRun]] = {}
    for time, run in sorted(shown, key=lambda pair: pair[0]):
        place = bisect_right(newest, time) if time else len(requested)
        placed.setdefault(place, []).append(run)
    ordered: list[KnownRun] = []
    for place in range(len(requested) + 1):
        ordered += placed.get(place, [])
        ordered += requested[place : place + 1]
    return ordered


def _by_list(runs: Iterator[KnownRun]) -> list[KnownRun]:
    """Return runs thread by thread, as lists have shown them, or as their messages stand."""
    waiting = {id(run): run for run in runs}
    ordered = []
    for thread in {id(run.thread): run.thread for run in waiting.values()}.values():
        own = [thread.runs[key] for key in thread.run_order if key in thread.runs and id(thread.runs[key]) in waiting]
        ordered += sorted(own, key=_first_message) if all(run.created_at is None for run in own) else own
    return ordered


def _time_of(run: KnownRun) -> float:
    times = [run.created_at, *(one.created_at for one in run.messages.values())]
    return min((time for time in times if time is not None), default=0.0)


def _first_message(run: KnownRun) -> int:
    return min((one.order for one in run.messages.values()), default=0)
