"""Somebody makes a namespace, keeps what is in it, and throws it away."""

import pytest

from emulator import LiveServer, Settings
from emulator.domain import inspector_paths as to


@pytest.fixture
def server():
    with LiveServer(Settings(clock="auto")) as running:
        yield running


def test_a_namespace_is_made_saved_emptied_restored_and_deleted(server, page, violations):
    page.goto(f"{server.url}/")
    page.get_by_text("There is no namespace yet").wait_for()
    assert violations(page) == []
    page.get_by_label("Name", exact=True).last.fill("orders")
    page.get_by_text("Seed, wire, clock and pace").click()
    page.get_by_label("Seed of ids and chance").fill("7")
    page.get_by_role("button", name="Make").click()
    page.wait_for_url(f"**{to.namespace('orders')}")
    page.get_by_text("The namespace orders is there.").wait_for()
    page.get_by_text("Nothing has happened here yet.").wait_for()
    assert violations(page) == []
    server.namespace("orders").client().beta.threads.create()

    page.get_by_role("link", name="Snapshots").click()
    page.get_by_label("Name", exact=True).fill("one-thread")
    page.get_by_role("button", name="Save a snapshot").click()
    page.get_by_text("The snapshot one-thread of orders is saved.").wait_for()
    page.get_by_role("cell", name="1 thread").wait_for()
    assert violations(page) == []

    page.get_by_role("link", name="Overview").click()
    page.get_by_role("button", name="Reset").click()
    page.get_by_role("dialog").get_by_role("button", name="Reset").click()
    page.get_by_text("The namespace orders is empty again").wait_for()
    page.get_by_role("link", name="0 threads").wait_for()

    page.get_by_role("link", name="Snapshots").click()
    page.get_by_role("button", name="Restore one-thread").click()
    page.get_by_role("dialog").get_by_role("button", name="Restore").click()
    page.wait_for_url(f"**{to.namespace('orders')}")
    page.get_by_role("link", name="1 thread").wait_for()

    page.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    page.get_by_text("The namespace orders is deleted.").wait_for()
    page.get_by_text("There is no namespace yet").wait_for()


def test_a_snapshot_is_downloaded_and_uploaded_into_another_namespace(server, page, tmp_path):
    server.namespace("orders").client().beta.threads.create()
    server.namespace("copy").configure(seed=1)
    page.goto(f"{server.url}{to.snapshots('orders')}")
    page.get_by_label("Name", exact=True).fill("a")
    page.get_by_role("button", name="Save a snapshot").click()
    with page.expect_download() as downloading:
        page.get_by_role("link", name="Download a").click()
    downloading.value.save_as(tmp_path / "a.zip")
    page.goto(f"{server.url}{to.snapshots('copy')}")
    page.get_by_label("The file of a snapshot").set_input_files(tmp_path / "a.zip")
    page.get_by_role("button", name="Upload").click()
    page.get_by_text("The snapshot a is here").wait_for()
    page.get_by_role("button", name="Restore a").click()
    page.get_by_role("dialog").get_by_role("button", name="Restore").click()
    page.get_by_role("link", name="1 thread").wait_for()


def test_the_list_of_namespaces_offers_all_changes_of_one(server, page, violations):
    server.namespace("orders").client().beta.threads.create()
    server.namespace("other").configure(seed=1)
    page.goto(f"{server.url}/")
    page.set_viewport_size({"width": 1200, "height": 800})
    assert page.evaluate("[...document.querySelectorAll('.scroll')].every((one) => one.scrollWidth <= one.clientWidth)")
    change = page.get_by_role("button", name="Change orders")
    box = page.get_by_role("dialog", name="Change orders")
    change.press("Enter")
    assert violations(page) == []
    box.get_by_label("Save a snapshot named").fill("one")
    box.get_by_label("Save a snapshot named").press("Enter")
    page.get_by_text("The snapshot one of orders is saved.").wait_for()
    box.wait_for(state="hidden")

    change.click()
    box.get_by_role("button", name="Reset").click()
    page.get_by_role("dialog").get_by_role("button", name="Reset").click()
    page.get_by_text("The namespace orders is empty again").wait_for()

    change.click()
    box.get_by_role("button", name="Restore").click()
    page.get_by_role("dialog").get_by_role("button", name="Restore").click()
    page.get_by_text("The namespace orders is what it was in the snapshot one.").wait_for()
    page.get_by_role("row", name="orders").get_by_text("1 thread").wait_for()

    change.click()
    page.keyboard.press("Escape")
    box.wait_for(state="hidden")
    change.click()
    box.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    page.get_by_text("The namespace orders is deleted.").wait_for()
    assert change.count() == 0


def test_the_first_page_works_without_scripts(server, open_page, violations):
    page = open_page(java_script_enabled=False, color_scheme="dark")
    page.goto(f"{server.url}/")
    page.get_by_label("Name", exact=True).last.fill("orders")
    page.get_by_role("button", name="Make").click()
    page.get_by_role("button", name="Advance by 1h").click()
    page.get_by_text("Nothing was due.").wait_for()
    page.get_by_role("button", name="Delete").click()
    page.get_by_text("There is no namespace yet").wait_for()
