"""The option `--open`: a page is shown where there is a browser, and the terminal stays the server's."""

import os
import sys
import webbrowser

import pytest

from emulator.cli import browser

URL = "http://127.0.0.1:8000/"


class Shown:
    """A browser of the standard library. name: its program; answer: whether it says that it has opened a page."""

    def __init__(self, name="firefox", *, answer=True):
        self.name = name
        self.answer = answer
        self.urls = []

    def open(self, url):
        self.urls.append(url)
        return self.answer


@pytest.fixture
def open_with(monkeypatch):
    def open_with(shown):
        monkeypatch.setattr(webbrowser, "get", lambda: shown)
        thread = browser.open_in_browser(URL)
        thread.join(60)

    return open_with


def test_a_page_is_opened_and_nothing_is_said(open_with, capsys):
    shown = Shown()
    open_with(shown)
    assert shown.urls == [URL]
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("name", ["lynx", "w3m", "/usr/bin/www-browser", "elinks"])
def test_a_browser_that_would_take_the_terminal_is_not_started(open_with, capsys, name):
    shown = Shown(name)
    open_with(shown)
    assert shown.urls == []
    assert capsys.readouterr().err == f"no browser could be opened here; the page is {URL}\n"


def test_a_browser_that_fails_costs_one_line(open_with, capsys):
    open_with(Shown(answer=False))
    assert capsys.readouterr().err.count("\n") == 1


def test_where_there_is_no_browser_one_line_says_so(monkeypatch, capsys):
    def get():
        raise webbrowser.Error("could not locate runnable browser")

    monkeypatch.setattr(webbrowser, "get", get)
    browser.open_in_browser(URL).join(60)
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.skipif(sys.platform != "linux", reason="the desktop is known by variables on Linux")
def test_without_a_desktop_the_library_itself_would_take_one_of_the_terminal(monkeypatch, tmp_path):
    marker, lynx = tmp_path / "started", tmp_path / "lynx"
    lynx.write_text(f"#!/bin/sh\ntouch {marker}\n")
    lynx.chmod(0o755)
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(webbrowser, "_tryorder", None)
    monkeypatch.setattr(webbrowser, "_browsers", {})
    browser.open_in_browser(URL).join(60)
    assert not marker.exists()
