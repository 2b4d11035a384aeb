"""The list of threads, the search in them, and the dialogues of responses beside them."""

import re

import pytest

from contract_tests.harness import MODEL, WEATHER
from contract_tests.inspector.test_thread import answered
from contract_tests.inspector.thread_steps import Browser, long_thread, texts
from emulator.service import thread_lists
from emulator.store.statements import Select


@pytest.fixture
def browser(ns):
    browser = Browser(ns)
    yield browser
    browser.close()


def listed(page):
    """Return the ids of the threads in a list."""
    return re.findall(r'<th scope="row"><a href="[^"]+"><code>([^<]+)</code>', page)


# --- the list --------------------------------------------------------------------------------------------------------


def test_threads_are_listed_newest_first_with_what_was_said_first(ns, client, browser):
    client.beta.threads.create(messages=[{"role": "user", "content": "Older <b>."}], metadata={"order": "7 <i>"})
    newer = answered(ns, client, "Yes.")
    page = browser.page("/threads")
    assert listed(page)[0] == newer
    assert re.search(r"Well\? 2 1 completed", texts(page))
    assert re.search(r"Older <b>\. 1 0 none .* order 7 <i>", texts(page))


def test_a_list_has_fifty_at_once_and_leads_to_the_next(client, browser):
    made = [client.beta.threads.create().id for _ in range(60)]
    page = browser.page("/threads")
    assert listed(page) == made[:9:-1]
    older = browser.page(re.search(r'rel="next" href="[^"]*(/threads\?[^"]+)"', page)[1].replace("&amp;", "&"))
    assert listed(older) == made[9::-1]
    assert 'rel="next"' not in older


def test_an_empty_list_says_what_to_do(browser, client):
    client.models.list()  # the namespace is there
    assert "There is no thread in this namespace yet." in browser.page("/threads")
    assert "There is no conversation in this namespace yet." in browser.page("/threads?kind=conversations")
    assert "client.responses.create() makes one" in browser.page("/threads?kind=chains")


def test_a_list_counts_no_further_than_it_says(ns, browser, monkeypatch):
    long_thread(ns, 1_200)
    rows = []
    read = Select.rows

    def counted(self, found):
        got = read(self, found)
        rows.append(len(got))
        return got

    monkeypatch.setattr(Select, "rows", counted)
    page = browser.page("/threads")
    assert "over 1,000" in page
    assert sum(rows) < 20


# --- the search ------------------------------------------------------------------------------------------------------


def test_a_search_finds_words_of_messages_and_of_metadata(ns, client, browser):
    said = client.beta.threads.create(messages=[{"role": "user", "content": "Where is Order 4711 now?"}])
    noted = client.beta.threads.create(metadata={"customer": "Ines"})
    message = client.beta.threads.messages.list(said.id).data[0]
    page = browser.page("/threads?q=order+4711")
    assert listed(page) == [said.id]
    assert f"/threads/{said.id}?at={message.id}#{message.id}" in page
    assert listed(browser.page("/threads?q=INES")) == [noted.id]
    assert "Nothing here has “nobody”" in texts(browser.page("/threads?q=nobody"))


def test_an_id_leads_to_what_it_names(ns, client, browser):
    thread = answered(ns, client, "Yes.")
    message = client.beta.threads.messages.list(thread).data[0]
    [run] = client.beta.threads.runs.list(thread).data
    where = {
        thread: f"/threads/{thread}",
        message.id: f"/threads/{thread}?at={message.id}#{message.id}",
        run.id: f"/runs/{run.id}",
    }
    for id_, path in where.items():
        assert browser.get(f"/threads?q={id_}", status=303).headers["location"].endswith(path)


def test_a_search_looks_at_so_much_and_goes_on_from_there(ns, client, browser, monkeypatch):
    monkeypatch.setattr(thread_lists, "MOST_MESSAGES", 30)
    for n in range(40):
        client.beta.threads.create(messages=[{"role": "user", "content": "needle" if n == 2 else f"straw {n}"}])
    page = browser.page("/threads?q=needle")
    assert listed(page) == []
    assert "among what was searched so far" in page
    further = re.search(r'rel="next" href="[^"]*(/threads\?[^"]+)"', page)[1].replace("&amp;", "&")
    page = browser.page(further)
    assert len(listed(page)) == 1
    assert 'rel="next"' not in page


def test_a_search_goes_on_within_a_long_thread(ns, browser, monkeypatch):
    long_thread(ns, 60)
    monkeypatch.setattr(thread_lists, "MOST_MESSAGES", 20)
    page = browser.page("/threads?q=number+5.")
    steps = 1
    while not listed(page):
        page = browser.page(re.search(r'rel="next" href="[^"]*(/threads\?[^"]+)"', page)[1].replace("&amp;", "&"))
        steps += 1
    assert listed(page) == ["thread_long"]
    assert steps == 3


