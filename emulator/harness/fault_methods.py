"""What goes wrong in a namespace, and what is answered there that is none of the API."""

from collections.abc import Mapping, Sequence
from typing import Any

from emulator.harness.clocks import Duration, as_duration
from emulator.harness.methods import Methods, given


class FaultMethods(Methods):
    """Faults and stubs of a namespace."""

    def fault(
        self,
        method: str | None = None,
        path: str | None = None,
        *,
        times: int | None = None,
        after: int | None = None,
        probability: float | None = None,
        status: int | None = None,
        error: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        delay: Duration | None = None,
        disconnect: bool | None = None,
        truncate: int | None = None,
        before: bool | None = None,
        cut_stream_after: int | None = None,
        clean: bool | None = None,
        garble_event: int | None = None,
        omit_done: bool | None = None,
        duplicate_event: int | None = None,
        error_event: bool | None = None,
        stall_stream_after: int | None = None,
        lasting: Duration | None = None,
    ) -> None:
        """Let something go wrong with requests; what each fault does is said in the control API's documentation.

        path: ``*`` is one segment, ``**`` any number. times: how many are hit; without it, all. after: how many pass
        first. probability: of each, from the seed. before=False: the work is done first. lasting: of a stall.
        """
        do = {
            "status": status,
            "error": error,
            "headers": headers,
            "delay": None if delay is None else as_duration(delay),
            "disconnect": disconnect,
            "truncate": truncate,
            "before": before,
            "cut_stream_after": cut_stream_after,
            "clean": clean,
            "garble_event": garble_event,
            "omit_done": omit_done,
            "duplicate_event": duplicate_event,
            "error_event": error_event,
            "stall_stream_after": stall_stream_after,
            "for": None if lasting is None else as_duration(lasting),
        }
        match = given({"method": method, "path": path})
        how_often = given({"times": times, "after": after, "probability": probability})
        self._control.ask("POST", "/faults", {"match": match, "do": given(do), **how_often})

    @property
    def faults(self) -> Sequence[Mapping[str, Any]]:
        """The faults, each with its hits."""
        faults: Sequence[Mapping[str, Any]] = self._control.ask("GET", "/faults")["faults"]
        return faults

    def clear_faults(self) -> None:
        """Let nothing go wrong any more."""
        self._control.ask("DELETE", "/faults")

    def stub(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        text: str | None = None,
        template: str | None = None,
        status: int | None = None,
        headers: Mapping[str, str] | None = None,
        times: int | None = None,
    ) -> str:
        """Answer requests that are none of this API, such as those for embeddings; return the id of the stub."""
        answer = {"json": json, "text": text, "template": template, "status": status, "headers": headers}
        body = given({"method": method, "path": path, **answer, "times": times})
        return str(self._control.ask("POST", "/stubs", body)["id"])

    @property
    def stubs(self) -> Sequence[Mapping[str, Any]]:
        """The stubs, each with its hits."""
        stubs: Sequence[Mapping[str, Any]] = self._control.ask("GET", "/stubs")["stubs"]
        return stubs

    def clear_stubs(self) -> None:
        """Answer none of them any more."""
        self._control.ask("DELETE", "/stubs")
