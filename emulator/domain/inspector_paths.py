"""Where the inspector's pages are: the paths that pages link, commands print and failed tests name."""

from collections.abc import Mapping, Sequence
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


def namespaces(**query: str) -> str:
    """Return the path of the page of all namespaces."""
    return f"{ROOT}{_query(query)}"


def parity(**query: str | Sequence[str]) -> str:
    """Return the path of the comparison of two namespaces; what is given several times is a sequence."""
    return f"{ROOT}/parity{_query(query)}"


def waiver_file(**query: str | Sequence[str]) -> str:
    """Return the path of the file of the waivers that a comparison has."""
    return f"{ROOT}/parity/waivers.yaml{_query(query)}"


def namespace(ns: str) -> str:
    """Return the path of the page of a namespace."""
    return f"{ROOT}/ns/{_segment(ns)}"


def live(ns: str, **about: str) -> str:
    """Return the path of what happens in a namespace. about: thread or run, where the rest does not matter."""
    return f"{namespace(ns)}/live{_query(about)}"


def report(ns: str) -> str:
    """Return the path of what a test should know of a namespace."""
    return f"{namespace(ns)}/report"


def snapshots(ns: str) -> str:
    """Return the path of the snapshots of a namespace."""
    return f"{namespace(ns)}/snapshots"


def snapshot(ns: str, name: str, verb: str) -> str:
    """Return the path of the form that restores or deletes a snapshot."""
    return f"{snapshots(ns)}/{_segment(name)}/{verb}"


def action(ns: str, verb: str) -> str:
    """Return the path of a form that changes a namespace, such as its clock."""
    return f"{namespace(ns)}/{verb}"


def make() -> str:
    """Return the path of the form that makes a namespace."""
    return f"{ROOT}/make"


def threads(ns: str, **query: str) -> str:
    """Return the path of the list of threads."""
    return f"{namespace(ns)}/threads{_query(query)}"


def thread(ns: str, thread_id: str, **query: str) -> str:
    """Return the path of a thread; likewise of a conversation, or of the response that began a chain."""
    return f"{namespace(ns)}/threads/{_segment(thread_id)}{_query(query)}"


def fork(ns: str, thread_id: str) -> str:
    """Return the path that forks a thread."""
    return f"{thread(ns, thread_id)}/fork"


def scenario(ns: str, thread_id: str, **query: str) -> str:
    """Return the path of a thread as a scenario."""
    return f"{thread(ns, thread_id)}/scenario{_query(query)}"


def scenario_file(ns: str, thread_id: str, **query: str) -> str:
    """Return the path at which that scenario is a file."""
    return f"{thread(ns, thread_id)}/scenario/file{_query(query)}"


def export(ns: str, thread_id: str, form: str) -> str:
    """Return the path of the control API at which a thread is a file. form: json, markdown, zip or conversation."""
    return f"{CONTROL_PREFIX}/ns/{_segment(ns)}/threads/{_segment(thread_id)}/export?format={form}"


def files(ns: str, **query: str) -> str:
    """Return the path of the list of files."""
    return f"{namespace(ns)}/files{_query(query)}"


def file(ns: str, file_id: str, *, quote_: str = "", **query: str) -> str:
    """Return the path of a file. quote_: a passage that the page shows and marks."""
    passage = f"?{urlencode({'quote': quote_})}#quote" if quote_ else ""
    return f"{namespace(ns)}/files/{_segment(file_id)}{passage or _query(query)}"


def file_image(ns: str, file_id: str) -> str:
    """Return the path of a file's bytes, if they are an image."""
    return f"{file(ns, file_id)}/image"


def file_download(ns: str, file_id: str) -> str:
    """Return the path at which a file is downloaded."""
    return f"{file(ns, file_id)}/download"


def runs(ns: str, **query: str) -> str:
    """Return the path of the list of runs."""
    return f"{namespace(ns)}/runs{_query(query)}"


def run(ns: str, run_id: str, **query: str) -> str:
    """Return the path of a run, or of a response."""
    return f"{namespace(ns)}/runs/{_segment(run_id)}{_query(query)}"


def run_verb(ns: str, run_id: str, verb: str) -> str:
    """Return the path of the form that moves a run: step, hold, release, cancel or expire."""
    return f"{run(ns, run_id)}/{verb}"


def timeline(ns: str, run_id: str) -> str:
    """Return the path of the picture of a run, which is the control API's."""
    return f"{CONTROL_PREFIX}/ns/{_segment(ns)}/runs/{_segment(run_id)}/timeline.svg"


def run_as_json(ns: str, run_id: str) -> str:
    """Return the path of a run as the control API has it."""
    return f"{CONTROL_PREFIX}/ns/{_segment(ns)}/runs/{_segment(run_id)}"


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


def request(ns: str, request_id: str, **query: str) -> str:
    """Return the path of one request."""
    return f"{namespace(ns)}/requests/{_segment(request_id)}{_query(query)}"


def verification(ns: str, **query: str) -> str:
    """Return the path of the form that compares the request log with what is expected of it."""
    return f"{namespace(ns)}/verification{_query(query)}"


def _segment(name: str) -> str:
    return quote(name, safe="")


def _query(query: Mapping[str, str | Sequence[str]]) -> str:
    given = {name.rstrip("_"): value for name, value in query.items() if value}
    return f"?{urlencode(given, doseq=True)}" if given else ""
