"""Whoever ports a program finds the bug of the port, waives what is meant, and takes the waivers along."""

import pytest

from contract_tests.inspector.ported_library import SCENARIO, port, program
from emulator import LiveServer, Settings, parity
from emulator.harness.waiver_files import read_waivers

THEMES = ("light", "dark")


@pytest.fixture(scope="module")
def ported():
    """A server with a program and a port that forgets its instructions, and takes another temperature on purpose."""
    with LiveServer(Settings(clock="auto"), script=SCENARIO) as server:
        before, after = server.namespace("library"), server.namespace("library-port")
        program(before.client())
        port(after.client(), temperature=0.4, forgets=True)
        yield server


def seen_in_both(page, violations):
    for theme in THEMES:
        page.emulate_media(color_scheme=theme)
        assert violations(page) == []
    page.emulate_media(color_scheme="light")


def counts(page, text):
    """Return the sentence of counts above the dialogues; the report has it, too."""
    return page.locator("#page section > p", has_text=text)


def choose(page, server):
    page.goto(f"{server.url}/")
    page.get_by_role("link", name="Parity").click()
    page.get_by_label("Before: the program").select_option("library")
    page.get_by_label("After: its port").select_option("library-port")
    page.get_by_role("button", name="Compare").click()
    page.get_by_role("heading", name="The port does something else").wait_for()


def difference(page, words):
    return page.locator("tbody.difference").filter(has_text=words)


def waive(page, words, reason, where):
    one = difference(page, words).first
    one.locator("summary").click()
    one.get_by_label("Why it is meant").fill(reason)
    one.get_by_label("Where").select_option(where)
    one.get_by_role("button", name="Waive").click()
    page.get_by_text(f"Waived: {reason}").first.wait_for()


def test_a_person_finds_the_bug_waives_the_rest_and_copies_the_file(open_page, violations, ported, tmp_path):
    page = open_page(permissions=["clipboard-read", "clipboard-write"], viewport={"width": 1280, "height": 900})
    choose(page, ported)
    seen_in_both(page, violations)
    bug = difference(page, "the model no longer sees the instructions")
    assert bug.count() == 1
    assert bug.locator("del").text_content() == "Be a librarian."

    waive(page, "temperature is 0.4", "The new model has another scale.", "everywhere")
    assert counts(page, "1 difference (1 seen), 2 waived").is_visible()
    assert difference(page, "temperature is 0.4").count() == 0
    assert bug.count() == 1
    seen_in_both(page, violations)

    address = page.url
    other = page.context.new_page()
    other.goto(address)  # the page can be pasted, waivers and all
    assert counts(other, "1 difference (1 seen), 2 waived").is_visible()
    other.close()

    page.get_by_text("As a file of waivers").click()
    page.get_by_role("button", name="Copy the file").click()
    page.get_by_role("button", name="Copied").wait_for()
    file = tmp_path / "waivers.yaml"
    file.write_text(page.evaluate("navigator.clipboard.readText()"), "utf-8")
    assert [waiver.field for waiver in read_waivers(file)] == ["temperature"]
    found = parity(f"library@{ported.url}", f"library-port@{ported.url}", waivers=file)
    assert [one.field for one in found.failures] == ["instructions"]

    with page.expect_download() as download:
        page.get_by_role("link", name="Download waivers.yaml").click()
    assert download.value.path().read_text("utf-8") == file.read_text("utf-8")

    page.get_by_role("link", name="Remove").click()
    counts(page, "3 differences (3 seen), 0 waived").wait_for()
    page.go_back()
    counts(page, "1 difference (1 seen), 2 waived").wait_for()


def test_a_person_sees_what_was_taken_for_equal_and_goes_on_to_the_run(page, violations, ported):
    choose(page, ported)
    page.get_by_label("Show what is equal").check()
    page.get_by_role("button", name="Compare").click()
    page.get_by_text("by the rule “truncation”").first.wait_for()
    seen_in_both(page, violations)
    page.locator("table.compare a[href*='/runs/run_']").first.click()
    page.wait_for_url("**/ns/library/runs/run_*")


def test_it_reads_and_waives_without_scripts_on_a_narrow_screen(open_page, ported):
    page = open_page(java_script_enabled=False, viewport={"width": 380, "height": 800})
    choose(page, ported)
    waive(page, "temperature is 0.4", "on purpose", "everywhere")
    assert counts(page, "1 difference (1 seen), 2 waived").is_visible()
