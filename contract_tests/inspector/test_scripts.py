"""The pages about scripts, as HTTP: what they show, what their forms do, and what is refused without loss."""

import re
import sqlite3
import time

import httpx
import pytest

from contract_tests.inspector.script_pages import ScriptPages, plain
from emulator import LiveServer, Settings

ORDERS = """\
emulator: 1
name: orders
turns:
- name: weather
  when: {message: {contains: weather}}
  uses: {max: 2}
  steps:
  - say: It rains.
- name: order
  when: {message: order}
  uses: {min: 1}
  steps:
  - say: It is on its way.
"""
HOSTILE = '"><script>alert(1)</script>.yaml'


@pytest.fixture
def pages(server, ns):
    """The pages of the namespace of a test, which is there."""
    ns.control("PUT", "", {})
    opened = ScriptPages(server, ns.name)
    yield opened
    opened.close()


def put(ns, text, name="orders.yaml"):
    ns.control("PUT", f"/scripts?name={name}", content=text)


def add(ns, text, name):
    ns.control("POST", f"/scripts?name={name}", content=text)


def play(client, assistant, message):
    thread = client.beta.threads.create(messages=[{"role": "user", "content": message}])
    run = client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
    said = client.beta.threads.messages.list(thread.id, limit=1).data[0]
    return run, said.content[0].text.value if said.role == "assistant" else None


def state(ns):
    found = ns.control("GET", "/scripts")
    return found["version"], [one["name"] for one in found["sources"]], [one["used"] for one in found["turns"]]


# --- what there is ---------------------------------------------------------------------------------------------------


def test_sources_are_listed_with_their_turns_and_use_counts(ns, pages, client, assistant):
    put(ns, ORDERS)
    play(client, assistant, "weather?")
    text = pages.text()
    assert "put into this namespace Version 1 Turns 2" in text
    assert "weather 1 at most 2 line 4" in text
    assert "order 0 at least 1 1 to go line 9" in text
    play(client, assistant, "weather?")
    assert "weather 2 at most 2 used up line 4" in pages.text()


def test_a_turn_leads_to_its_line(ns, pages):
    put(ns, ORDERS)
    pages.get()
    assert "scripts?source=orders.yaml#L9" in pages.html
    found = pages.get(source="orders.yaml").text
    assert '<div class="line" id="L9">' in found
    line = found[found.index('id="L9"') :].partition("</div>")[0]
    assert ('href="#L9"' in line, '<code dir="ltr">- name: order</code>' in line) == (True, True)
    assert "used 0" in plain(line)


def test_recorded_chains_are_folded(ns, pages):
    turns = "".join(f"- {{chain: c{one // 2}, when: {{message: m{one}}}, steps: []}}\n" for one in range(4))
    put(ns, f"emulator: 1\nturns:\n{turns}- {{steps: [{{say: x}}]}}\n")
    text = pages.text()
    assert "Chain c0 : 2 turns, 0 played" in text
    assert pages.html.count("<details") >= 2


def test_a_thousand_turns_are_listed_at_once(ns, pages):
    turns = "".join(f"- {{when: {{message: m{one}}}, steps: [{{say: x}}]}}\n" for one in range(1_200))
    put(ns, f"emulator: 1\nturns:\n{turns}")
    assert "Turns 1 to 1000 of 1200" in pages.text()
    assert "Turns 1001 to 1200 of 1200" in pages.text(after=1000)
    assert pages.get(after="99999999").status_code == 200


def test_parameters_and_notes_are_shown(ns, pages):
    put(ns, 'emulator: 1\nturns:\n- steps: [{say: "{{ params.town }}"}]\n- steps: [{say: b}]\n', "p.yaml&set=town=Bonn")
    text = pages.text()
    assert "Parameters town=Bonn" in text
    assert "1 note about these scripts" in text


def test_an_unknown_namespace_and_an_unknown_source_are_not_there(server, ns, pages):
    missing = ScriptPages(server, "no-such-namespace")
    assert missing.get().status_code == 404
    missing.close()
    put(ns, ORDERS)
    assert pages.get(source="other.yaml").status_code == 404
    assert pages.get(edit=HOSTILE).status_code == 404
    assert "<script>alert" not in pages.html


