"""Each page of the inspector in a browser: accessible, in light and dark, on narrow screens, without JavaScript, and to itself."""

import pytest

from contract_tests.inspector.stage import HOSTILE_PAGES, KINDS, PAGES

# What a page holds for whoever reads it; scripts may add buttons to it.
OUTLINE = """() => ({
    headings: [...document.querySelectorAll("h1, h2, h3")].map((one) => one.textContent.trim()),
    rows: document.querySelectorAll("main tr").length,
    links: document.querySelectorAll("main a[href]").length,
})"""
# What a page must not have been given by the texts that it shows.
HARM = """() => [
    ...document.querySelectorAll("main script, main iframe, main object, main embed, main base, main style"),
    ...[...document.querySelectorAll("main *")].filter((one) =>
        [...one.attributes].some(({ name, value }) =>
            name.startsWith("on") || name === "style" || /^(javascript|data|vbscript):/i.test(value.trim()))),
    ...document.querySelectorAll("main [src^='http']"),
    ...document.querySelectorAll("main a[href^='http']:not([rel~='noreferrer'][rel~='noopener'])"),
].map((one) => one.outerHTML)"""


# What is otherwise in the dark, or on a small screen.
LOOKS = ("color-contrast", "link-in-text-block", "scrollable-region-focusable", "target-size")


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_accessible_in_light_and_dark_and_fits_a_narrow_screen(stage, open_page, violations, name):
    page = open_page(viewport={"width": 1280, "height": 900}, color_scheme="light")
    page.goto(stage.pages[name])
    assert page.locator("h1").count() == 1
    assert violations(page) == []
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": 360, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    # Colors do not depend on the width, so one look is enough for both.
    assert violations(page, *LOOKS) == []


@pytest.mark.parametrize("name", KINDS)
def test_a_page_says_the_same_without_javascript(stage, open_page, name):
    with_scripts, without = open_page(), open_page(java_script_enabled=False)
    for page in (with_scripts, without):
        page.goto(stage.pages[name])
    assert outline(without) == outline(with_scripts)


def outline(page):
    # Also where pages may run no script, a debugger may.
    return page.context.new_cdp_session(page).send(
        "Runtime.evaluate", {"expression": f"({OUTLINE})()", "returnByValue": True}
    )["result"]["value"]


@pytest.mark.parametrize("name", HOSTILE_PAGES)
def test_a_page_shows_what_would_harm_it_as_text(stage, open_page, violations, name):
    page = open_page(viewport={"width": 360, "height": 740})
    page.goto(stage.hostile[name])
    assert page.evaluate(HARM) == []
    assert "taken" not in page.title()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert violations(page) == []
