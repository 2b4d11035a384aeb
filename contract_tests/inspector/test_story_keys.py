"""Keys and small behaviors, in a real browser: on the layout of all pages, with a content that a test makes up."""

import re

import pytest

from emulator import LiveServer, Settings
from emulator.domain import inspector_paths as to

ROWS = """
<div class="scroll"><table class="list"><thead><tr><th>id</th></tr></thead><tbody id="rows">
<tr><td><a href="?row=1">one</a></td></tr><tr><td><a href="?row=2">two</a></td></tr>
</tbody></table></div>
<div class="toolbar"><div class="field"><label for="q">Search</label><input id="q" type="search"></div></div>
"""
REGION = (
    """
<div id="live" hidden></div>
<section id="state" data-refreshed hx-get="{here}" hx-trigger="changed from:#live throttle:500ms, refresh"
 hx-select="#state" hx-swap="outerMorph">
<p id="count">drawn {times} times</p><p id="long">A text to select.</p>
<details id="more"><summary>More</summary><p>inside</p></details>
<button id="held" type="button">held</button><label for="typed">Typed</label><input id="typed">
</section>
"""
    + "<p>a line of a long page</p>" * 100
)


@pytest.fixture(scope="module")
def server():
    with LiveServer(Settings(clock="auto")) as running:
        running.namespace("orders").configure(seed=1)
        yield running


@pytest.fixture
def show(server):
    """Return a function that shows the layout with another content. content: HTML, or a function of how often."""

    def show_in(page, content, status=200):
        times = [0]

        def answer(route):
            times[0] += 1
            real = route.fetch(url=f"{server.url}{to.keys()}", method="GET")
            made = content(times[0]) if callable(content) else content
            body = re.sub(r"(?s)(<h1>.*?</h1>).*?</main>", lambda found: f"{found[1]}{made}</main>", real.text())
            route.fulfill(response=real, body=body, status=status)

        page.route(re.compile(re.escape(to.keys()) + r"(\?.*)?$"), answer)
        page.goto(f"{server.url}{to.keys()}")
        return times

    return show_in


def focused(page):
    return page.evaluate("document.activeElement.textContent.trim() || document.activeElement.id")


def test_j_and_k_go_through_rows_and_enter_opens_one(page, show):
    show(page, ROWS)
    page.keyboard.press("j")
    assert focused(page) == "one"
    page.keyboard.press("j")
    assert focused(page) == "two"
    page.keyboard.press("j")
    assert focused(page) == "two"
    page.evaluate("document.getElementById('rows').insertAdjacentHTML('beforeend', '<tr><td><a href=x>three</a></tr>')")
    page.keyboard.press("j")
    assert focused(page) == "three"
    page.keyboard.press("k")
    page.keyboard.press("k")
    assert focused(page) == "one"
    page.keyboard.press("Enter")
    page.wait_for_url("**?row=1")


def test_rows_may_be_anything_that_a_page_marks(page, show):
    show(
        page,
        '<ul><li data-row>no link</li><li data-row hidden>hidden</li><li data-row><a href="#x">a link</a></li></ul>',
    )
    for expected in ("no link", "a link", "a link"):
        page.keyboard.press("j")
        assert focused(page) == expected


def test_a_slash_goes_to_the_search_where_keys_are_text_and_escape_leaves_it(page, show):
    show(page, ROWS)
    page.keyboard.press("/")
    assert focused(page) == "q"
    page.keyboard.type("jk?gr/")
    assert page.get_by_label("Search").input_value() == "jk?gr/"
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    assert focused(page) == "one"


def test_keys_of_the_browser_and_of_the_system_stay_theirs(page, show):
    show(page, ROWS)
    for key in ("Control+j", "Alt+j", "Meta+j"):
        page.keyboard.press(key)
    assert focused(page) != "one"


def test_g_and_a_letter_go_to_the_tabs(page, server):
    page.goto(f"{server.url}{to.namespace('orders')}")
    for letter, path in {
        "t": to.threads("orders"),
        "r": to.runs("orders"),
        "s": to.scripts("orders"),
        "q": to.requests("orders"),
        "o": to.namespace("orders"),
        "n": to.namespaces(),
        "p": to.parity(),
    }.items():
        page.keyboard.press("g")
        page.keyboard.press(letter)
        page.wait_for_url(f"**{path}")
        if letter == "n":
            page.get_by_role("link", name="orders").first.wait_for()


