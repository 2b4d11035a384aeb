"""The steps of a run."""

from typing import Any

from emulator.domain.lifecycle import RUN_TERMINAL
from emulator.engine.world import World
from emulator.service.finding import ListQuery, find, page
from emulator.store.documents import Page
from emulator.store.tables import RunStep


async def listing(world: World, thread_id: str, run_id: str, query: ListQuery) -> tuple[Page, bool]:
    """List the steps of a run; and say whether the run is over, which REST shows in each of them."""
    over = await _run_is_over(world, thread_id, run_id)
    return page(world, RunStep, query, run_id=run_id), over


async def retrieve(world: World, thread_id: str, run_id: str, step_id: str) -> tuple[dict[str, Any], bool]:
    """Return a step, and whether its run is over."""
    over = await _run_is_over(world, thread_id, run_id)
    return dict(find(world, "step", step_id, run_id=run_id)["doc"]), over


async def _run_is_over(world: World, thread_id: str, run_id: str) -> bool:
    find(world, "thread", thread_id)
    await world.settle(thread_id)
    return find(world, "run", run_id, thread_id=thread_id)["status"] in RUN_TERMINAL
