"""A thread as a person reads it: who said what, what runs did between, what is cited; and what hostile texts cannot do."""

import re

import pytest

from contract_tests.harness import MODEL, WEATHER
from contract_tests.inspector.thread_steps import Browser, long_thread, texts
from emulator.control.inspector import markdown
from emulator.service import thread_pages
from emulator.store.statements import Select


@pytest.fixture
def browser(ns):
    browser = Browser(ns)
    yield browser
    browser.close()


def say(client, thread, text, **more):
    return client.beta.threads.messages.create(thread, role="user", content=text, **more)


def run(client, thread, **more):
    assistant = client.beta.assistants.create(model=MODEL, name=more.pop("name", "Weather man"), tools=[WEATHER])
    return client.beta.threads.runs.create(thread, assistant_id=assistant.id, **more)


def answered(ns, client, text):
    """Return a thread on which the assistant has said a text."""
    ns.play({"say": text})
    thread = client.beta.threads.create(messages=[{"role": "user", "content": "Well?"}])
    run(client, thread.id)
    return thread.id


# --- what is read ----------------------------------------------------------------------------------------------------


def test_a_run_stands_between_the_question_and_its_answer(ns, client, browser):
    ns.play({"call": "look_outside", "args": {"town": "Oslo"}}, {"say": "**Clear** skies."})
    thread = client.beta.threads.create(messages=[{"role": "user", "content": "Sky?"}])
    began = run(client, thread.id)
    [call] = client.beta.threads.runs.retrieve(
        began.id, thread_id=thread.id
    ).required_action.submit_tool_outputs.tool_calls
    client.beta.threads.runs.submit_tool_outputs(
        began.id, thread_id=thread.id, tool_outputs=[{"tool_call_id": call.id, "output": "sunny"}]
    )
    page = browser.page(f"/threads/{thread.id}")
    places = [
        page.index(word) for word in ("Sky?", f"/runs/{began.id}", "look_outside", "sunny", "<strong>Clear</strong>")
    ]
    assert places == sorted(places)
    assert "Weather man" in page
    assert "completed" in page


def test_calls_behind_a_message_stand_behind_it(ns, client, browser):
    ns.play({"say": "Let me look."}, {"call": "look_outside", "args": {"town": "Oslo"}}, {"say": "Clear."})
    thread = client.beta.threads.create(messages=[{"role": "user", "content": "Sky?"}])
    run(client, thread.id)
    page = browser.page(f"/threads/{thread.id}")
    assert page.index("Let me look.") < page.index("look_outside")
    assert "requires action" in page


def test_a_failed_run_says_why(ns, client, browser):
    ns.play({"fail": "rate_limit_exceeded", "message": "Too <many> requests."})
    thread = client.beta.threads.create(messages=[{"role": "user", "content": "Sky?"}])
    run(client, thread.id)
    assert "rate_limit_exceeded: Too <many> requests." in texts(browser.page(f"/threads/{thread.id}"))


def test_an_incomplete_message_says_so(ns, client, browser):
    ns.play({"say": "It was a dark and"}, {"stop": "max_completion_tokens"})
    thread = client.beta.threads.create(messages=[{"role": "user", "content": "Go on."}])
    run(client, thread.id)
    assert re.search(r"Weather man incomplete max_tokens", texts(browser.page(f"/threads/{thread.id}")))


def test_raw_text_is_what_was_said(ns, client, browser):
    thread = answered(ns, client, "**Clear** _skies_")
    assert "<strong>Clear</strong>" in browser.page(f"/threads/{thread}")
    raw = browser.page(f"/threads/{thread}?raw=1")
    assert "**Clear** _skies_" in raw
    assert "As Markdown" in raw


def test_a_thread_that_is_not_there_is_a_page_that_says_so(ns, client, browser):
    thread = client.beta.threads.create()
    client.beta.threads.delete(thread.id)
    for missing in (thread.id, "thread_never", "conv_never", "resp_never"):
        assert f"found with id '{missing}'" in texts(browser.page(f"/threads/{missing}", status=404))


def test_an_empty_thread_says_what_to_do(client, browser):
    thread = client.beta.threads.create()
    assert "Nothing has been said on this thread yet." in browser.page(f"/threads/{thread.id}")


# --- what is cited ---------------------------------------------------------------------------------------------------


