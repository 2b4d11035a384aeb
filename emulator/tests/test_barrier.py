import pytest

from emulator.control.barrier import WithBarrier


class Peers:
    """Notes what is asked of others, among what an app and its client see."""

    def __init__(self, seen, *, is_current=True):
        self.seen, self.is_current = seen, is_current

    async def ensure_current(self):
        self.seen.append("look anew")
        self.is_current = True

    async def flush(self, ns):
        self.seen.append(f"flush {ns}".strip())

    async def refresh(self, ns):
        self.seen.append(f"refresh {ns}".strip())


async def asked(method, path, status=200, *, is_current=True):
    """Return what happens, in its order, with a request to the control API."""
    seen = []

    async def app(scope, receive, send):
        seen.append("app")
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def send(message):
        if message["type"] == "http.response.start":
            seen.append("answer")

    scope = {"type": "http", "method": method, "path": f"/_emulator{path}", "root_path": "/_emulator"}
    await WithBarrier(app, Peers(seen, is_current=is_current))(scope, None, send)
    return seen


@pytest.mark.parametrize("path", ["/ns/a/requests", "/inspector/ns/a/runs", "/ns/a"])
async def test_whoever_looks_at_a_namespace_sees_what_all_have_done(path):
    assert await asked("GET", path) == ["flush a", "app", "answer"]


async def test_whoever_looks_at_all_namespaces_waits_for_all_of_them():
    assert await asked("GET", "/coverage") == ["flush", "app", "answer"]
    assert await asked("GET", "/inspector") == ["flush", "app", "answer"]


@pytest.mark.parametrize("method", ["PUT", "POST", "PATCH", "DELETE"])
async def test_a_change_is_known_to_all_before_it_is_answered(method):
    assert await asked(method, "/ns/a/faults") == ["flush a", "app", "refresh a", "answer"]


async def test_a_change_of_no_namespace_concerns_all():
    assert await asked("PUT", "/aliases/a") == ["flush", "app", "refresh", "answer"]


async def test_what_is_refused_has_changed_nothing():
    assert await asked("PUT", "/ns/a/faults", 400) == ["flush a", "app", "answer"]


async def test_what_only_asks_changes_nothing():
    assert await asked("POST", "/ns/a/requests/verify") == ["flush a", "app", "answer"]


@pytest.mark.parametrize(
    "path", ["/health", "/ready", "/info", "/metrics", "/inspector/static/page.css", "/ns/A B/runs"]
)
async def test_what_is_of_one_process_asks_no_other(path):
    assert await asked("GET", path) == ["app", "answer"]


async def test_a_process_that_was_away_looks_anew_first():
    assert await asked("GET", "/ns/a", is_current=False) == ["look anew", "flush a", "app", "answer"]
