"""How pages look: whole on small screens, readable in light and dark and on paper, without a violation that axe finds."""

import re

import pytest

from emulator import LiveServer, Settings
from emulator.domain import inspector_paths as to

LONG = "a-name-that-is-as-long-as-names-may-be-" + "x" * 25
HOSTILE = "<script>alert(1)</script>\u202eevil " + "unbroken" * 200
# The first page, each page of a namespace, and those that stand alone.
PAGES = [
    "/",
    to.namespace(LONG),
    to.threads(LONG),
    "thread",
    to.runs(LONG),
    "run",
    to.scripts(LONG),
    to.requests(LONG),
    to.parity(),
    to.keys(),
    to.namespace("nobody-has-made-it"),
    to.run(LONG, "run_" + "y" * 300),
]
SCHEMES = ["light", "dark"]


@pytest.fixture(scope="module")
def filled():
    """A server with a namespace of the longest name, whose texts are as long and as strange as texts may be."""
    assert len(LONG) == 64
    with LiveServer(Settings(clock="auto")) as server:
        client = server.namespace(LONG).client()
        assistant = client.beta.assistants.create(model="gpt-4o", instructions=HOSTILE, metadata={"k" * 64: "v" * 512})
        thread = client.beta.threads.create(messages=[{"role": "user", "content": HOSTILE}], metadata={"m": "v" * 512})
        run = client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
        yield server, {"thread": to.thread(LONG, thread.id), "run": to.run(LONG, run.id)}


def address(filled, page):
    server, made = filled
    return server.url + made.get(page, page)


def widths(page):
    """Return how wide a page is, and its window."""
    return page.evaluate("[document.documentElement.scrollWidth, innerWidth]")


def test_every_page_fits_a_small_screen(filled, open_page):
    page = open_page(viewport={"width": 320, "height": 640})
    wide = {}
    for path in PAGES:
        page.goto(address(filled, path))
        width, window = widths(page)
        wide |= {path: width} if width > window else {}
    assert wide == {}


@pytest.mark.parametrize("scheme", SCHEMES)
def test_pages_that_stand_alone_are_accessible(filled, open_page, violations, scheme):
    page = open_page(viewport={"width": 1280, "height": 900}, color_scheme=scheme)
    for path in (to.keys(), to.namespace("nobody-has-made-it"), to.run(LONG, "run_" + "y" * 300)):
        page.goto(address(filled, path))
        assert violations(page) == [], path


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_login_is_accessible_and_fits_a_small_screen(open_page, violations, scheme):
    with LiveServer(Settings(control_token="open sesame")) as server:
        page = open_page(viewport={"width": 320, "height": 640}, color_scheme=scheme)
        page.goto(f"{server.url}/")
        page.wait_for_url("**/_emulator/inspector/login?next=*")
        assert (violations(page), widths(page)) == ([], [320, 320])
        page.get_by_label("Control token").fill("wrong")
        page.get_by_role("button", name="Log in").click()
        page.get_by_role("alert").wait_for()
        assert (violations(page), widths(page)) == ([], [320, 320])
        page.get_by_label("Control token").fill("open sesame")
        page.get_by_role("button", name="Log in").click()
        page.get_by_text("You are logged in.").wait_for()
        assert (violations(page), widths(page)) == ([], [320, 320])
        page.get_by_role("button", name="Log out").click()
        page.get_by_text("You are logged out.").wait_for()