def test_a_citation_leads_to_the_passage_in_its_file(ns, client, browser):
    notes = client.files.create(file=("tides.txt", b"Low at six.\nHigh at noon.\n"), purpose="assistants")
    mark = {
        "type": "file_citation",
        "text": "\u30104:0\u2020source\u3011",
        "file_citation": {"file_id": notes.id, "quote": "High at noon."},
    }
    objects = [
        {"object": "thread", "id": "thread_cited", "created_at": 1767604200},
        {
            "object": "thread.message",
            "id": "msg_cited",
            "thread_id": "thread_cited",
            "created_at": 1767604200,
            "role": "assistant",
            "content": [{"type": "text", "text": {"value": f"At *noon*{mark['text']}.", "annotations": [mark]}}],
        },
    ]
    ns.control("POST", "/import", {"objects": objects})
    page = browser.page("/threads/thread_cited")
    address = f"/files/{notes.id}?quote=High+at+noon.#quote"
    assert page.count(address) == 2  # in the text, and below it
    assert '<sup><a class="note"' in page
    assert "\u2020source" not in page
    assert '<mark id="quote">High at noon.</mark>' in browser.page(address.partition("#")[0])


def test_images_of_files_come_from_the_server_and_those_of_elsewhere_are_links(client, browser):
    photo = client.files.create(file=("photo.png", b"\x89PNG\r\n\x1a\n..."), purpose="vision")
    content = [
        {"type": "image_file", "image_file": {"file_id": photo.id}},
        {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}},
    ]
    thread = client.beta.threads.create(messages=[{"role": "user", "content": content}])
    page = browser.page(f"/threads/{thread.id}")
    [source] = re.findall(r'<img src="([^"]+)"', page)
    assert source.endswith(f"/files/{photo.id}/image")
    assert '<a href="https://example.com/a.png" rel="noopener noreferrer">' in page


def test_attachments_lead_to_their_files(client, browser):
    notes = client.files.create(file=("notes.txt", b"tide"), purpose="assistants")
    attached = [{"file_id": notes.id, "tools": [{"type": "file_search"}]}]
    message = {"role": "user", "content": "See there.", "attachments": attached}
    thread = client.beta.threads.create(messages=[message])
    page = browser.page(f"/threads/{thread.id}")
    assert f'/files/{notes.id}">notes.txt</a>' in page
    client.files.delete(notes.id)
    assert "(not there)" in browser.page(f"/threads/{thread.id}")


# --- hostile texts ---------------------------------------------------------------------------------------------------

