"""/ns/{ns}/verdict: whether the program under test recovered from what went wrong, or only looks as if it did."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Query

from emulator.daemon_threads import Workers
from emulator.service.namespaces import Namespaces
from emulator.service.verdicts import case

# As for the request log: each thread that computes can hold up the others.
_MOST_THREADS: Final = 1

Strict = Annotated[bool, Query(description="Whether warnings fail, too.")]


def router(namespaces: Namespaces) -> APIRouter:
    """Return the route. What may take long is done on a thread."""
    router = APIRouter(prefix="/ns/{ns}/verdict", tags=["verdicts"])
    workers = Workers("verdicts", _MOST_THREADS)

    @router.get("", response_description='`{"passed", "strict", "requests", "faults", "findings": [...]}`.')
    async def get_verdict(ns: str, strict: Strict = False) -> dict[str, Any]:  # noqa: FBT002
        """Judge how the program dealt with what went wrong: each finding says what a sound program does."""
        verdict = await workers.compute(await case(await namespaces.find(ns)))
        return verdict.to_json(strict=strict)

    return router