def test_a_question_mark_shows_the_keys_and_escape_closes_them(page, server, violations):
    page.goto(f"{server.url}{to.namespace('orders')}")
    dialog = page.get_by_role("dialog", name="Keys")
    page.keyboard.press("?")
    dialog.wait_for()
    assert violations(page) == []
    page.keyboard.press("g")
    page.keyboard.press("t")
    assert page.url.endswith("/ns/orders")
    page.keyboard.press("Escape")
    dialog.wait_for(state="hidden")
    page.get_by_role("link", name="Keys").click()
    dialog.wait_for()
    dialog.get_by_role("button", name="Close").click()
    dialog.wait_for(state="hidden")


def test_keys_can_be_switched_off_for_good(page, show):
    show(page, ROWS)
    page.keyboard.press("?")
    page.get_by_label("Keys are on").uncheck()
    page.keyboard.press("Escape")
    page.reload()
    page.keyboard.press("j")
    assert focused(page) != "one"
    page.get_by_role("link", name="Keys").click()
    page.get_by_label("Keys are on").check()
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    assert focused(page) == "one"


def test_without_scripts_the_keys_are_a_page_and_nothing_is_offered_that_would_not_work(open_page, server):
    page = open_page(java_script_enabled=False)
    page.goto(f"{server.url}/")
    assert not page.get_by_label("Theme").is_visible()
    page.get_by_role("link", name="Keys").click()
    page.get_by_role("heading", name="Keys", level=1).wait_for()
    page.get_by_text("next and previous row").first.wait_for()


def test_without_scripts_who_has_the_token_logs_in_and_out(open_page):
    with LiveServer(Settings(control_token="open sesame")) as server:
        page = open_page(java_script_enabled=False)
        page.goto(f"{server.url}{to.parity()}")
        page.get_by_label("Control token").fill("open sesame")
        page.get_by_role("button", name="Log in").click()
        page.get_by_text("You are logged in.").wait_for()
        assert page.url == f"{server.url}{to.parity()}"
        page.get_by_role("button", name="Log out").click()
        page.get_by_text("You are logged out.").wait_for()


# --- copying ---------------------------------------------------------------------------------------------------------

COPIES = """
<button type="button" data-copy="curl &lt;here&gt;">Copy</button>
<pre id="source"><code>a: 1</code></pre><button type="button" data-copy-from="source">Copy source</button>
"""