HOSTILE = {
    "a script": "<script>alert(1)</script>",
    "an image with a handler": "<img src=x onerror=alert(1)>",
    "a link that runs": "[x](javascript:alert(1)) <javascript:alert(1)> [y](data:text/html,x) [z](vbscript:x)",
    "a link in capitals": "[x](JaVaScRiPt:alert(1))",
    "an image of elsewhere": "![pixel](https://evil.example/p.gif)",
    "quotes in a title": '[x](https://a.example "onmouseover=alert(1) \\" x")',
    "a style": "| a |\n|:-:|\n| b |\n",
    "a frame in code": "```<iframe src=x>\n<iframe></iframe>\n```",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_text_brings_nothing_of_its_own_into_the_page(ns, client, browser, text):
    thread = answered(ns, client, text)
    for path in (f"/threads/{thread}", f"/threads/{thread}?raw=1", "/threads"):
        page = browser.page(path)
        assert not re.search(r"<(script|iframe|object|style)\b|<img(?![^>]*\bsrc=\"/_emulator/)", page)
        assert not re.search(r"<[^>]*\s(on\w+|style)=", page)
        assert not re.search(r'href="(?!/|https?://|mailto:|#)', page)


def test_links_of_others_tell_nobody_where_they_were_followed(ns, client, browser):
    thread = answered(ns, client, "[x](https://a.example/?a=1&b=2)")
    link = re.search(r'<a href="https://a\.example[^>]+>', browser.page(f"/threads/{thread}"))[0]
    assert 'rel="noopener noreferrer"' in link
    assert "&amp;b=2" in link


def test_what_turns_or_hides_letters_is_seen(ns, client, browser):
    thread = answered(ns, client, "photo\u202egnp.exe \u200b\x07 \u2066x")
    for path in (f"/threads/{thread}", f"/threads/{thread}?raw=1"):
        page = browser.page(path)
        assert not re.search("[\u202a-\u202e\u2066-\u2069\u200b\x07]", page)
        assert "photo\\u202egnp.exe" in page


def test_keys_are_shown_nowhere(ns, client, browser):
    key = "sk-proj-abcdefghijklmnopqrstuvwxyz0123456789"
    ns.play({"call": "look_outside", "args": {"api_key": key}}, {"say": f"Use {key}."})
    thread = client.beta.threads.create(messages=[{"role": "user", "content": f"My key is {key}"}], metadata={"k": key})
    run(client, thread.id)
    for path in (f"/threads/{thread.id}", f"/threads/{thread.id}?raw=1", "/threads"):
        assert key not in browser.page(path)


def test_a_very_long_text_is_cut_and_shown_whole_on_request(ns, client, browser):
    text = f"begin {'tide ' * 40_000}end"
    thread = client.beta.threads.create(messages=[{"role": "user", "content": text}])
    page = browser.page(f"/threads/{thread.id}")
    assert len(page) < 40_000
    [address] = re.findall(r'href="[^"]*(/threads/[^"#]+)#[^"]*">Show all of this message', page)
    whole = browser.page(address.replace("&amp;", "&"))
    assert "tide end" in whole
    assert "Show all" not in whole


@pytest.mark.parametrize(
    "text",
    [
        "> " * 5_000,
        "- " * 5_000,
        "[" * 10_000,
        "*a_" * 3_000,
        "|a" * 3_000 + "\n" + "|-" * 3_000,
        "`" * 10_000,
        "&" * 10_000,
    ],
    ids=["quotes", "lists", "brackets", "emphasis", "tables", "ticks", "ampersands"],
)
def test_texts_that_take_long_elsewhere_are_drawn_or_shown_as_they_are(text, monkeypatch):
    drawn = []
    monkeypatch.setattr(markdown.MarkdownIt, "render", _counting(markdown.MarkdownIt.render, drawn))
    shown = str(markdown.markdown(text, {}, {}))
    assert len(shown) < 20 * len(text)
    assert sum(map(len, drawn)) <= markdown.MOST_DRAWN


def _counting(render, drawn):
    def counted(self, text, *rest):
        drawn.append(text)
        return render(self, text, *rest)

    return counted


def test_a_table_that_would_grow_is_shown_as_it_is():
    text = "|" + "a|" * 500 + "\n|" + "-|" * 500 + "\n" + "|x|\n" * 2_000
    assert str(markdown.markdown(text, {}, {})).startswith('<pre class="wrapped">')
    assert "<td>" in str(markdown.markdown("|a|b|\n|-|-|\n|x|y|\n", {}, {}))


def test_a_text_cannot_forge_a_note():
    assert "<sup>" not in str(markdown.markdown(markdown.without_marks(markdown.note_mark(1)), {1: "/x"}, {}))


# --- long threads ----------------------------------------------------------------------------------------------------


def shown_numbers(page):
    return [int(n) for n in re.findall(r"Number (\d+)\.", page)]


def test_a_long_thread_is_read_page_by_page_both_ways(ns, browser):
    thread = long_thread(ns, 130)
    page = browser.page(f"/threads/{thread}")
    seen = [shown_numbers(page)]
    while older := re.search(r'rel="prev" href="[^"]*(/threads/[^"]+)"', page):
        page = browser.page(older[1])
        seen.insert(0, shown_numbers(page))
    assert [len(one) for one in seen] == [30, 50, 50]
    assert [n for one in seen for n in one] == list(range(130))
    newer = re.search(r'rel="next" href="[^"]*(/threads/[^"]+)"', page)
    assert shown_numbers(browser.page(newer[1])) == list(range(30, 80))


def test_each_run_stands_on_the_page_of_its_messages_once(ns, browser):
    thread = long_thread(ns, 130)
    shown = []
    for path in (f"/threads/{thread}", f"/threads/{thread}?before=msg_00080", f"/threads/{thread}?before=msg_00030"):
        shown += re.findall(r'aria-label="Run (run_\d+)"', browser.page(path))
    assert sorted(shown) == [f"run_{n:05}" for n in range(1, 130, 2)]


def test_a_run_stands_beside_its_message_where_a_page_ends_between_question_and_answer(ns, browser):
    thread = long_thread(ns, 130)
    older, newer = (
        browser.page(f"/threads/{thread}?before=msg_00081"),
        browser.page(f"/threads/{thread}?after=msg_00080"),
    )
    assert "run_00081" not in older
    assert newer.index('aria-label="Run run_00081"') < newer.index("Number 81.")


def test_of_very_many_runs_behind_one_message_some_are_shown_and_the_list_of_all(ns, client, browser):
    ns.play({"fail": "server_error", "message": "No."})
    thread = client.beta.threads.create(messages=[{"role": "user", "content": "Well?"}])
    assistant = client.beta.assistants.create(model=MODEL)
    for _ in range(thread_pages.MOST_RUNS + 5):
        client.beta.threads.runs.create(thread.id, assistant_id=assistant.id)
    page = browser.page(f"/threads/{thread.id}")
    assert len(re.findall(r'aria-label="Run run_', page)) == thread_pages.MOST_RUNS
    assert "There are more runs behind these messages" in page


def test_runs_that_said_nothing_stand_where_they_began(ns, client, browser):
    thread = client.beta.threads.create()
    silent = []
    ns.play({"fail": "server_error", "message": "No."})
    for n in range(60):
        say(client, thread.id, f"Number {n}.")
        if n in (3, 30, 58):
            silent.append(run(client, thread.id).id)
    newest, oldest = browser.page(f"/threads/{thread.id}"), None
    oldest = browser.page(re.search(r'rel="prev" href="[^"]*(/threads/[^"]+)"', newest)[1])
    assert re.findall(r'aria-label="Run (run_\w+)"', newest) == silent[1:]
    assert re.findall(r'aria-label="Run (run_\w+)"', oldest) == silent[:1]
    assert newest.index("Number 30.") < newest.index(silent[1]) < newest.index("Number 31.")
    assert oldest.index("Number 3.") < oldest.index(silent[0]) < oldest.index("Number 4.")


def test_a_link_to_a_message_shows_the_page_that_has_it(ns, browser):
    thread = long_thread(ns, 130)
    page = browser.page(f"/threads/{thread}?at=msg_00060")
    assert shown_numbers(page) == list(range(36, 86))
    assert '<article class="message user" data-row id="msg_00060" aria-current="true">' in page
    assert "There is no message 'msg_none'" in texts(browser.page(f"/threads/{thread}?at=msg_none", status=404))


def test_a_page_reads_as_much_of_a_long_thread_as_of_a_short_one(ns, browser, monkeypatch):
    thread = long_thread(ns, 2_000)
    rows = []
    read = Select.rows

    def counted(self, found):
        got = read(self, found)
        rows.append(len(got))
        return got

    monkeypatch.setattr(Select, "rows", counted)
    for path in (f"/threads/{thread}", f"/threads/{thread}?at=msg_01000", f"/threads/{thread}?before=msg_00500"):
        rows.clear()
        browser.page(path)
        assert 50 <= sum(rows) < 400


# --- what is done ----------------------------------------------------------------------------------------------------


def test_a_fork_goes_up_to_the_message_and_is_shown(ns, client, browser):
    thread = answered(ns, client, "First answer.")
    say(client, thread, "Second question?")
    question = client.beta.threads.messages.list(thread, order="asc").data[1]
    response = browser.send(f"/threads/{thread}/fork", on=f"/threads/{thread}", at=question.id)
    fork = response.headers["location"].rpartition("/")[2]
    page = texts(browser.page(f"/threads/{fork}"))
    assert "Forked" in page
    assert "First answer." in page
    assert "Second question?" not in page


def test_a_fork_of_what_is_not_there_is_refused(ns, client, browser):
    thread = answered(ns, client, "Yes.")
    browser.send(f"/threads/{thread}/fork", on=f"/threads/{thread}", at="msg_none", status=404)


def test_an_export_is_a_link_to_the_control_api(ns, client, browser):
    thread = answered(ns, client, "Yes.")
    page = browser.page(f"/threads/{thread}")
    for form in ("json", "markdown", "zip", "conversation"):
        [address] = re.findall(rf'href="([^"]+format={form})"', page)
        assert ns.http.get(f"{ns.url}{address}").status_code == 200


def test_looking_moves_nothing_and_is_no_request_of_the_api(ns, client, browser):
    ns.put(pace={"progression": "polls", "times": 3})
    ns.play({"say": "Yes."})
    thread = client.beta.threads.create(messages=[{"role": "user", "content": "Well?"}])
    began = run(client, thread.id)
    before = len(ns.requests())
    for _ in range(5):
        browser.page(f"/threads/{thread.id}")
        browser.page("/threads")
    assert len(ns.requests()) == before
    assert ns.control("GET", f"/runs/{began.id}")["run"]["status"] == began.status == "queued"
