"""The client libraries of the matrix, each with the companions it is installed with.

Companions date from the library's own time, as far as Python 3.11 can install them: these are the versions in the lock
file of a program that was not updated since. openai before 1.55.3 passes an argument that httpx 0.28 no longer accepts.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

HERE: Final = Path(__file__).parent

Kind = Literal[
    "openai-python",
    "openai-node",
    "azure-ai-agents",
    "openai-agents",
    "langchain-openai",
    "langchain-community",
    "llama-index-agent-openai",
    "semantic-kernel",
    "examples/node",
    "examples/node-runners",
]


@dataclass(frozen=True, slots=True)
class Sdk:
    """One version of one library, and what it is installed with: requirements of pip, or overrides of npm."""

    kind: Kind
    version: str
    companions: tuple[str, ...]
    note: str = field(default="", compare=False)

    @property
    def name(self) -> str:
        return f"{self.kind} {self.version}"


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_2023: Final = _words(
    "anyio==3.7.1 certifi==2023.11.17 distro==1.8.0 h11==0.14.0 httpcore==1.0.2 httpx==0.25.1 idna==3.4 sniffio==1.3.0"
    " tqdm==4.66.1"
)
_2024: Final = _words(
    "annotated-types==0.6.0 anyio==4.3.0 certifi==2024.2.2 distro==1.9.0 h11==0.14.0 httpcore==1.0.5 httpx==0.27.0"
    " idna==3.6 sniffio==1.3.1 tqdm==4.66.2"
)
_2025: Final = _words(
    "annotated-types==0.7.0 certifi==2025.1.31 distro==1.9.0 h11==0.14.0 httpcore==1.0.7 httpx==0.28.1 idna==3.10"
    " sniffio==1.3.1 tqdm==4.67.1"
)
_2026: Final = _words(
    "annotated-types==0.8.0 anyio==4.16.0 h11==0.16.0 idna==3.20 jiter==0.19.0 pydantic==2.14.3 pydantic_core==2.50.4"
    " sniffio==1.3.1 typing-inspection==0.4.5 typing_extensions==4.16.0"
)
_SPRING_2024: Final = (*_2024, *_words("pydantic==2.7.0 pydantic_core==2.18.1 typing_extensions==4.11.0"))

PYTHON: Final = (
    Sdk(
        "openai-python",
        "1.3.3",
        (*_2023, *_words("pydantic==1.10.13 typing_extensions==4.8.0")),
        note="v1; on pydantic 1",
    ),
    Sdk(
        "openai-python",
        "1.14.3",
        (*_2024, *_words("pydantic==2.6.4 pydantic_core==2.16.3 typing_extensions==4.10.0")),
        note="v1; the first streams",
    ),
    Sdk("openai-python", "1.20.0", _SPRING_2024, note="the last of v1; the first pollers"),
    Sdk("openai-python", "1.21.0", _SPRING_2024, note="the first of v2"),
    Sdk(
        "openai-python",
        "1.40.8",
        (*_2024, *_words("jiter==0.5.0 pydantic==2.8.2 pydantic_core==2.20.1 typing_extensions==4.12.2")),
        note="uploads in parts",
    ),
    Sdk(
        "openai-python",
        "1.66.0",
        (*_2025, *_words("anyio==4.8.0 jiter==0.8.2 pydantic==2.10.6 pydantic_core==2.27.2 typing_extensions==4.12.2")),
        note="vector stores leave beta",
    ),
    Sdk(
        "openai-python",
        "1.109.1",
        (
            *_2025,
            *_words("anyio==4.11.0 jiter==0.11.0 pydantic==2.11.9 pydantic_core==2.33.2 typing_extensions==4.15.0"),
            "typing-inspection==0.4.1",
        ),
        note="the last of 1",
    ),
    Sdk(
        "openai-python",
        "2.54.0",
        (*_2026, *_words("certifi==2026.10.18 distro==1.9.0 httpcore==1.0.9 httpx==0.28.1 tqdm==4.70.1")),
        note="the last of 2",
    ),
    Sdk(
        "openai-python",
        "3.51.0",
        (*_2026, *_words("httpcore2==2.16.2 httpx2==2.16.2 truststore==0.10.5")),
        note="on httpx2",
    ),
)

_NODE_FETCH: Final = _words(
    "abort-controller@3.0.0 agentkeepalive@4.6.0 form-data@4.0.6 form-data-encoder@1.7.2 formdata-node@4.4.1"
    " node-fetch@2.7.0"
)
NODE: Final = (
    Sdk("openai-node", "4.16.1", (*_NODE_FETCH, "digest-fetch@1.3.0", "web-streams-polyfill@3.3.3"), note="v1"),
    Sdk("openai-node", "4.104.0", _NODE_FETCH, note="the last of 4"),
    Sdk("openai-node", "7.55.0", (), note="requires Node 22"),
)

_AZURE: Final = _words(
    "azure-core==1.41.0 certifi==2026.10.18 charset-normalizer==3.5.2 idna==3.20 isodate==0.7.2 requests==2.34.2"
    " typing_extensions==4.16.0 urllib3==2.8.0 cffi==2.1.1 cryptography==50.0.2 pycparser==3.12"
)
AGENTS: Final = (
    Sdk("azure-ai-agents", "1.1.0", _AZURE, note="over TLS"),
    Sdk("azure-ai-agents", "1.2.0b6", _AZURE, note="the last that speaks this API"),
)


def _on_responses(kind: Kind, version: str) -> Sdk:
    """Return a library that speaks Responses alone, with the exact versions from the file that is called as it is."""
    pins = (HERE / "requirements" / f"{kind}.txt").read_text(encoding="utf-8").split()
    return Sdk(kind, version, tuple(pins), note="Responses")


RESPONSES: Final = (_on_responses("openai-agents", "0.24.0"), _on_responses("langchain-openai", "1.7.4"))
ALL: Final = (*PYTHON, *NODE, *AGENTS, *RESPONSES)
# No flows, but suites of their own: folders, whose lock file or package.json names their libraries.
SUITES: Final = (
    Sdk("examples/node", "node:test", ()),
    Sdk("examples/node-runners", "vitest, jest, node:test", ()),
)
# The generations that differ most, for runs where all of them would take too long.
ENDS: Final = (PYTHON[0], PYTHON[-1], NODE[0], NODE[-1], AGENTS[-1], *RESPONSES)
