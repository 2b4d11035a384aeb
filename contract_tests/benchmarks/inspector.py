"""The inspector: what its pages weigh, how soon they come out of a large namespace, and what it costs whoever does not look."""

import contextlib
import json
import re
import statistics
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from urllib.parse import urljoin

import httpx
from playwright.sync_api import Browser, Page, sync_playwright

from contract_tests.benchmarks import filling, material, wire
from contract_tests.benchmarks.figures import Figure, Ratio, compare, in_turn
from contract_tests.benchmarks.material import Material
from contract_tests.benchmarks.servers import ROOT, THIS_VERSION, Server, emulator
from contract_tests.benchmarks.start import until_answered
from contract_tests.inspector import browsers
from contract_tests.inspector.stage import KINDS, set_stage
from emulator.domain import inspector_paths as to

FEW = 10
# One page of a list, and a little more: what is drawn is then the same, however much there is behind it.
PAGEFUL = 60
_NS = "default"
_ASSET = re.compile(r'(?:src|href)="(/[^"]+/static/[^"]+)"')
_BLOCK = 10


def pages(inputs: Material, threads: int, messages: int, *, rounds: int, times: int) -> list[Figure]:
    """Measure pages of a namespace of many threads, and of a thread of many messages, over those of few."""
    with contextlib.ExitStack() as stack:
        many, few, pageful = (stack.enter_context(_of_threads(inputs, count)) for count in (threads, FEW, PAGEFUL))
        (long, long_path), (short, short_path) = (
            stack.enter_context(_of_messages(inputs, count)) for count in (messages, PAGEFUL)
        )
        figures = []
        for name, (path, others) in _paths(few, pageful).items():
            sides = [partial(_seconds, server, path, times) for server in (many, others)]
            count = FEW if others is few else PAGEFUL
            what = f"inspector, {name}: {threads:,} threads over {count}"
            figures.append(compare(what, "ms", *in_turn(sides, rounds), aim="≤ 1.5", scale=1e3))
        sides = [partial(_seconds, long, long_path, times), partial(_seconds, short, short_path, times)]
        what = f"inspector, a thread: {messages:,} messages over {PAGEFUL}"
        figures.append(compare(what, "ms", *in_turn(sides, rounds), aim="≤ 1.5", scale=1e3))
        return [*figures, *_drawn(many, few, rounds)]


def _paths(few: Server, pageful: Server) -> dict[str, tuple[str, Server]]:
    """Return the paths of pages, each with the server whose page is as large."""
    return {
        "namespaces": (to.namespaces(), few),
        "namespace": (to.namespace(_NS), few),
        "threads": (to.threads(_NS), pageful),
        "runs": (to.runs(_NS), pageful),
    }


@contextlib.contextmanager
def _of_threads(inputs: Material, count: int) -> Iterator[Server]:
    file = inputs.folder / f"inspected-threads-{count}.sqlite"
    filling.begin(file, inputs.script)
    filling.add_conversations(file, count - 1)
    with emulator(db=file, script=inputs.script) as server:
        yield server


@contextlib.contextmanager
def _of_messages(inputs: Material, count: int) -> Iterator[tuple[Server, str]]:
    file = inputs.folder / f"inspected-messages-{count}.sqlite"
    filling.begin(file, inputs.script)
    thread = filling.add_messages(file, count - 2)
    with emulator(db=file, script=inputs.script) as server:
        yield server, to.thread(_NS, thread.rpartition("/")[2])


def _seconds(server: Server, path: str, times: int) -> float:
    """Return seconds until a page is there, over one connection; a page is sent in one piece."""
    return 1 / wire.run(wire.hammer(server.port, [wire.request("GET", path)], times, 1))


# --- in a browser ----------------------------------------------------------------------------------------------------


