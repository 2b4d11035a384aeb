"""Stories of a run, in a real browser: why it failed and which turn came nearest; and moved by hand to its end."""

from emulator import LiveServer, Settings

SCRIPT = """
emulator: 1
turns:
  - name: costs of the third visit
    when: {message: {contains: costs}, turn: 3}
    steps:
      - say: None.
  - name: income
    when: {message: {contains: income}}
    steps:
      - say: It was 136.25.
"""


def begin(namespace, text):
    client = namespace.client()
    assistant = client.beta.assistants.create(model="gpt-4o", instructions="Be helpful.")
    thread = client.beta.threads.create(messages=[{"role": "user", "content": text}])
    return client.beta.threads.runs.create(thread.id, assistant_id=assistant.id)


def test_why_a_run_failed_and_which_turn_came_nearest(open_page, violations):
    with LiveServer(Settings(clock="auto")) as server:
        namespace = server.namespace("shop")
        namespace.load(SCRIPT)
        begin(namespace, "October income?")
        failed = begin(namespace, "And the costs?")
        for scheme in ("light", "dark"):
            page = open_page(viewport={"width": 1280, "height": 900}, color_scheme=scheme)
            page.goto(f"{server.url}/")
            page.get_by_role("link", name="shop").first.click()
            page.get_by_role("navigation", name="Namespace").get_by_role("link", name="Runs").click()
            page.get_by_label("Status").select_option("failed")
            page.get_by_role("button", name="Show").click()
            page.wait_for_url("**status=failed**")
            assert violations(page) == []
            page.get_by_role("link", name=failed.id).click()
            page.get_by_text("server_error", exact=True).wait_for()
            page.get_by_role("link", name="See how the turns compare").click()
            nearest = page.locator("#turns ~ .scroll tbody tr").first
            assert nearest.inner_text().split("\t")[0] == "costs of the third visit"
            assert nearest.locator("code").last.inner_text() == "turn"
            page.get_by_text("The same as a table").click()
            assert violations(page) == []


def test_a_run_is_moved_by_hand_to_its_end_and_seen_changing(page, violations):
    with LiveServer(Settings(clock="auto")) as server:
        namespace = server.namespace("shop")
        namespace.configure(pace="manual")
        namespace.load(SCRIPT)
        run = begin(namespace, "October income?")
        page.goto(f"{server.url}/_emulator/inspector/ns/shop/runs/{run.id}")
        state = page.locator("#run-state")
        state.locator(".status-queued").wait_for()
        assert violations(page) == []
        page.get_by_label("Hold at").select_option("in_progress")
        page.get_by_role("button", name="Hold", exact=True).click()
        state.get_by_role("button", name="Release from in progress").wait_for()
        page.get_by_role("button", name="Step once").click()
        state.get_by_text("held at in progress").wait_for()
        # Somebody else releases it: the page shows it without being asked.
        namespace.release(run, at="in_progress")
        state.get_by_role("button", name="Step once").wait_for()
        page.get_by_label("Step until").fill("settled")
        page.get_by_role("button", name="Step", exact=True).click()
        state.locator(".status-completed").wait_for()
        page.locator("svg.timeline g.completed").wait_for(state="attached")
        assert page.get_by_role("group", name="Move this run").count() == 0
        assert violations(page) == []


def test_what_happens_elsewhere_shows_in_state_and_timeline(page):
    with LiveServer(Settings(clock="auto")) as server:
        namespace = server.namespace("shop")
        namespace.configure(pace="manual")
        namespace.load(SCRIPT)
        run = begin(namespace, "October income?")
        page.goto(f"{server.url}/_emulator/inspector/ns/shop/runs/{run.id}")
        page.locator("#run-state .status-queued").wait_for()
        namespace.cancel(run)
        page.locator("#run-state .status-cancelled, #run-state .status-cancelling").wait_for()
        page.locator("svg.timeline g.cancelling, svg.timeline g.cancelled").first.wait_for(state="attached")