def test_what_the_server_was_started_with_is_named_as_such(tmp_path):
    (tmp_path / "own.yaml").write_text(ORDERS)
    (tmp_path / "more.py").write_text(
        "from scripted_models import Say, Script\nscript = Script('more')\n\n\n"
        "@script.turn(message='py')\ndef turn(t):\n    return Say('Python.')\n"
    )
    with LiveServer(Settings(scripts=(tmp_path / "own.yaml", tmp_path / "more.py"))) as server:
        server.namespace("a").client().beta.threads.create()
        pages = ScriptPages(server, "a")
        text = pages.text()
        assert "what the server was started with" in text
        assert "Some turns are Python code" in text
        assert "more.py Read only. It is a script in Python" in text
        pages.close()


def test_a_backend_of_the_program_is_no_failure(server, ns, pages):
    from scripted_models import Echo

    if not hasattr(server, "play"):
        pytest.skip("this server takes no backend")
    server.play(ns.name, Echo())
    assert "a backend of the program that runs the server" in pages.text()
    assert pages.get(new="1").status_code == 200


@pytest.mark.parametrize("name", [HOSTILE, "a/b/../c.yaml", "..", "?x=1#y", "emoji \U0001f600.yaml", "\u202eevil.yaml"])
def test_names_of_sources_are_only_text(ns, pages, name):
    import urllib.parse

    put(ns, ORDERS, urllib.parse.quote(name, safe=""))
    found = pages.get().text
    assert "<script>alert" not in found
    assert pages.get(source=name).status_code == 200
    assert pages.get(edit=name).status_code == 200
    assert "<script>alert" not in pages.html
    assert pages.post(query={"edit": name}, text=ORDERS, do="put").status_code == 303
    assert "plays from the next run on" in plain(pages.html)


def test_texts_of_sources_are_only_text(ns, pages):
    text = "emulator: 1\nturns:\n- steps: [{say: '</textarea><script>alert(1)</script>\u202e'}]\n"
    put(ns, text)
    for query in ({}, {"source": "orders.yaml"}, {"edit": "orders.yaml"}):
        pages.get(**query)
        assert "<script>alert" not in pages.html
    assert pages.typed() == text


def test_of_two_scripts_of_one_name_each_has_its_page_and_is_edited(ns, pages, client, assistant):
    put(ns, ORDERS)
    add(ns, ORDERS.replace("name: orders", "name: others").replace("weather", "wind"), "orders.yaml")
    assert "a later script has the same name" in pages.text()
    assert "contains: wind" in pages.text(source="orders.yaml")
    assert "contains: weather" in pages.text(source="orders.yaml", at="0")
    pages.get(edit="orders.yaml", at="0")
    query = {"edit": "orders.yaml", "at": "0"}
    assert pages.post(query=query, text=ORDERS.replace("It rains.", "It snows."), do="put").status_code == 303
    assert "It snows." in pages.typed()
    assert play(client, assistant, "weather?")[1] == "It snows."
    assert play(client, assistant, "wind?")[1] == "It rains."


def test_scripts_that_a_later_server_cannot_load_are_shown_and_mended(tmp_path):
    settings = Settings(db=tmp_path / "emulator.db")
    with LiveServer(settings) as server:
        server.namespace("a").load(ORDERS)
    with sqlite3.connect(tmp_path / "emulator.db") as database:
        database.execute("UPDATE scripts SET sources = replace(sources, 'say: It rains', 'sya: It rains')")
    database.close()
    with LiveServer(settings) as server:
        pages = ScriptPages(server, "a")
        assert "These scripts cannot be played" in pages.text()
        name = "script-1.yaml"
        pages.get(edit=name)
        assert "did you mean say" in plain(pages.html)
        assert pages.post(query={"edit": name}, text=ORDERS, do="put").status_code == 303
        assert "These scripts cannot be played" not in pages.text()
        pages.close()


# --- the editor ------------------------------------------------------------------------------------------------------


def test_a_script_is_edited_and_plays_from_the_next_run_on(ns, pages, client, assistant):
    put(ns, ORDERS)
    play(client, assistant, "weather?")
    pages.get(edit="orders.yaml")
    assert pages.typed() == ORDERS
    done = pages.post(query={"edit": "orders.yaml"}, text=ORDERS.replace("It rains.", "It snows."), do="put")
    assert done.status_code == 303
    assert "orders.yaml plays from the next run on (version 2). Use counts stay." in plain(pages.html)
    assert play(client, assistant, "weather?")[1] == "It snows."
    assert state(ns) == (2, ["orders.yaml"], [2, 0])


def test_line_ends_of_browsers_change_nothing(ns, pages):
    put(ns, ORDERS)
    pages.get(edit="orders.yaml")
    pages.post(query={"edit": "orders.yaml"}, text=ORDERS.replace("\n", "\r\n"), do="put")
    assert ns.control("GET", "/scripts")["sources"][0]["text"] == ORDERS