def _drawn(many: Server, few: Server, rounds: int) -> list[Figure]:
    """Measure until a list of fifty threads is drawn, over a page without a list."""
    with opened() as browser:
        page = browser.new_page()

        def draw(server: Server, path: str) -> float:
            page.goto(f"{server.url}{path}", wait_until="load")
            took: float = page.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd")
            return took

        sides = [
            partial(draw, many, to.threads(_NS)),
            partial(draw, many, to.keys()),
            partial(draw, few, to.threads(_NS)),
        ]
        in_turn(sides, 3)
        fifty, keys, ten = in_turn(sides, rounds * _BLOCK)
    return [
        compare("inspector, 50 threads drawn in Chromium, over a page without a list", "ms", fifty, keys, block=_BLOCK),
        compare("inspector, 50 of many threads drawn, over 10 of 10", "ms", fifty, ten, block=_BLOCK),
    ]


@contextlib.contextmanager
def opened() -> Iterator[Browser]:
    """Yield a browser. Raises RuntimeError where there is none."""
    with sync_playwright() as playwright:
        try:
            browser = browsers.launch(playwright)
        except browsers.NoBrowserError as error:
            raise RuntimeError(browsers.WHY_NOT) from error
        yield browser
        browser.close()


# --- what an open page follows ---------------------------------------------------------------------------------------


def followed(inputs: Material, *, requests: int, rounds: int) -> list[Figure]:
    """Begin runs as fast as clients can, while a page of the namespace is open, and while none is."""
    with emulator(script=inputs.script) as server, opened() as browser, ThreadPoolExecutor(1) as clients:
        audience = _Audience(server, browser.new_page(), clients, requests)
        in_turn([audience.open, audience.absent], 1)
        audience.counted.clear()
        watched, alone = in_turn([audience.open, audience.absent], rounds)
    each = audience.counted
    rates = [one.published / requests * rate for one, rate in zip(each, watched, strict=True)]
    return [
        Figure(
            "inspector, events and requests that an open page follows", "1/s", statistics.median(rates), aim="≥ 500"
        ),
        Figure("  of which it did not count", "", sum(one.published - one.shown for one in each), aim="0"),
        Figure("  from the last until all are counted", "ms", statistics.median(one.lag for one in each) * 1e3),
        compare("  runs begun meanwhile, over those with no page open", "1/s", watched, alone, aim="≥ 0.9"),
    ]


@dataclass(frozen=True, slots=True)
class _Counted:
    """published: by the server since the page was drawn; shown: by the page; lag: seconds from the last request."""

    published: int
    shown: int
    lag: float


class _Audience:
    """A page of a namespace in a browser, and clients that begin runs there."""

    def __init__(self, server: Server, page: Page, clients: ThreadPoolExecutor, requests: int) -> None:
        self._server = server
        self._page = page
        self._clients = clients
        self._requests = requests
        self._run = _run_request(server)
        self.counted: list[_Counted] = []

    def open(self) -> float:
        """Return runs per second while the page is open."""
        page = self._page
        page.goto(f"{self._server.url}{to.namespace(_NS)}")
        live = page.locator("#live").get_attribute("hx-sse:connect")
        self._load(1)
        self._shown(1)  # now it follows
        rate = self._load(self._requests)
        ended = time.perf_counter()
        published = _published(f"{self._server.url}{live}")
        shown = self._shown(published)
        self.counted.append(_Counted(published, shown, time.perf_counter() - ended))
        return rate

    def absent(self) -> float:
        """Return runs per second while nobody looks."""
        self._page.goto("about:blank")
        return self._load(self._requests)

    def _shown(self, at_least: int) -> int:
        """Return how much the page has counted, as soon as that is enough, or after a while."""
        deadline = time.perf_counter() + _PATIENCE
        while (shown := int(self._page.evaluate(_SHOWN))) < at_least and time.perf_counter() < deadline:
            self._page.wait_for_timeout(10)
        return shown

    def _load(self, times: int) -> float:
        # On a thread: that of Playwright has a loop of its own.
        load = wire.hammer(self._server.port, [self._run], times, min(times, _CONNECTIONS))
        return self._clients.submit(wire.run, load).result()


