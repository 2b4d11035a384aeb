"""The client libraries of the matrix, each with the companions it is installed with.

Companions are of the library's own time as far as Python 3.11 can still install them: that is what a program that was
never touched again has in its lock file. openai below 1.55.3 hands httpx an argument that httpx 0.28 no longer takes.
"""

from dataclasses import dataclass, field
from typing import Final, Literal

Kind = Literal["openai-python", "openai-node", "azure-ai-agents"]


@dataclass(frozen=True, slots=True)
class Sdk:
    """One version of one library.

    companions: requirements of pip. before: the day up to which npm takes companions. needs_node: the major version
    that its makers ask for.
    """

    kind: Kind
    version: str
    companions: tuple[str, ...] = ()
    before: str = ""
    needs_node: int = 0
    note: str = field(default="", compare=False)

    @property
    def name(self) -> str:
        return f"{self.kind} {self.version}"

    @property
    def major(self) -> int:
        return int(self.version.partition(".")[0])


_OLD_HTTP: Final = ("httpx==0.27.0", "httpcore==1.0.5", "h11==0.14.0", "certifi==2024.2.2", "idna==3.6", "sniffio==1.3.1")
_HTTP: Final = ("httpx==0.28.1", "httpcore==1.0.7", "h11==0.14.0", "certifi==2025.1.31", "idna==3.10", "sniffio==1.3.1")
_REST: Final = ("distro==1.9.0", "tqdm==4.66.2")
_PYDANTIC_2: Final = ("annotated-types==0.6.0",)

PYTHON: Final = (
    Sdk(
        "openai-python",
        "1.3.3",
        (
            *("httpx==0.25.1", "httpcore==1.0.2", "h11==0.14.0", "certifi==2023.11.17", "idna==3.4", "sniffio==1.3.0"),
            *("anyio==3.7.1", "distro==1.8.0", "tqdm==4.66.1", "pydantic==1.10.13", "typing_extensions==4.8.0"),
        ),
        note="with pydantic 1",
    ),
    Sdk(
        "openai-python",
        "1.14.3",
        (
            *(*_OLD_HTTP, *_REST, *_PYDANTIC_2),
            *("anyio==4.3.0", "pydantic==2.6.4", "pydantic_core==2.16.3", "typing_extensions==4.10.0"),
        ),
    ),
    Sdk(
        "openai-python",
        "1.20.0",
        (
            *(*_OLD_HTTP, *_REST, *_PYDANTIC_2),
            *("anyio==4.3.0", "pydantic==2.7.0", "pydantic_core==2.18.1", "typing_extensions==4.11.0"),
        ),
    ),
    Sdk(
        "openai-python",
        "1.21.0",
        (
            *(*_OLD_HTTP, *_REST, *_PYDANTIC_2),
            *("anyio==4.3.0", "pydantic==2.7.0", "pydantic_core==2.18.1", "typing_extensions==4.11.0"),
        ),
    ),
    Sdk(
        "openai-python",
        "1.40.8",
        (
            *(*_OLD_HTTP, *_REST, "annotated-types==0.7.0", "jiter==0.5.0"),
            *("anyio==4.4.0", "pydantic==2.8.2", "pydantic_core==2.20.1", "typing_extensions==4.12.2"),
        ),
    ),
    Sdk(
        "openai-python",
        "1.66.0",
        (
            *(*_HTTP, *_REST, "annotated-types==0.7.0", "jiter==0.8.2"),
            *("anyio==4.8.0", "pydantic==2.10.6", "pydantic_core==2.27.2", "typing_extensions==4.12.2"),
        ),
    ),
    Sdk(
        "openai-python",
        "1.109.1",
        (
            *(*_HTTP, *_REST, "annotated-types==0.7.0", "jiter==0.11.0", "typing-inspection==0.4.1"),
            *("anyio==4.11.0", "pydantic==2.11.9", "pydantic_core==2.33.2", "typing_extensions==4.15.0"),
        ),
    ),
    Sdk("openai-python", "2.54.0", ()),
    Sdk("openai-python", "3.51.0", ()),
)
NODE: Final = (
    Sdk("openai-node", "4.19.0", before="2023-11-24"),
    Sdk("openai-node", "4.104.0", before="2025-06-01"),
    Sdk("openai-node", "7.55.0", needs_node=22),
)
AGENTS: Final = (Sdk("azure-ai-agents", "1.1.0", ("cryptography",)),)
