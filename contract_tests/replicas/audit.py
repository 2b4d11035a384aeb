"""Looks, through the API alone, for everything that was acknowledged: it is there, once, and no run stands still."""

import json
import time

import httpx
import openai

from contract_tests.replicas.load import OVER, TEXTS

_PATIENCE = 60.0
# Seconds without an event after which all were received.
_QUIET = 3.0


def audit(talkers, librarians, findings):
    """Check what programs know, when all servers run again and the programs have stopped.

    Returns when something of each run changed, in seconds since the epoch.
    """
    for talker in talkers:
        for thread in talker.threads:
            _checked(_finish, talker, thread, findings)
            _checked(_check_thread, talker, thread, findings)
    for librarian in librarians:
        for file in librarian.files:
            _checked(_check_file, librarian, file, findings)
        for store in librarian.stores:
            _checked(_check_store, librarian, store, findings)
    changes = {}
    for talker in {one.ns: one for one in talkers}.values():
        changes.update(_check_journal(talker, findings))
    return changes


def _checked(check, program, what, findings):
    """Check something. That it cannot be looked at, by now when all servers run, is as bad as a loss."""
    try:
        check(program, what, findings)
    except (openai.APIError, httpx.HTTPError) as error:
        findings.complain("lost", f"{what.id}: {error}")


# --- runs -----------------------------------------------------------------------------------------------------------


def _finish(talker, thread, findings):
    """Bring every run to its end: what can be handed in is, what is held is released; the rest has to go on alone."""
    if not _is_there(talker.client.beta.threads.retrieve, thread.id):
        return
    for doc in [*talker.client.beta.threads.runs.list(thread.id, limit=100)]:
        run = thread.runs.get(doc.id) or talker._noted(thread, None, doc)  # one whose request was never answered
        _finish_run(talker, thread, run, findings)


def _finish_run(talker, thread, run, findings):
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        doc = talker.client.beta.threads.runs.retrieve(run.id, thread_id=thread.id)
        if doc.status in OVER:
            return
        if doc.status == "requires_action":
            talker.submit(thread, run, doc)
        elif run.kind in ("held", None):
            talker.release(run)
        time.sleep(0.02)
    findings.complain("stuck", f"{thread.id} {run.id} ({run.kind}) is {doc.status}: {_waits(talker, run)}")


def _waits(talker, run):
    return talker.http.get(f"{talker.control_url}/runs/{run.id}").json().get("waits_for")


# --- threads --------------------------------------------------------------------------------------------------------


def _check_thread(talker, thread, findings):
    threads = talker.client.beta.threads
    is_there = _is_there(threads.retrieve, thread.id)
    if thread.gone is not None and is_there is thread.gone:
        findings.complain("lost", f"{thread.id} is {'there' if is_there else 'gone'}")
    if not is_there:
        return
    messages = [*threads.messages.list(thread.id, limit=100, order="asc")]
    if len({message.id for message in messages}) != len(messages):
        findings.complain("doubled", f"{thread.id} lists a message twice")
    found = [_text(message) for message in messages if message.role == "user"]
    for text, sent in thread.sent.items():
        if sent.kept and text not in found:
            findings.complain("lost", f"{thread.id} has no message {text!r}")
        if found.count(text) > sent.attempts:
            findings.complain(
                "doubled", f"{thread.id} has {text!r} {found.count(text)} times, sent {sent.attempts} times"
            )
    for run in thread.runs.values():
        written = [_text(message) for message in messages if message.run_id == run.id]
        _check_run(talker, thread, run, written, findings)