_CONNECTIONS = 4
_PATIENCE = 20.0
_SHOWN = "Number(document.getElementById('news').dataset.count ?? 0)"


def _run_request(server: Server) -> bytes:
    with material.client(server) as http:
        assistant = http.post("/v1/assistants", json=material.ASSISTANT).json()["id"]
    thread = {"messages": [{"role": "user", "content": material.QUESTION}]}
    return wire.request("POST", "/v1/threads/runs", {"assistant_id": assistant, "thread": thread})


def _published(live: str) -> int:
    """Return how much the server counts behind the place where a live stream begins."""
    with httpx.stream("GET", live, trust_env=False, timeout=30) as answer:
        for line in answer.iter_lines():
            if line.startswith("data: "):
                happened = json.loads(line.removeprefix("data: "))
                return int(happened["events"] + happened["requests"])
    raise RuntimeError("the live stream ended before it said anything")


# --- bytes -----------------------------------------------------------------------------------------------------------


def weights() -> list[Figure]:
    """Count the bytes of each kind of page, with what it loads, at a first visit and at later ones."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        with set_stage() as stage, httpx.Client(trust_env=False, headers={"accept": "text/html"}) as http:
            return [_weight(http, name, stage.pages[name]) for name in KINDS if name != "missing"]


def _weight(http: httpx.Client, name: str, url: str) -> Figure:
    html = http.get(url)
    files = sum(len(http.get(urljoin(url, address)).content) for address in set(_ASSET.findall(html.text)))
    later = len(html.content) / 1000
    first = later + files / 1000
    return Figure(
        f"inspector, {name}: first visit over later ones", "kB", first, Ratio(later, *[first / later] * 3), aim="≤ 150"
    )


# --- the start -------------------------------------------------------------------------------------------------------

_PACKAGE = "emulator.control.inspector"
_SERVE = "from emulator.cli import main; main()"
# As if the package had not these files: whoever imported one would fail.
_WITHOUT = "import sys; sys.modules.update(dict.fromkeys({names!r})); " + _SERVE
_LOADED = """
import json, sys, urllib.request
from emulator import LiveServer
with LiveServer() as server:
    headers = {"authorization": "Bearer sk-emu-a", "openai-beta": "assistants=v2"}
    urllib.request.urlopen(urllib.request.Request(server.base_url + "/threads", method="POST", headers=headers)).read()
    print(json.dumps([*sys.modules]))
"""


def start(rounds: int) -> list[Figure]:
    """Start with the inspector's files, and as if there were none; count what is loaded of it before it is opened."""
    in_front = [name for name in _modules() if name.startswith(f"{_PACKAGE}.")]  # they look at paths and cookies
    names = [name for name in _all_modules() if name not in in_front]
    programs = (_SERVE, _WITHOUT.format(names=names))
    sides = [partial(until_answered, THIS_VERSION, "-c", program, "serve", "--port") for program in programs]
    in_turn(sides, 1)
    what = "start to first answer, over one without the inspector's files"
    loaded = [name for name in _modules() if name.startswith((f"{_PACKAGE}.pages", f"{_PACKAGE}.site", "jinja2"))]
    return [
        compare(what, "ms", *in_turn(sides, rounds), aim="≤ 1.05", scale=1e3),
        Figure(
            "  its pages and Jinja2 among the modules that are loaded before it is opened", "", len(loaded), aim="0"
        ),
        Figure("  modules that stand in front of it", "", len(in_front)),
    ]


def _modules() -> list[str]:
    done = subprocess.run([sys.executable, "-c", _LOADED], cwd=ROOT, capture_output=True, text=True, check=True)
    found: list[str] = json.loads(done.stdout)
    return found


def _all_modules() -> list[str]:
    folder = ROOT / _PACKAGE.replace(".", "/")
    files = [file.relative_to(folder).with_suffix("") for file in folder.rglob("*.py") if file.stem != "__init__"]
    return [f"{_PACKAGE}.{'.'.join(file.parts)}" for file in files]
