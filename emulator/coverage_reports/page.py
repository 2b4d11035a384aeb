"""State coverage as one page of HTML, without scripts and without other resources."""

import re
from base64 import b64encode
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Final

from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup, escape

from emulator.coverage_reports.text import shown
from emulator.domain.coverage_figures import figures_of
from emulator.domain.state_coverage import Coverage

_FOLDER: Final = files("emulator.coverage_reports")
_CODE: Final = re.compile(r"`([^`]+)`")


def page(coverage: Coverage, about: str, inspector: str | None = None) -> str:
    """Return the page. about: whose coverage it is. inspector: where its server's pages are, if it comes from one."""
    # S704: the file is the package's own.
    style = Markup(_style())  # noqa: S704
    figures = figures_of(coverage)
    return _template().render(
        about=about,
        inspector=inspector,
        policy=policy(),
        style=style,
        coverage=coverage,
        figures=figures,
        percent=shown(figures.percent),
    )


@cache
def policy() -> str:
    """Return the content security policy of the page, which names its own style alone."""
    digest = b64encode(sha256(_style().encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


@cache
def _style() -> str:
    return _FOLDER.joinpath("page.css").read_text("utf-8")


@cache
def _template() -> Template:
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters["prose"] = _prose
    return environment.from_string(_FOLDER.joinpath("page.html").read_text("utf-8"))


def _prose(text: str) -> Markup:
    """Return a text as HTML: what stands between backticks is code."""
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704 - it is escaped