def _check_run(talker, thread, run, written, findings):
    runs = talker.client.beta.threads.runs
    if not _is_there(runs.retrieve, run.id, thread_id=thread.id):
        findings.complain("lost", f"{thread.id} {run.id}")
        return
    doc = runs.retrieve(run.id, thread_id=thread.id)
    kinds = [TEXTS[run.kind]] if run.kind else list(TEXTS.values())
    if not any(_begins(written, expected) for expected in kinds):
        findings.complain("doubled", f"{run.id} ({run.kind}, {doc.status}) wrote {written}")
    elif doc.status == "completed" and written not in kinds:
        findings.complain("lost", f"{run.id} ({run.kind}) has completed, and wrote {written}")
    if run.ended not in (None, doc.status) or (run.cancelled and doc.status != "cancelled"):
        findings.complain("lost", f"{run.id} is {doc.status}; was {run.ended}, cancelled: {run.cancelled}")
    steps = [*runs.steps.list(run.id, thread_id=thread.id, limit=100, order="asc")]
    calls = [call for step in steps for call in getattr(step.step_details, "tool_calls", ())]
    outputs = {call.id: call.function.output for call in calls}
    if len(outputs) != len(calls):
        findings.complain("doubled", f"{run.id} has the calls {[call.id for call in calls]}")
    if any(outputs.get(call) != output for call, output in run.outputs.items()):
        findings.complain("lost", f"{run.id} has the outputs {outputs} of {run.outputs}")
    if doc.status == "completed" and sum(step.usage.total_tokens for step in steps) != doc.usage.total_tokens:
        findings.complain("doubled", f"{run.id} has cost {doc.usage}, its steps {[step.usage for step in steps]}")


def _begins(written, expected):
    """Return whether these texts may be written so far: each whole, but for the last."""
    return len(written) <= len(expected) and all(map(str.startswith, expected, written))


def _is_there(retrieve, *ids, **more):
    try:
        retrieve(*ids, **more)
    except openai.NotFoundError:
        return False
    return True


def _text(message):
    return "".join(part.text.value for part in message.content)


# --- files ----------------------------------------------------------------------------------------------------------


def _check_file(librarian, file, findings):
    files = librarian.client.files
    is_there = _is_there(files.retrieve, file.id)
    if file.gone is None:
        file.gone = not is_there
    if is_there is file.gone:
        findings.complain("lost", f"{file.id} is {'there' if is_there else 'gone'}")
    elif is_there and files.content(file.id).read() != file.content:
        findings.complain("lost", f"{file.id} has other bytes")


def _check_store(librarian, store, findings):
    stores = librarian.client.vector_stores
    deadline = time.monotonic() + _PATIENCE
    while (doc := stores.retrieve(store.id)).file_counts.in_progress:
        if time.monotonic() > deadline:
            findings.complain("stuck", f"{store.id} has {doc.file_counts}")
            return
        time.sleep(0.05)
    listed = [file.id for file in stores.files.list(store.id, limit=100)]
    if len(set(listed)) != len(listed):
        findings.complain("doubled", f"{store.id} lists a file twice")
    expected = {file.id for file in store.files if not file.gone}
    if expected - set(listed):
        findings.complain("lost", f"{store.id} has {set(listed)}, not {expected}")
    if doc.file_counts.total != len(listed) or doc.file_counts.completed != len(listed):
        findings.complain("lost", f"{store.id} counts {doc.file_counts} of {len(listed)}")


# --- the journal ----------------------------------------------------------------------------------------------------


def _check_journal(program, findings):
    """Read all events since the first: each has the number after that before it, and no status is entered twice.

    Returns when something of each run changed, in seconds since the epoch.
    """
    numbers, seen, changes = [], set(), {}
    first = 1
    for data in _events(program):
        if data["event"] == "gone":
            first = data["first"]
            continue
        numbers.append(data["seq"])
        changes.setdefault(data["run_id"], []).append(data["at"])
        # A run goes back and forth between two statuses; all else goes forward only.
        change = (data["object_id"], data["status"])
        if change in seen and data["object_id"] != data["run_id"]:
            findings.complain("doubled", f"the journal of {program.ns} has {change} twice")
        seen.add(change)
    odd = [(number, want) for want, number in enumerate(numbers, first) if number != want]
    if odd:
        findings.complain(
            "gaps", f"the journal of {program.ns}: {len(odd)} numbers are not what they should be, {odd[0]}"
        )
    findings.acknowledged["numbers in journals"] += len(numbers)
    return changes


def _events(program):
    """Yield the events that have a number, until none comes any more."""
    timeout = httpx.Timeout(30, read=_QUIET)
    with program.http.stream("GET", f"{program.control_url}/events?after=0", timeout=timeout) as response:
        is_numbered = False
        try:
            for line in response.iter_lines():
                name, _, value = line.partition(": ")
                is_numbered = name == "id" or (is_numbered and name != "")
                if name == "data" and is_numbered:
                    yield json.loads(value)
        except httpx.ReadTimeout:
            return
