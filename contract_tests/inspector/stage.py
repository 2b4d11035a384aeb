"""A server in whose namespaces something has happened, the same every time: what pictures show and what pages are tried with."""

from contextlib import contextmanager
from dataclasses import dataclass

from contract_tests.inspector import scenes
from emulator import LiveServer, Settings
from emulator.domain import inspector_paths as to

TOKEN = "a token of this stage"
# Of all kinds of pages, and of a run in each state that looks different.
PAGES = (
    "namespaces",
    "namespace",
    "threads",
    "thread",
    "runs",
    "run",
    "run-drawn",
    "run-unmatched",
    "run-failed",
    "run-cancelled",
    "run-expired",
    "run-held",
    "run-waiting",
    "scripts",
    "requests",
    "request",
    "file",
    "parity",
    "parity-compared",
    "missing",
    "login",
)
# One of each kind.
KINDS = tuple(name for name in PAGES if not name.startswith("run-"))
HOSTILE_PAGES = ("namespace", "threads", "thread", "runs", "run", "scripts", "requests", "request")


@dataclass(frozen=True)
class Stage:
    """Two servers, one of which asks for a token, and the URLs of their pages.

    pages: of all kinds, by name; hostile: of what would harm them.
    """

    server: LiveServer
    pages: dict[str, str]
    hostile: dict[str, str]


@contextmanager
def set_stage(port=0):
    """Yield a stage. port: one that is written into pictures; else any that is free."""
    with (
        LiveServer(Settings(clock="frozen"), port=port) as server,
        LiveServer(Settings(clock="frozen", control_token=TOKEN)) as guarded,
    ):
        namespaces = {name: server.namespace(name) for name in ("weather", "posts", "tutor", "tutor-port", "hostile")}
        for number, namespace in enumerate(namespaces.values()):
            namespace.configure(clock=scenes.NOON, seed=number)
        scenes.tutors(namespaces["tutor"], namespaces["tutor-port"])
        scenes.posts(namespaces["posts"])
        harmful = _hostile("hostile", scenes.hostile(namespaces["hostile"]))
        pages = _pages("weather", scenes.weather(namespaces["weather"]))
        yield Stage(
            server,
            {**{name: f"{server.url}{path}" for name, path in pages.items()}, "login": f"{guarded.url}{to.login()}"},
            {name: f"{server.url}{path}" for name, path in harmful.items()},
        )


def _pages(ns, ids):
    runs = {name: to.run(ns, run_id) for name, run_id in ids.items() if name.startswith("run")}
    return {
        "namespaces": "/",
        "namespace": to.namespace(ns),
        "threads": to.threads("posts"),
        "thread": to.thread(ns, ids["thread"]),
        "runs": to.runs(ns),
        **runs,
        "scripts": to.scripts(ns),
        "requests": to.requests(ns),
        "request": to.request(ns, ids["request"]),
        "file": to.file(ns, ids["file"]),
        "parity": to.parity(),
        "parity-compared": to.parity(before="tutor", after="tutor-port"),
        "missing": to.namespace("nobody"),
    }


def _hostile(ns, ids):
    return {
        "namespace": to.namespace(ns),
        "threads": to.threads(ns),
        "thread": to.thread(ns, ids["thread"]),
        "runs": to.runs(ns),
        "run": to.run(ns, ids["run"]),
        "scripts": to.scripts(ns),
        "requests": to.requests(ns),
        "request": to.request(ns, ids["request"]),
    }
