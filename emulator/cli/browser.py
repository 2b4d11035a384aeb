"""The user's browser: a page is shown in it where there is one, and never by one that would take the terminal."""

from pathlib import Path
from threading import Thread
from typing import Annotated, Final, Protocol

import typer

OpenPage = Annotated[bool, typer.Option("--open", help="Open the inspector in your browser.")]
# Where no desktop is known, the standard library falls back on these; Ctrl-C would end the browser, not the server.
_IN_TERMINAL: Final = frozenset(("www-browser", "links", "links2", "elinks", "lynx", "w3m", "browsh", "carbonyl"))


class _Browser(Protocol):
    def open(self, url: str, /) -> bool: ...


def open_in_browser(url: str) -> Thread:
    """Show a page, beside whatever else is done; one line on stderr says so where nothing can show it.

    Return the thread on which that is done: some browsers let their caller wait until they are closed.
    """
    thread = Thread(target=_open, args=(url,), name="browser", daemon=True)
    thread.start()
    return thread


def _open(url: str) -> None:
    if not _is_opened(url):
        typer.echo(f"no browser could be opened here; the page is {url}", err=True)


def _is_opened(url: str) -> bool:
    import webbrowser

    try:
        # The first one alone: behind it the library would try those of the terminal, too.
        browser: _Browser = webbrowser.get()
        return not _takes_terminal(browser) and bool(browser.open(url))
    except (webbrowser.Error, OSError, ValueError):
        return False


def _takes_terminal(browser: _Browser) -> bool:
    return Path(str(getattr(browser, "name", ""))).name in _IN_TERMINAL