# What the pages are made of, with each badge that the style sheet has.
BADGES = (
    "['queued', 'in-progress', 'requires-action', 'cancelling', 'cancelled', 'failed', 'completed', 'incomplete',"
    " 'expired'].map(one => ['status-' + one, one]).concat(['1xx', '2xx', '3xx', '4xx', '5xx'].map("
    "one => ['http-' + one, one])).concat(['good', 'busy', 'wait', 'bad', 'odd', 'plain'].map("
    "one => ['tone-' + one, one]))"
)
SAMPLES = """
<h2>Words of the style sheet</h2><p id="badges"></p>
<div class="refused"><p>refused</p></div><div class="notice"><p>notice</p></div><p class="empty">empty</p>
<p class="quiet">quiet</p><p class="diff"><del>old</del> <ins>new</ins></p>
<div class="actions"><button class="primary">do</button><button class="danger">delete</button><button>more</button></div>
<div class="toolbar"><div class="field"><label for="q">Search</label><input id="q" type="search" placeholder="id"></div></div>
<article class="message user"><header><h3>user</h3></header><div class="text"><p>Hello <code>code</code></p></div></article>
<article class="message assistant"><header><h3>assistant</h3></header><blockquote>quoted</blockquote></article>
<div class="scroll" tabindex="0" role="group" aria-label="Rows"><table class="list"><thead><tr><th scope="col">id</th></tr>
</thead><tbody><tr class="selected"><td><a href="#page"><code>run_1</code></a> <span class="quiet">now</span></td></tr>
</tbody></table></div>
"""


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_badge_and_every_word_of_the_style_sheet_has_enough_contrast(filled, open_page, violations, scheme):
    page = open_page(viewport={"width": 1280, "height": 900}, color_scheme=scheme)
    page.goto(f"{filled[0].url}{to.keys()}")
    page.evaluate("html => document.getElementById('page').insertAdjacentHTML('beforeend', html)", SAMPLES)
    page.evaluate(
        f"for (const [name, text] of {BADGES}) document.getElementById('badges').append("
        "Object.assign(document.createElement('span'), {className: `badge ${name}`, textContent: text}), ' ')"
    )
    assert violations(page) == []
    # axe leaves out what it cannot tell; of a badge it can.
    colors = page.evaluate(
        "[...document.querySelectorAll('.badge')].map(one => [one.className, getComputedStyle(one).color,"
        " getComputedStyle(one).backgroundColor])"
    )
    assert {name: contrast(ink, paper) for name, ink, paper in colors if contrast(ink, paper) < 4.5} == {}


def contrast(one, other):
    """Return the contrast of two colors, written as `rgb(…)`, as the guidelines for accessibility count it."""
    brighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def luminance(color):
    parts = [int(part) / 255 for part in color.removeprefix("rgb(").removesuffix(")").split(", ")]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def paper(page):
    return page.evaluate("getComputedStyle(document.body).backgroundColor")


def test_the_theme_follows_the_system_until_one_is_chosen(filled, open_page):
    page = open_page(color_scheme="dark")
    page.goto(f"{filled[0].url}/")
    dark = paper(page)
    page.emulate_media(color_scheme="light")
    light = paper(page)
    assert dark != light
    page.get_by_label("Theme").select_option("dark")
    assert paper(page) == dark
    page.reload()
    assert (paper(page), page.get_by_label("Theme").input_value()) == (dark, "dark")
    page.get_by_label("Theme").select_option("system")
    assert paper(page) == light
    page.reload()
    assert (paper(page), page.get_by_label("Theme").input_value()) == (light, "system")


def test_a_chosen_theme_is_there_before_anything_is_drawn(filled, open_page):
    page = open_page(color_scheme="light")
    page.goto(f"{filled[0].url}/")
    page.get_by_label("Theme").select_option("dark")
    # No script that waits for the page can set it here.
    page.route(re.compile("/(inspector|keys).js$"), lambda route: route.abort())
    page.reload()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_paper_has_the_page_and_not_its_bar(filled, page):
    page.goto(address(filled, "run"))
    page.emulate_media(media="print")
    assert not page.get_by_role("navigation", name="Namespace").is_visible()
    assert not page.get_by_label("Theme").is_visible()
    assert page.get_by_role("heading", level=1).is_visible()


def test_with_few_colors_and_without_motion_pages_stay_whole(filled, page, violations):
    page.emulate_media(forced_colors="active", reduced_motion="reduce")
    page.goto(f"{filled[0].url}{to.runs(LONG)}")
    assert page.get_by_role("link", name="Runs").evaluate("one => getComputedStyle(one).borderBottomStyle") == "solid"
    assert violations(page) == []


def test_a_tab_is_marked_on_its_page_and_on_those_below(filled, page):
    def marked():
        return [
            (one.inner_text(), one.get_attribute("aria-current"))
            for one in page.locator("nav[aria-label=Namespace] [aria-current]").all()
        ]

    page.goto(f"{filled[0].url}{to.namespace(LONG)}")
    assert marked() == [("Overview", "page")]
    page.goto(f"{filled[0].url}{to.runs(LONG, status='failed')}")
    assert marked() == [("Runs", "page")]
    page.goto(address(filled, "run"))
    assert marked() == [("Runs", "true")]
    page.goto(address(filled, "thread"))
    assert marked() == [("Threads", "true")]