def test_a_new_script_begins_with_an_example_and_is_added(ns, pages, client, assistant):
    put(ns, ORDERS)
    pages.get(new="1")
    example = pages.typed()
    assert "No problem is known." in pages.text(new="1")
    pages.post(query={"new": "1"}, name="hello.yaml", text=example, do="put")
    assert state(ns) == (2, ["orders.yaml", "hello.yaml"], [0, 0, 0, 0])
    assert play(client, assistant, "hello there")[1] == "Hello! What can I do for you?"


def test_a_name_that_is_taken_is_refused(ns, pages):
    put(ns, ORDERS)
    pages.get(new="1")
    refused = pages.post(query={"new": "1"}, name="orders.yaml", text="emulator: 1\nturns: [ ]\n", do="put")
    assert refused.status_code == 409
    assert "There is a script 'orders.yaml' already" in plain(refused.text)


@pytest.mark.parametrize("name", ["", "   ", "a\nb", "x" * 201])
def test_a_script_has_to_have_a_name(ns, pages, name):
    pages.get(new="1")
    assert pages.post(query={"new": "1"}, name=name, text=ORDERS, do="put").status_code == 400
    assert state(ns)[0] == 0


def test_a_script_that_does_not_load_comes_back_with_its_problems(ns, pages):
    put(ns, ORDERS)
    pages.get(edit="orders.yaml")
    wrong = ORDERS.replace("say: It rains.", "sya: It rains.")
    refused = pages.post(query={"edit": "orders.yaml"}, text=wrong, do="put")
    pages.html = refused.text
    assert refused.status_code == 422
    assert pages.typed() == wrong
    text = plain(refused.text)
    assert "It was not put, because it does not load." in text
    assert 'line 8, column 5 turns[0].steps[0] did you mean say instead of "sya"?' in text
    assert "- sya: It rains." in text
    assert "A step has exactly one verb" in text
    assert state(ns)[0] == 1


def test_all_problems_are_shown_at_once(pages):
    pages.get(new="1")
    wrong = "emulator: 1\nunmatched: sometimes\nturns:\n- stps: []\n- steps: [{sey: x}]\n"
    refused = pages.post(query={"new": "1"}, name="a.yaml", text=wrong, do="check")
    assert refused.status_code == 200
    assert {int(one) for one in re.findall(r'<li data-line="(\d+)"', refused.text)} >= {2, 4, 5}


def test_check_keeps_nothing(ns, pages):
    pages.get(new="1")
    assert pages.post(query={"new": "1"}, name="a.yaml", text=ORDERS, do="check").status_code == 200
    assert state(ns)[0] == 0


