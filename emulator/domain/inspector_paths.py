"""Where the inspector's pages are: the paths that pages link, commands print and failed tests name."""

from typing import Final
from urllib.parse import quote, urlencode

from emulator.domain.mounts import CONTROL_PREFIX

# Below the control API; and the page at / is its first one.
INSPECTOR: Final = "/inspector"
ROOT: Final = f"{CONTROL_PREFIX}{INSPECTOR}"

# Lines of a script's source that a page shows.
LINES_AT_ONCE: Final = 2_000


def asset(name: str) -> str:
    """Return the path of a file that pages load."""
    return f"{ROOT}/static/{quote(name)}"


def login(page: str = "") -> str:
    """Return the path of the page that asks for the token. page: where it leads."""
    return f"{ROOT}/login{_query({'next': page})}"


def logout() -> str:
    """Return the path of the form that forgets who has logged in."""
    return f"{ROOT}/logout"


def keys() -> str:
    """Return the path of the page of the keys that pages understand."""
    return f"{ROOT}/keys"


def namespaces() -> str:
    """Return the path of the page of all namespaces."""
    return ROOT


def parity(**query: str) -> str:
    """Return the path of the comparison of two namespaces."""
    return f"{ROOT}/parity{_query(query)}"


def namespace(ns: str) -> str:
    """Return the path of the page of a namespace."""
    return f"{ROOT}/ns/{_segment(ns)}"


def live(ns: str, **about: str) -> str:
    """Return the path of what happens in a namespace. about: thread or run, where the rest does not matter."""
    return f"{namespace(ns)}/live{_query(about)}"


def threads(ns: str, **query: str) -> str:
    """Return the path of the list of threads."""
    return f"{namespace(ns)}/threads{_query(query)}"


def thread(ns: str, thread_id: str, **query: str) -> str:
    """Return the path of a thread; likewise of a conversation, or of the response that began a chain."""
    return f"{namespace(ns)}/threads/{_segment(thread_id)}{_query(query)}"


def file(ns: str, file_id: str) -> str:
    """Return the path of a file."""
    return f"{namespace(ns)}/files/{_segment(file_id)}"


def runs(ns: str, **query: str) -> str:
    """Return the path of the list of runs."""
    return f"{namespace(ns)}/runs{_query(query)}"


def run(ns: str, run_id: str, **query: str) -> str:
    """Return the path of a run, or of a response."""
    return f"{namespace(ns)}/runs/{_segment(run_id)}{_query(query)}"


def scripts(ns: str, **query: str) -> str:
    """Return the path of the scripts."""
    return f"{namespace(ns)}/scripts{_query(query)}"


def source(ns: str, name: str, line: int | None = None) -> str:
    """Return the path of a script's source. line: counted from 1; of a long source, the page that has it."""
    begin = (line or 1) - (line or 1) % LINES_AT_ONCE
    return scripts(ns, source=name, from_=str(begin) if begin else "") + (f"#L{line}" if line else "")


def script_lint(ns: str) -> str:
    """Return the path of what is wrong with a script that is being written."""
    return f"{scripts(ns)}/lint"


def script_hints(ns: str) -> str:
    """Return the path of what may be written at a place of a script."""
    return f"{scripts(ns)}/hints"


def requests(ns: str, **query: str) -> str:
    """Return the path of the request log."""
    return f"{namespace(ns)}/requests{_query(query)}"


def request(ns: str, request_id: str) -> str:
    """Return the path of one request."""
    return f"{namespace(ns)}/requests/{_segment(request_id)}"


def _segment(name: str) -> str:
    return quote(name, safe="")


def _query(query: dict[str, str]) -> str:
    given = {name.rstrip("_"): value for name, value in query.items() if value}
    return f"?{urlencode(given)}" if given else ""