def test_what_is_searched_for_is_shown_as_a_text(browser, client):
    client.models.list()
    page = browser.page("/threads?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E")
    assert "<script" not in page


# --- dialogues of responses ------------------------------------------------------------------------------------------

TOOL = {"type": "function", "name": "look_outside", "parameters": WEATHER["function"]["parameters"], "strict": False}


def test_a_conversation_is_read_with_its_responses(ns, client, browser):
    ns.play({"call": "look_outside", "args": {"town": "Oslo"}}, {"say": "**Clear** <b>skies</b>."})
    started = client.conversations.create(items=[{"role": "user", "content": "Hello."}], metadata={"order": "7"})
    about = {"model": MODEL, "conversation": started.id, "tools": [TOOL]}
    first = client.responses.create(input="Sky?", **about)
    answer = {"type": "function_call_output", "call_id": first.output[0].call_id, "output": "sunny"}
    second = client.responses.create(input=[answer], **about)
    page = browser.page(f"/threads/{started.id}")
    places = [
        page.index(one) for one in ("Hello.", "Sky?", first.id, "look_outside", "sunny", second.id, "<strong>Clear")
    ]
    assert places == sorted(places)
    assert "&lt;b&gt;skies" in page
    shown = browser.page("/threads?kind=conversations")
    assert listed(shown) == [started.id]
    assert "Hello. 5 completed" in texts(shown)


def test_items_that_no_response_wrote_are_shown_as_they_are(client, browser):
    call = {"type": "function_call", "call_id": "call_1", "name": "look_outside", "arguments": "{}"}
    answer = {"type": "function_call_output", "call_id": "call_1", "output": "<b>sunny</b>"}
    started = client.conversations.create(items=[call, answer])
    page = texts(browser.page(f"/threads/{started.id}"))
    assert page.index("look_outside") < page.index("<b>sunny</b>")


def test_a_failed_response_stands_where_it_began(ns, client, browser):
    ns.play({"fail": "server_error", "message": "No."})
    started = client.conversations.create(items=[{"role": "user", "content": "Hello."}])
    client.responses.create(input="Sky?", model=MODEL, conversation=started.id)
    page = texts(browser.page(f"/threads/{started.id}"))
    assert page.index("Hello.") < page.index("Sky?") < page.index("server_error: No.")


def test_a_conversation_is_read_page_by_page(client, browser):
    started = client.conversations.create()
    for begin in range(0, 120, 20):
        items = [{"role": "user", "content": f"Number {n}."} for n in range(begin, begin + 20)]
        client.conversations.items.create(started.id, items=items)
    page = browser.page(f"/threads/{started.id}")
    seen = [re.findall(r"Number (\d+)\.", page)]
    while older := re.search(r'rel="prev" href="[^"]*(/threads/[^"]+)"', page):
        page = browser.page(older[1])
        seen.insert(0, re.findall(r"Number (\d+)\.", page))
    assert [int(n) for one in seen for n in one] == list(range(120))
    item = client.conversations.items.list(started.id, order="asc", limit=100).data[60]
    assert "Number 60." in browser.page(f"/threads/{started.id}?at={item.id}")


def test_a_chain_is_read_from_its_first_response(ns, client, browser):
    ns.play({"call": "look_outside", "args": {"town": "Oslo"}}, {"say": "Clear."})
    first = client.responses.create(model=MODEL, input="Sky?", tools=[TOOL])
    answer = {"type": "function_call_output", "call_id": first.output[0].call_id, "output": "sunny"}
    second = client.responses.create(model=MODEL, input=[answer], previous_response_id=first.id, tools=[TOOL])
    page = browser.page(f"/threads/{first.id}")
    places = [page.index(one) for one in ("Sky?", "look_outside", "sunny", second.id, "Clear.")]
    assert places == sorted(places)
    assert listed(browser.page("/threads?kind=chains")) == [first.id]
    to_whole = browser.get(f"/threads/{second.id}", status=303).headers["location"]
    assert to_whole.endswith(f"/threads/{first.id}")


def test_a_chain_of_many_responses_is_read_page_by_page(ns, client, browser):
    ns.play({"say": "Yes."})
    first = last = client.responses.create(model=MODEL, input="Number 0.")
    for n in range(1, 60):
        last = client.responses.create(model=MODEL, input=f"Number {n}.", previous_response_id=last.id)
    page = browser.page(f"/threads/{first.id}")
    assert re.findall(r"Number (\d+)\.", page) == [str(n) for n in range(50)]
    later = browser.page(re.search(r'rel="next" href="[^"]*(/threads/[^"]+)"', page)[1])
    assert re.findall(r"Number (\d+)\.", later) == [str(n) for n in range(50, 60)]
