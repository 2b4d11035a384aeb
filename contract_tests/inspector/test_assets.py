"""Each page finds its template and its files in the package, in the checkout as well as in the wheel; and no link is dead."""

import html
import re
from collections import Counter
from urllib.parse import urljoin, urlsplit

import pytest

from contract_tests.inspector.stage import PAGES

ASSET = re.compile(r'(?:src|href)="(/[^"]+/static/[^"]+)"')
LINK = re.compile(r'<a [^>]*href="([^"#]*)')
FORM = re.compile(r"<form\b.*?</form>", re.DOTALL)
TYPES = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
IDS = re.compile(r"[a-z]+[_-](?=\w*\d)\w{16,}")
OF_A_SHAPE = 4


def read(http, url):
    return http.get(url, headers={"accept": "text/html,*/*;q=0.8"})


@pytest.mark.parametrize("name", PAGES)
def test_what_a_page_loads_is_there_and_is_loaded_once(stage, http, name):
    page = read(http, stage.pages[name])
    assert page.headers["content-type"].startswith("text/html")
    assets = set(ASSET.findall(page.text))
    assert assets
    for address in assets:
        asset = http.get(urljoin(stage.pages[name], address))
        assert asset.status_code == 200
        assert asset.headers["content-type"].startswith(TYPES[address.rpartition(".")[2]])
        assert "immutable" in asset.headers["cache-control"]


@pytest.mark.parametrize("name", PAGES)
def test_each_form_works_without_javascript(stage, http, name):
    for form in FORM.findall(read(http, stage.pages[name]).text):
        assert re.search(r"<button(?![^>]*type=\"button\")|<input[^>]*type=\"submit\"", form), form
        if 'method="post"' in form.partition(">")[0]:
            assert re.search(r'<input[^>]*name="forgery"', form), form


def test_each_link_leads_to_a_page(stage, http):
    begin = f"{stage.server.url}/"
    seen, dead, waiting = Counter(), [], [begin]
    while waiting:
        url = waiting.pop()
        seen[shape(url)] += 1
        if seen[shape(url)] > OF_A_SHAPE:
            continue
        answer = read(http, url)
        if answer.status_code != 200:
            dead.append(f"{answer.status_code} {url}")
        links = LINK.findall(answer.text) if answer.headers["content-type"].startswith("text/html") else []
        here = {urljoin(url, html.unescape(link)) for link in links}
        waiting += sorted(
            one for one in here if urlsplit(one).netloc == urlsplit(begin).netloc and not seen[shape(one)]
        )
    assert dead == []


def shape(url):
    """Return an address without what names one thing among others of its kind: its namespace, ids, and what is chosen."""
    parts = urlsplit(url)
    path = IDS.sub("*", re.sub("/ns/[^/]+", "/ns/*", parts.path))
    return path, *sorted(name.partition("=")[0] for name in parts.query.split("&"))


def test_whoever_looks_at_all_pages_moves_and_counts_nothing(stage, http):
    def state():
        namespaces = [stage.server.namespace(name) for name in ("weather", "posts", "tutor", "hostile")]
        return [
            (len(one.requests), one.clock.now, [(run.id, run.timeline, run.waits_for) for run in one.runs])
            for one in namespaces
        ]

    before = state()
    for url in stage.pages.values():
        read(http, url)
    assert state() == before
