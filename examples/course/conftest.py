"""Every notebook of the course is run, and its variables are looked at afterwards, while its server still answers."""

import importlib
import runpy
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items):
    # The client says at each call that the service is gone. That is why the course is here.
    quiet = pytest.mark.filterwarnings("ignore:.*deprecated:DeprecationWarning")
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(quiet)


@pytest.fixture
def play(monkeypatch):
    """Run a notebook to its end and return its variables."""
    monkeypatch.setattr(sys, "path", [str(HERE), *sys.path])
    yield lambda name: SimpleNamespace(**runpy.run_path(str(HERE / f"{name}.py")))
    importlib.import_module("notebook").close_all()


@pytest.fixture
def said():
    """Return a function that reads the text of a message."""
    return lambda message: "".join(part.text.value for part in message.content if part.type == "text")
