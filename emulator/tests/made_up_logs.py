"""Request logs that a test makes up, with times of its own: nothing of them ever happened."""

from itertools import count

from emulator.domain.config import Pace
from emulator.domain.observations import Observed, Seen
from emulator.domain.request_log import LoggedRequest
from emulator.domain.verdict.history import History
from emulator.domain.verdict.rules import verdict_on

KEY = (b"authorization", b"Bearer sk-emu-a")
MESSAGES, RUNS = "/threads/thread_1/messages", "/threads/thread_1/runs"
RUN = f"{RUNS}/run_1"
_NUMBERS = count(1)
STREAM = (b"content-type", b"text/event-stream; charset=utf-8")


def sent(
    method="GET",
    path=RUN,
    status=200,
    *,
    at,
    took=0.01,
    clock=None,
    clock_began=None,
    body=b"",
    size=None,
    key=KEY,
    headers=(),
    answer=(),
    shows=(),
    more=None,
    ending=None,
    fault=None,
    done=None,
    run=None,
    form=None,
):
    """Return a request that came at a second of its server, and took so many.

    shows: (run, status) pairs. answer: headers. done: the status of the endpoint; clock: the namespace's at its end.
    """
    ended = at + took
    clock = ended if clock is None else clock
    objects = tuple(Seen("thread.run", id, status) for id, status in shows)  # noqa: A001
    request = LoggedRequest(
        id=f"req_{next(_NUMBERS)}",
        method=method,
        path=path,
        query=b"",
        sent_path=path.encode(),
        mount="openai",
        status=status,
        ms=took * 1000,
        thread="thread_1" if path.startswith("/threads/thread_1") else None,
        run=run,
        fault=fault,
        hint=None,
        headers=(key, *headers),
        body_bytes=len(body) if size is None else size,
        body=body,
        form=form,
        answer_headers=tuple(answer),
        answer_bytes=0,
        answer=b"",
    )
    request.ended, request.at = ended, clock
    request.began_at = clock - took if clock_began is None else clock_began
    request.observed = Observed(objects, more, (), ending) if shows or ending or more is not None else None
    request.endpoint_status = done
    return request


def judged(*log, runs=(), pace=None):
    """Return the verdict on a log, whatever the order in which its requests are given."""
    ended = sorted(log, key=lambda request: request.ended)
    return verdict_on(History.of(ended, runs, pace or Pace()))


def kinds(*log, **more):
    """Return the kinds of what is found in a log."""
    return [one.kind.value for one in judged(*log, **more).findings]