def test_a_button_copies_and_says_so(open_page, show):
    page = open_page(permissions=["clipboard-read", "clipboard-write"])
    show(page, COPIES)
    page.get_by_role("button", name="Copy", exact=True).click()
    page.get_by_role("status").get_by_text("Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == "curl <here>"
    page.get_by_role("button", name="Copy source").click()
    page.get_by_role("status").get_by_text("Copied").wait_for()
    page.wait_for_function("async () => await navigator.clipboard.readText() === 'a: 1'")
    page.get_by_role("button", name="Copy source").wait_for()


def test_where_a_browser_has_no_clipboard_for_pages_the_selection_is_copied(open_page, show):
    page = open_page(permissions=["clipboard-read"])
    page.add_init_script("navigator.clipboard.writeText = () => Promise.reject(new Error('not here'))")
    show(page, COPIES)
    page.get_by_role("button", name="Copy", exact=True).click()
    page.get_by_role("status").get_by_text("Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == "curl <here>"


# --- questions before something is lost -------------------------------------------------------------------------------


@pytest.mark.parametrize("enhanced", ["", 'hx-post="/_emulator/inspector/nowhere" hx-target="#page" hx-select="#page"'])
def test_a_form_that_loses_something_asks_first(page, show, server, violations, enhanced):
    show(
        page,
        f'<form method="post" action="/_emulator/inspector/nowhere" data-confirm="Delete orders and all it has?"'
        f' {enhanced}><button class="danger">Delete</button></form>',
    )
    sent = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    dialog = page.get_by_role("dialog", name="Delete orders and all it has?")
    page.get_by_role("button", name="Delete").click()
    dialog.wait_for()
    assert violations(page) == []
    assert focused(page) == "Cancel"
    page.keyboard.press("Escape")
    dialog.wait_for(state="hidden")
    page.get_by_role("button", name="Delete").click()
    dialog.get_by_role("button", name="Cancel").click()
    dialog.wait_for(state="hidden")
    assert sent == []
    page.get_by_role("button", name="Delete").click()
    with page.expect_response(lambda response: response.request.method == "POST"):
        dialog.get_by_role("button", name="Delete").click()
    page.wait_for_load_state()
    assert len(sent) == 1


# --- regions that are drawn anew in place --------------------------------------------------------------------------------


def region(server):
    return lambda times: REGION.format(here=to.keys(), times=times)


def changed(page):
    page.evaluate("htmx.trigger('#live', 'changed')")


def drawn(page, times):
    page.locator("#count").get_by_text(f"drawn {times} times").wait_for()


def test_what_is_drawn_anew_keeps_what_is_open_focused_and_scrolled(page, show, server):
    show(page, region(server))
    page.get_by_text("More").click()
    page.evaluate("scrollTo(0, 500)")
    page.locator("#held").evaluate("one => one.focus({preventScroll: true})")
    changed(page)
    drawn(page, 2)
    assert page.get_by_text("inside").is_visible()
    assert (focused(page), page.evaluate("scrollY")) == ("held", 500)
    changed(page)
    drawn(page, 3)
    assert page.get_by_text("inside").is_visible()


def test_a_region_waits_while_a_text_in_it_is_selected(page, show, server):
    times = show(page, region(server))
    page.evaluate("getSelection().selectAllChildren(document.getElementById('long'))")
    changed(page)
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert times == [1]
    assert page.evaluate("getSelection().toString()") == "A text to select."
    page.evaluate("getSelection().removeAllRanges()")
    drawn(page, 2)


def test_a_region_waits_while_somebody_types_in_it(page, show, server):
    times = show(page, region(server))
    page.get_by_label("Typed").fill("half a wo")
    changed(page)
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert times == [1]
    page.locator("#held").focus()
    drawn(page, 2)
    assert page.get_by_label("Typed").input_value() == "half a wo"


def test_a_region_whose_page_has_gone_shows_what_was_there_last(page, show, server):
    show(page, region(server))
    page.unroute_all()
    page.route("**/keys", lambda route: route.fulfill(status=404, content_type="text/html", body="<p>gone</p>"))
    with page.expect_response("**/keys"):
        changed(page)
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert page.get_by_text("A text to select.").is_visible()


# --- refusals ---------------------------------------------------------------------------------------------------------

FORM = """
<form method="post" action="{to}" hx-post="{to}" hx-target="#page" hx-select="#page" hx-swap="outerMorph">
<input type="hidden" name="forgery" value="{token}"><label for="text">Text</label><input id="text" name="text">
<button>Send</button></form>
"""


@pytest.mark.parametrize(
    "answer, said",
    [
        (None, "load it again"),
        ({"status": 403, "json": {"error": {"message": "Web pages may not drive the emulator."}}}, "may not drive"),
        ({"status": 500, "content_type": "text/plain", "body": "?"}, "something that is no page"),
    ],
)
def test_a_refusal_is_shown_beside_what_was_typed(page, show, violations, answer, said):
    show(page, FORM.format(to=to.logout(), token="stale"))
    # The page sends its token as a header, too.
    page.evaluate("document.body.removeAttribute('hx-headers:inherited')")
    if answer:
        page.route(f"**{to.logout()}", lambda route: route.fulfill(**answer))
    page.get_by_label("Text").fill("typed")
    page.get_by_role("button", name="Send").click()
    page.locator("#notice.refused").get_by_text(said).wait_for()
    assert page.get_by_label("Text").input_value() == "typed"
    assert violations(page) == []


def test_a_server_that_has_gone_is_said_beside_what_was_typed(page, show):
    show(page, FORM.format(to=to.logout(), token="stale"))
    page.route(f"**{to.logout()}", lambda route: route.abort())
    page.evaluate("console.error = () => {}")  # htmx notes it there, as it should
    page.get_by_label("Text").fill("typed")
    page.get_by_role("button", name="Send").click()
    page.locator("#notice.refused").get_by_text("The server does not answer.").wait_for()
    assert page.get_by_label("Text").input_value() == "typed"
