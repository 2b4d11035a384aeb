"""State coverage in files, and the share of it that a command asks for."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from emulator.cli.refusals import RefusedError

if TYPE_CHECKING:
    from emulator.domain.state_coverage import Coverage

PANEL: Final = "Coverage"
FailUnder = Annotated[
    float | None,
    typer.Option(
        "--coverage-fail-under",
        min=0,
        max=100,
        metavar="N",
        show_default="none",
        rich_help_panel=PANEL,
        help="Exit code 1 if less than N percent of the statuses and events were met.",
    ),
]


def _target(path: Path | None) -> Path | None:
    """Return where a file is to be written; refuse what cannot be, before anything is done."""
    if path is not None and not path.absolute().parent.is_dir():
        raise typer.BadParameter(f"{path.parent} is not a directory")
    return path


def target(*names: str, **more: Any) -> Any:
    """Return an option that names a file to be written."""
    return typer.Option(*names, metavar="FILE", dir_okay=False, writable=True, callback=_target, **more)


def text_of(coverage: "Coverage") -> str:
    """Return the report for terminals."""
    from emulator.coverage_reports.text import text

    return text(coverage)


def json_of(coverage: "Coverage") -> str:
    """Return the report for programs, which can be read again."""
    from emulator.domain.coverage_figures import document

    return json.dumps(document(coverage), indent=2)


def html_of(coverage: "Coverage") -> str:
    """Return the report for browsers."""
    from emulator.coverage_reports.page import page

    return page(coverage, "All namespaces")


FORMS: Final[Mapping[str, Callable[["Coverage"], str]]] = {"text": text_of, "json": json_of, "html": html_of}


def write(path: Path, text: str) -> None:
    """Write a file; refuse one that cannot be written."""
    try:
        path.write_text(f"{text}\n", "utf-8")
    except OSError as error:
        raise RefusedError(f"{path}: {error.strerror}") from None


def read(path: Path) -> "Coverage":
    """Return the coverage of a file; refuse one that is none."""
    from emulator.domain.state_coverage import Coverage

    try:
        data = json.loads(path.read_bytes())
        if not isinstance(data, dict):
            raise ValueError("it is no object")  # noqa: TRY004 - of JSON, not of arguments
        return Coverage.from_json(data)
    except OSError as error:
        raise RefusedError(f"{path}: {error.strerror}") from None
    except (UnicodeDecodeError, json.JSONDecodeError):
        raise RefusedError(f"{path} holds no state coverage: it is no JSON") from None
    except (ValueError, RecursionError) as error:
        raise RefusedError(f"{path} holds no state coverage: {error}") from None


def failure_of(coverage: "Coverage", fail_under: float | None) -> str | None:
    """Return by how much a coverage is too low; None if it is not."""
    from emulator.coverage_reports.text import too_low

    return None if fail_under is None else too_low(coverage, fail_under)
