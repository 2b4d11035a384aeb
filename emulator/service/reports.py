"""What a test should know of a namespace: unmatched runs, unused turns, drift, failed checks, runs that wait, hints.

And faults that have hit nothing: what the test meant to break was never broken.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final

from emulator.daemon_threads import in_thread
from emulator.domain.drift import distinct, of_line, text_of
from emulator.engine.facets import Kind
from emulator.service.hints import hints_of
from emulator.service.namespaces import Namespaces
from emulator.service.run_records import settle
from emulator.store.tables import ReportLine, Run

# What fails a check of any namespace, in this order; lines of `script` that are marked `strict` fail strict ones only.
_ALWAYS: Final = ("unmatched", "script", "check")
# Lines of drift that are listed; the rest is counted.
MOST_DRIFT: Final = 1_000


async def report(namespaces: Namespaces, name: str, *, fail_on_drift: bool = False) -> dict[str, Any]:
    """Return the report of a namespace; raise the 404 of one that does not exist.

    fail_on_drift: every line of drift is a failure, as in a namespace that is set so.
    """
    namespace = await namespaces.find(name)
    await settle(namespace, None)
    lines: dict[str, list[Any]] = {"unmatched": [], "drift": [], "check": [], "script": []}
    async with namespace.transaction() as tx:
        for row in await tx.all(ReportLine):
            lines.setdefault(row["kind"], []).append({"run": row["run_id"], **row["doc"]})
        lines["drift"] += [{"run": "", **line} for line in await namespaces.scripts.left(namespace, tx)]
        unused = await namespaces.scripts.unused(namespace, tx)
        waiting = [
            {"run": row["id"], "status": row["status"], "waits_for": row["waits_for"]}
            for row in await tx.unfinished(Run)
        ]
        explained = [line["run"] for kind in ("unmatched", "script") for line in lines[kind] if not line.get("strict")]
        await namespace.facets.look(namespace, Kind.FAULTS, Kind.HINTS, tx=tx)
        hints = await hints_of(namespace, tx, explained)
    faults = [fault.to_json() for fault in namespace.faults if not fault.hits]
    config = namespace.config
    drift = [of_line(line) for line in lines["drift"]]
    drift = [{**line, "strict": line["strict"] or config.strict} for line in drift]
    lines["drift"], left_out = drift[:MOST_DRIFT], max(0, len(drift) - MOST_DRIFT)
    drift_failures = _drift_failures(drift, all_of_it=fail_on_drift or config.fail_on_drift)
    failures = [*_failures(lines), *islice(drift_failures, MOST_DRIFT)]
    if config.strict:
        failures += _strict_failures(lines, unused, faults)
    found = [hint.to_json() for hint in await in_thread(hints, "hints")]
    faulted = sum(request.fault is not None for request in await namespace.requests.read())
    about: dict[str, Any] = {"unused": unused, "waiting": waiting, "hints": found, "faults": faults, "faulted": faulted}
    return {"failures": failures, **lines, **({"drift_left_out": left_out} if left_out else {}), **about}


def _failures(lines: Mapping[str, Sequence[Mapping[str, Any]]]) -> Iterator[dict[str, Any]]:
    """Yield what fails a check: runs that no turn answers, mistakes in scripts, checks."""
    for kind in _ALWAYS:
        yield from (_failure(kind, line) for line in lines[kind] if not line.get("strict"))


def _drift_failures(lines: Iterable[Mapping[str, Any]], *, all_of_it: bool) -> Iterator[dict[str, Any]]:
    """Yield one failure for all lines of drift that say the same, with the first run that shows it."""
    for line, times in distinct(line for line in lines if line["strict"] or all_of_it):
        yield {"kind": "drift", "message": text_of(line, times), "run": line["run"] or None}


def _strict_failures(
    lines: Mapping[str, Sequence[Mapping[str, Any]]],
    unused: Sequence[Mapping[str, Any]],
    faults: Sequence[Mapping[str, Any]],
) -> Iterator[dict[str, Any]]:
    """Yield what fails a check of a strict namespace beside the others."""
    yield from (_failure("script", line) for line in lines["script"] if line.get("strict"))
    for turn in unused:
        message = f"turn {turn['name']} of {turn['script']} was played {turn['used']} times of {turn['uses']['min']}"
        yield {"kind": "unused", "message": message, "run": None}
    for fault in faults:
        what = f"{fault['method'] or 'any method'} {fault['path'] or 'any path'}: {fault['do']}"
        yield {"kind": "fault", "message": f"the fault never hit: {what}", "run": None}


def _failure(kind: str, line: Mapping[str, Any]) -> dict[str, Any]:
    return {"kind": kind, "message": _message(kind, line), "run": line["run"] or None}


def _message(kind: str, line: Mapping[str, Any]) -> str:
    if kind == "check":
        return f"check failed: {line['message']}"
    message = str(line["message"]).removeprefix("[emulator] ")
    place = line.get("place")
    return message if place is None or place in message else f"{place}: {message}"