@pytest.mark.parametrize(
    "text,says",
    [
        ("emulator: 1\nturns:\n- steps: [{python: os:getcwd}]\n", "python"),
        ("a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(f"{chr(98 + n)}: &{chr(98 + n)} [{','.join(['*' + chr(97 + n)] * 9)}]\n" for n in range(8)), "holds more than"),
        ("[" * 10_000, "error"),
        ("!!python/object/apply:os.system [x]", "tags such as"),
        ("emulator: 1\nfixtures: {files: {a: {path: /etc/passwd}}}\nturns: []\n", "error"),
        ("\x00", "error"),
        ("", "error"),
    ],
)  # fmt: skip
def test_hostile_scripts_are_refused_at_their_lines(ns, pages, text, says):
    pages.get(new="1")
    begin = time.monotonic()
    refused = pages.post(query={"new": "1"}, name="a.yaml", text=text, do="put")
    assert refused.status_code == 422
    assert says in plain(refused.text)
    assert time.monotonic() - begin < 20
    assert state(ns)[0] == 0


def test_a_fixture_that_the_api_refuses_loses_nothing(pages):
    pages.get(new="1")
    text = "emulator: 1\nfixtures:\n  assistants:\n    a: {model: gpt-4o, tools: [no_such_tool]}\nturns: []\n"
    refused = pages.post(query={"new": "1"}, name="a.yaml", text=text, do="put")
    assert refused.status_code in (400, 422)
    pages.html = refused.text
    assert pages.typed() == text


def test_a_script_that_somebody_else_has_changed_is_not_overwritten_unasked(ns, pages):
    put(ns, ORDERS)
    pages.get(edit="orders.yaml")
    put(ns, ORDERS.replace("It rains.", "Theirs."))
    mine = ORDERS.replace("It rains.", "Mine.")
    refused = pages.post(query={"edit": "orders.yaml"}, text=mine, do="put")
    assert refused.status_code == 409
    assert "changed by somebody else" in plain(refused.text)
    assert "Theirs." in ns.control("GET", "/scripts")["sources"][0]["text"]
    pages.html = refused.text
    assert pages.typed() == mine
    assert pages.post(query={"edit": "orders.yaml"}, text=mine, do="put").status_code == 303
    assert "Mine." in ns.control("GET", "/scripts")["sources"][0]["text"]


def test_files_that_came_with_a_script_stay_with_it(server, ns, pages):
    text = "emulator: 1\nfixtures: {files: {menu: {path: menu.txt, id: file-menu}}}\nturns: [{steps: [{say: a}]}]\n"
    files = [("script", ("menu.yaml", text)), ("asset", ("menu.txt", "Soup"))]
    httpx.put(f"{server.control_url}/ns/{ns.name}/scripts", files=files, timeout=30).raise_for_status()
    assert "with 1 file" in pages.text()
    assert "The file that came with it stays: menu.txt" in pages.text(edit="menu.yaml")
    done = pages.post(query={"edit": "menu.yaml"}, text=text.replace("say: a", "say: b"), do="put")
    assert done.status_code == 303


def test_parameters_are_given_in_the_editor(ns, pages):
    text = 'emulator: 1\nturns: [{steps: [{say: "{{ params.town }}"}]}]\n'
    pages.get(new="1")
    assert "params.town has no value" in plain(pages.post(query={"new": "1"}, text=text, do="check").text)
    for params, status in (("town", 400), ("t o=x", 400), ("town=Bonn\r\n", 303)):
        assert pages.post(query={"new": "1"}, text=text, params=params, do="put").status_code == status
    assert ns.control("GET", "/scripts")["params"] == {"town": "Bonn"}


# --- all of them -----------------------------------------------------------------------------------------------------


def test_one_script_may_replace_all(ns, pages):
    put(ns, ORDERS)
    add(ns, "emulator: 1\nturns: [{steps: [{say: x}]}]\n", "more.yaml")
    pages.get(edit="more.yaml")
    assert pages.post(query={"edit": "more.yaml"}, text="emulator: 1\nturns: []\n", do="replace").status_code == 303
    assert state(ns)[1:] == (["more.yaml"], [])


def test_a_script_is_deleted_unless_it_is_the_only_one(ns, pages, client, assistant):
    put(ns, ORDERS)
    add(ns, "emulator: 1\nturns: [{steps: [{say: x}]}]\n", "more.yaml")
    play(client, assistant, "weather?")
    pages.get()
    assert pages.post(name="more.yaml", at="1", do="delete").status_code == 303
    assert state(ns) == (3, ["orders.yaml"], [1, 0])
    assert "more.yaml is deleted" in plain(pages.html)
    assert pages.post(name="orders.yaml", at="0", do="delete", version="3").status_code == 409
    assert pages.post(name="other.yaml", at="7", do="delete", version="3").status_code == 409


def test_uses_are_counted_anew(ns, pages, client, assistant):
    put(ns, ORDERS)
    for _ in range(2):
        play(client, assistant, "weather?")
    assert play(client, assistant, "weather?")[0].status == "failed"
    pages.get()
    assert pages.post(do="count").status_code == 303
    assert "Use counts begin at nothing again" in plain(pages.html)
    assert state(ns) == (2, ["orders.yaml"], [0, 0])
    assert play(client, assistant, "weather?")[0].status == "completed"


def test_the_namespace_goes_back_to_the_scripts_of_the_server(ns, pages):
    put(ns, ORDERS)
    pages.get()
    assert pages.post(do="own").status_code == 303
    assert state(ns)[0] == 0
    assert "There is no script" in plain(pages.html)


@pytest.mark.parametrize(
    "fields", [{"do": "explode"}, {}, {"do": "put", "version": "x"}, {"do": "count", "version": "-1"}]
)
def test_forms_that_no_page_has_are_refused(ns, pages, fields):
    put(ns, ORDERS)
    pages.get()
    assert pages.post(**fields).status_code == 400


@pytest.mark.parametrize("path", ["", "/lint", "/hints"])
def test_nothing_is_done_without_the_token(ns, pages, path):
    put(ns, ORDERS)
    pages.get(edit="orders.yaml")
    assert pages.post(path, do="own", forgery="x", text="", offset="0").status_code == 403
    assert state(ns)[0] == 1


# --- while somebody types --------------------------------------------------------------------------------------------


def test_problems_come_while_somebody_types(ns, pages):
    put(ns, ORDERS)
    pages.get(edit="orders.yaml")
    found = pages.post("/lint", text=ORDERS.replace("say: It rains.", "sya: It rains."))
    assert found.status_code == 200
    assert found.text.startswith('<section id="problems"')
    assert "1 error." in found.text
    assert 'data-line="8"' in found.text
    assert state(ns)[0] == 1


def test_a_script_is_checked_beside_the_others(ns, pages):
    put(ns, "emulator: 1\nturns: [{steps: [{say: all}]}]\n")
    pages.get(new="1")
    found = plain(pages.post("/lint", name="b.yaml", text="emulator: 1\nturns: [{steps: [{say: b}]}]\n").text)
    assert "never played" in found
    assert "of orders comes first" in found


def test_of_long_other_scripts_only_the_one_is_checked(ns, pages):
    put(ns, "emulator: 1\nturns: [{steps: [{say: all}]}]\n" + f"# {'x' * 300_000}\n")
    pages.get(new="1")
    found = plain(pages.post("/lint", name="b.yaml", text="emulator: 1\nturns: [{steps: [{say: b}]}]\n").text)
    assert "No problem is known." in found
    assert "checked without the other scripts" in found


def test_names_that_cannot_be_put_are_said_while_somebody_types(ns, pages):
    put(ns, ORDERS)
    pages.get(new="1")
    assert "already" in plain(pages.post("/lint", name="orders.yaml", text=ORDERS).text)


def test_hints_come_for_the_place_of_the_cursor(pages):
    pages.get(new="1")
    found = pages.post("/hints", text="emulator: 1\r\nunmatched: ", offset=str(len("emulator: 1\nunmatched: "))).text
    assert plain(found).startswith("unmatched What happens to other runs. a text fail echo http_error")
    assert 'data-insert="echo"' in found
    steps = "emulator: 1\nturns:\n- steps:\n  - "
    verbs = plain(pages.post("/hints", text=steps, offset=str(len(steps))).text)
    assert "say" in verbs
    assert "python" not in verbs  # which is refused here
    for offset in ("", "x", "-1", "9" * 40):
        assert pages.post("/hints", text="a", offset=offset).status_code == 200
    assert pages.post("/hints", text="</script>: <b>", offset="14").text.count("<b>") == 0


# --- long scripts ----------------------------------------------------------------------------------------------------


@pytest.fixture
def long_script():
    turns = "".join(f"- {{name: t{one}, when: {{message: m{one}}}, steps: [{{say: x}}]}}\n" for one in range(8_000))
    return f"emulator: 1\nturns:\n{turns}"


def test_a_long_script_is_shown_in_parts_and_not_edited(ns, pages, long_script):
    put(ns, long_script)
    assert "Read only. It is longer than 256 KiB" in pages.text()
    assert "Lines 1 to 2000 of 8002" in pages.text(source="orders.yaml")
    found = pages.text(**{"source": "orders.yaml", "from": "8001"})
    assert "8002 - {name: t7999" in found
    assert pages.get(edit="orders.yaml").status_code == 400


def test_the_page_of_a_line_is_linked(ns, pages, long_script):
    put(ns, long_script)
    pages.get(after="2500")
    assert "scripts?source=orders.yaml&amp;from=2000#L2503" in pages.html
    assert 'id="L2503"' in pages.get(**{"source": "orders.yaml", "from": "2000"}).text


def test_what_takes_seconds_is_checked_by_the_button_and_not_while_it_is_typed(ns, pages, long_script):
    put(ns, long_script[: long_script.rfind("\n", 0, 200_000) + 1])
    assert "longer than 64 KiB" in pages.text(edit="orders.yaml")
    found = pages.post(query={"edit": "orders.yaml"}, text=pages.typed() + "- wrong\n", do="check")
    assert found.status_code == 200
    assert "1 error" in found.text


def test_a_very_long_line_is_cut(ns, pages):
    put(ns, '{"emulator": 1, "turns": [], "name": "' + "x" * 1_000_000 + '"}')
    assert len(pages.get(source="orders.yaml").text) < 30_000


def test_a_long_text_that_is_put_without_scripts_comes_back_whole(pages, long_script):
    pages.get(new="1")
    text = long_script.replace("t7999", "t1")
    found = pages.post(query={"new": "1"}, name="a.yaml", text=text + "- wrong\n", do="put")
    pages.html = found.text
    assert found.status_code == 422
    assert pages.typed() == text + "- wrong\n"
    assert "longer than 64 KiB" in plain(pages.post("/lint", text=text).text)


# --- a turn for a run ------------------------------------------------------------------------------------------------


def test_a_run_that_no_turn_answered_becomes_a_turn(ns, pages, client, assistant):
    put(ns, ORDERS)
    message = "When <b>do</b> you open:\n- Sunday? {{ x }}"
    run, _ = play(client, assistant, message)
    assert run.status == "failed"
    text = pages.text(**{"for": run.id})
    assert f"A turn that fits the run {run.id}" in text
    assert "No problem is known." in text
    pages.post(query={"for": run.id}, text=pages.typed(), do="put")
    assert play(client, assistant, message)[1] == "What the assistant answers."


def test_a_run_that_a_turn_answered_gets_a_turn_before_it(ns, pages, client, assistant):
    put(ns, ORDERS)
    run, _ = play(client, assistant, "weather?")
    pages.get(**{"for": run.id})
    assert "priority: 1" in pages.typed()
    pages.post(query={"for": run.id}, text=pages.typed(), do="put")
    assert play(client, assistant, "weather?")[1] == "What the assistant answers."


def test_the_page_of_a_run_leads_to_its_line_and_to_a_turn_for_it(server, ns, client, assistant):
    put(ns, ORDERS)
    run, _ = play(client, assistant, "weather?")
    page = httpx.get(f"{server.url}/_emulator/inspector/ns/{ns.name}/runs/{run.id}", timeout=30).text
    assert f"/ns/{ns.name}/scripts?source=orders.yaml#L4" in page
    assert f"/ns/{ns.name}/scripts?for={run.id}" in page


def test_a_run_that_is_not_there_is_not_found(pages):
    assert pages.get(**{"for": "run_none"}).status_code == 404


# --- trying a message ------------------------------------------------------------------------------------------------


def test_a_message_is_tried_and_nothing_is_counted(ns, pages, client, assistant):
    put(ns, ORDERS)
    requests = len(ns.control("GET", "/requests")["requests"])
    text = pages.text(**{"try": "what weather"})
    assert "This turn would answer weather of orders, orders.yaml, line 4" in text
    assert 'order line 9 no message equals "order" "what weather"' in text
    assert state(ns) == (1, ["orders.yaml"], [0, 0])
    assert ns.control("GET", "/runs")["runs"] == []
    assert len(ns.control("GET", "/requests")["requests"]) == requests


def test_turns_that_are_used_up_are_said_to_be(ns, pages, client, assistant):
    put(ns, ORDERS)
    for _ in range(2):
        play(client, assistant, "weather?")
    text = pages.text(**{"try": "weather"})
    assert "No turn would answer" in text
    assert "weather line 4 used up uses at most 2 played 2 times" in text


def test_an_assistant_is_known_by_name_or_id(ns, pages, assistant):
    put(ns, "emulator: 1\nturns:\n- {name: clerk, when: {assistant: {name: Clerk}}, steps: [{say: x}]}\n")
    assert "This turn would answer clerk" in pages.text(**{"try": "hi", "assistant": "Clerk"})
    assert "No turn would answer" in pages.text(**{"try": "hi", "assistant": assistant.id})
    assert pages.get(**{"try": "hi", "assistant": "asst_none"}).status_code == 404
    assert "asst_none" in plain(pages.html)
    assert pages.get(**{"try": "hi", "thread": "thread_none"}).status_code == 404


def test_tools_model_and_api_count(ns, pages):
    put(
        ns,
        "emulator: 1\nturns:\n"
        "- {name: tools, when: {tools: [look, file_search], model: gpt-x}, steps: [{say: x}]}\n"
        "- {name: other, when: {api: responses}, steps: [{say: x}]}\n",
    )
    asked = {"try": "hi", "tools": "look, file_search", "model": "gpt-x"}
    assert "This turn would answer tools" in pages.text(**asked)
    assert "This turn would answer other" in pages.text(**{"try": "hi", "api": "responses"})


def test_what_was_asked_stays_in_the_form(ns, pages):
    put(ns, ORDERS)
    found = pages.get(
        **{"try": '</textarea><script>alert("x")</script>', "assistant": '"><script>alert(2)</script>'}
    ).text
    assert "<script>alert" not in found
    assert "&lt;/textarea&gt;" in found
