"""The libraries whose own loops are judged, each with what it is installed with and a program as its documentation has it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from contract_tests.matrix.sdks import Kind, Sdk

HERE: Final = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Loop:
    """A loop of a library. function: the name under which it offers the program's function; streams: whether it reads
    streams, or polls."""

    name: str
    sdk: Sdk
    program: str
    function: str = "look_outside"
    streams: bool = False

    @property
    def openai(self) -> str:
        """The version of openai-python that the library calls."""
        pins = dict(one.split("==") for one in self.sdk.companions)
        return pins["openai"]


def _library(kind: Kind, version: str) -> Sdk:
    """Return a library with the exact versions of everything that it needs, from the file that is called as it is."""
    pins = (HERE / "requirements" / f"{kind}.txt").read_text(encoding="utf-8").split()
    return Sdk(kind, version, tuple(pins))


# The newest of each that can still do it.
_LANGCHAIN: Final = _library("langchain-community", "0.4.2")
_LLAMA_INDEX: Final = _library("llama-index-agent-openai", "0.4.12")
_SEMANTIC_KERNEL: Final = _library("semantic-kernel", "1.45.0")

LOOPS: Final = (
    Loop("langchain", _LANGCHAIN, "langchain_agent.py"),
    Loop("llama-index", _LLAMA_INDEX, "llama_index_agent.py"),
    Loop("semantic-kernel", _SEMANTIC_KERNEL, "kernel_polled.py", "Weather-look_outside"),
    Loop("semantic-kernel, streams", _SEMANTIC_KERNEL, "kernel_streamed.py", "Weather-look_outside", streams=True),
)
