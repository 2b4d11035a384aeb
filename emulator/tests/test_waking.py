"""Which requests let go on what stands still, where snapshots are looked at."""

import pytest

from emulator.control.waking import WithWaking


class Sleepers:
    def __init__(self):
        self.woken = []

    async def wake(self, name):
        self.woken.append(name)

    async def wake_all(self):
        self.woken.append("all")


async def woken_by(method, path, *, by_key=False, kind="http"):
    """Return what a request wakes, before it is handed on."""
    sleepers, seen = Sleepers(), []

    async def app(scope, _receive, _send):
        seen.append([*sleepers.woken])

    await WithWaking(app, sleepers, by_key=by_key)({"type": kind, "method": method, "path": path}, None, None)
    assert seen == [sleepers.woken]
    return sleepers.woken


@pytest.mark.parametrize(
    "method,path",
    [
        ("GET", "/_emulator/ns/orders/runs/run_1"),
        ("HEAD", "/_emulator/inspector/ns/orders"),
        ("GET", "/ns/orders/v1/threads/thread_1/runs/run_1"),
        ("POST", "/_emulator/ns/orders/threads/thread_1/fork"),
        ("POST", "/_emulator/ns/orders/scripts/match"),
        ("POST", "/_emulator/inspector/login"),
    ],
)
async def test_whoever_looks_or_asks_wakes_nothing(method, path):
    assert await woken_by(method, path) == []


@pytest.mark.parametrize(
    "method,path",
    [
        ("POST", "/_emulator/ns/orders/runs/run_1/step"),
        ("PATCH", "/_emulator/ns/orders"),
        ("POST", "/_emulator/inspector/ns/orders/clock"),
        ("POST", "/ns/orders/v1/threads/thread_1/messages"),
    ],
)
async def test_what_changes_a_namespace_wakes_that_one(method, path):
    assert await woken_by(method, path) == ["orders"]


async def test_a_request_of_the_api_whose_path_names_none_may_mean_any():
    assert await woken_by("POST", "/v1/threads", by_key=True) == ["all"]
    assert await woken_by("POST", "/_emulator/lint") == []
    assert await woken_by("GET", "/v1/threads", by_key=True, kind="websocket") == []
