"""What playing an action needs: the run it is played on, and the ways to show, to pause and to remember."""

from typing import Any, Protocol

from emulator.domain.actions import Outputs
from emulator.domain.ports import Turn
from emulator.domain.view import ModelView
from emulator.engine.world import World
from emulator.engine.writing import Writer
from emulator.store.documents import Unit


class Stage(Protocol):
    """A run under way. written: names below /mnt/data -> ids of the files that its code wrote."""

    world: World
    view: ModelView
    turn: Turn
    writer: Writer
    written: dict[str, str]

    @property
    def run(self) -> dict[str, Any]:
        """The run as it stands."""

    @property
    def unit(self) -> Unit:
        """The writes since the last pause."""

    def note(self, **how_far: Any) -> None:
        """Note how far the action in hand has got, for a start after a crash."""

    def report(self, kind: str, **about: Any) -> None:
        """Note something that a test should know."""

    def commit(self) -> None:
        """Write what has happened since the last pause."""

    async def breathe(self) -> None:
        """Let others go first."""

    async def sleep(self, seconds: float) -> None:
        """Let time pass on the world's clock."""

    async def sleep_until(self, when: float) -> None:
        """Wait for the world's clock."""

    async def gate(self) -> None:
        """Show the status as long as the world's pace says, before the next one comes."""

    async def outputs(self) -> Outputs:
        """Wait for the client's outputs."""

    async def hold(self) -> None:
        """Wait to be released."""

    async def expiry(self) -> None:
        """Wait for the run's end, which only the clock or the client brings."""
