"""Every notebook of the course is run, and its variables are checked afterwards, while its server is still running."""

import importlib
import runpy
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items):
    # The client warns at each call that the API is deprecated. That is why the emulator exists.
    quiet = pytest.mark.filterwarnings("ignore:.*deprecated:DeprecationWarning")
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(quiet)


@pytest.fixture
def run_notebook(monkeypatch):
    """Return a function that runs a notebook and returns its variables."""
    monkeypatch.setattr(sys, "path", [str(HERE), *sys.path])
    yield lambda name: SimpleNamespace(**runpy.run_path(str(HERE / f"{name}.py")))
    importlib.import_module("notebook").close_all()


@pytest.fixture
def text_of():
    """Return a function that returns the text of a message."""
    return lambda message: "".join(part.text.value for part in message.content if part.type == "text")
