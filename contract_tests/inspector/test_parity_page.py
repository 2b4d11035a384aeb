"""The page of parity: what differs between two namespaces, which of it is meant, and where that stands."""

import hashlib
import json
import re
import shlex
import subprocess
import sys
from urllib.parse import parse_qs, urlsplit

import pytest

from contract_tests.harness import Namespace
from contract_tests.inspector.page_reader import Page, Visitor
from contract_tests.inspector.ported_library import INSTRUCTIONS, SCENARIO, port, program
from emulator import parity
from emulator.harness.waiver_files import read_waivers

ROOT = "/_emulator/inspector"


@pytest.fixture
def visitor(server):
    visiting = Visitor(server.url)
    yield visiting
    visiting.close()


@pytest.fixture
def sides(request, server, http, _shared_client):
    """Two namespaces that play the same scenario, each with its client."""
    digest = hashlib.sha256(request.node.nodeid.encode()).hexdigest()[:10]
    both = [Namespace(f"parity-{side}-{digest}", server.url, http) for side in ("before", "after")]
    for one in both:
        one.put(clock="auto")
        one.load(SCENARIO)
    yield [(one, _shared_client.with_options(api_key=one.key)) for one in both]
    for one in both:
        one.control("DELETE")


def compared(visitor, sides, /, **query):
    before, after = (namespace.name for namespace, _ in sides)
    return visitor.open("/parity", before=before, after=after, **query)


def waived(visitor, page, field, reason, *, scope="turn", nth=0):
    """Send the form at a difference."""
    forms = [
        (attributes, fields)
        for attributes, fields in page.forms
        if attributes.get("action", "").endswith("/parity/waivers") and fields["field"] == field
    ]
    attributes, fields = forms[nth]
    return Page(visitor.http.post(attributes["action"], data={**fields, "reason": reason, "scope": scope}))


def test_nothing_chosen_offers_the_namespaces_there_are(visitor, sides):
    page = visitor.open("/parity")
    for namespace, client in sides:
        client.beta.threads.create()
        assert namespace.name in visitor.open("/parity").text
    assert "Choose the namespace" in page.text or "There are not two namespaces yet" in page.text


def test_a_port_that_does_the_same_is_equal(visitor, sides):
    (_, before), (_, after) = sides
    program(before)
    port(after)
    page = compared(visitor, sides)
    assert "equal The port does what the program did" in page.text
    assert "0 differences" in page.text
    assert "1 dialogue without a difference that counts" in page.text
    assert "Turn 1" not in page.text


def test_differences_stand_first_side_by_side_with_the_sentence_of_the_command(visitor, sides):
    (one, before), (other, after) = sides
    thread = program(before)
    first = port(after, forgets=True)
    page = compared(visitor, sides)
    report = parity(one.name + "@" + one.url, other.name + "@" + other.url)
    assert f"seen {report.differences[0].sentence}" in page.text
    assert f"instructions {INSTRUCTIONS} nothing" in page.text
    assert "Turn 2 “books”" in page.text
    assert "Turn 1" not in page.text
    assert page.links[thread] == f"{ROOT}/ns/{one.name}/threads/{thread}"
    assert page.links[first] == f"{ROOT}/ns/{other.name}/threads/{first}"
    assert [tag for tag, _ in page.tags if tag in ("del", "ins")] == ["del"]
    both = {"before": one.name, "after": other.name}
    assert page.codes["Report"] == one.http.post(f"{one.url}/_emulator/parity?format=text", json=both).text


def test_the_command_that_is_named_prints_the_same_report(visitor, sides):
    (_, before), (_, after) = sides
    program(before)
    port(after, forgets=True)
    page = compared(visitor, sides, equal="1")
    command = shlex.split(page.codes["The command that prints it"])
    done = subprocess.run(
        [sys.executable, "-m", "emulator", *command[1:]], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1, done.stderr
    assert done.stdout == page.codes["Report"]


def test_what_is_equal_by_rule_is_shown_when_it_is_asked_for(visitor, sides):
    (_, before), (_, after) = sides
    program(before)
    port(after)
    page = compared(visitor, sides, equal="1")
    assert "Turn 1 “hello”" in page.text
    assert "by the rule “truncation”" in page.text
    assert "equal by a rule:" in page.codes["Report"]


def test_a_difference_is_waived_with_a_reason_that_the_address_keeps(visitor, sides):
    (_, before), (_, after) = sides
    program(before)
    port(after, temperature=0.4)
    page = compared(visitor, sides)
    assert "2 differences (2 seen)" in page.text
    page = waived(visitor, page, "temperature", "The new model has another scale.")
    assert "1 difference (1 seen), 1 waived" in page.text
    page = waived(visitor, page, "temperature", "Everywhere so.", scope="everywhere")
    assert "equal The port does what the program did" in page.text
    query = parse_qs(urlsplit(str(page.response.url)).query)
    assert [json.loads(one) for one in query["waive"]] == [
        {
            "dialogue": 1,
            "turn": 1,
            "kind": "seen",
            "field": "temperature",
            "reason": "The new model has another scale.",
        },
        {"kind": "seen", "field": "temperature", "reason": "Everywhere so."},
    ]
    assert visitor.open(str(page.response.url.raw_path, "ascii")).text.count("Waived differences (2)") == 1


def test_a_waiver_is_removed_and_one_that_covers_nothing_is_named(visitor, sides):
    (_, before), (_, after) = sides
    program(before)
    port(after, temperature=0.4)
    waivers = [{"field": "temperature", "reason": "scale"}, {"field": "top_p", "reason": "never"}]
    page = compared(visitor, sides, waive=[json.dumps(one) for one in waivers])
    assert "Waiver 2 covers nothing." in page.text
    without = next(address for text, address in page.anchors if text == "Remove" and "top_p" not in address)
    page = visitor.open(without)
    assert "covers nothing" not in page.text
    assert "equal The port does what the program did" in page.text


def test_the_file_of_waivers_is_the_one_that_tests_take(visitor, sides, tmp_path):
    (one, before), (other, after) = sides
    program(before, metadata={"order": "7"})
    port(after, temperature=0.4)
    page = waived(visitor, compared(visitor, sides), "temperature", 'It\'s: "another"\n# scale, ü', scope="everywhere")
    page = waived(visitor, page, "dialogue_metadata.order", "yes", scope="dialogue")
    download = visitor.http.get(page.links["Download waivers.yaml"])
    assert download.headers["content-disposition"] == 'attachment; filename="waivers.yaml"'
    assert download.text == page.codes["waivers.yaml"]
    file = tmp_path / "waivers.yaml"
    file.write_bytes(download.content)
    assert [(one.field, one.reason, one.dialogue) for one in read_waivers(file)] == [
        ("temperature", 'It\'s: "another"\n# scale, ü', None),
        ("dialogue_metadata.order", "yes", 1),
    ]
    assert parity(f"{one.name}@{one.url}", f"{other.name}@{other.url}", waivers=file).is_equal


def test_a_waiver_without_a_reason_and_one_too_many_are_refused(visitor, sides):
    (_, before), (_, after) = sides
    program(before)
    port(after, temperature=0.4)
    page = compared(visitor, sides)
    assert "A waiver needs a reason" in waived(visitor, page, "temperature", "  ").text
    assert "A reason may have" in waived(visitor, page, "temperature", "x" * 501).text
    many = [json.dumps({"field": f"field-{number}", "reason": "x" * 490}) for number in range(14)]
    page = compared(visitor, sides, waive=many)
    assert page.status == 200
    assert "No more waivers and pairs fit" in waived(visitor, page, "temperature", "x" * 490).text


@pytest.mark.parametrize(
    "query, message",
    [
        ({"waive": "{"}, "each waiver in the address has to be a JSON object"),
        ({"waive": "[" * 3_000}, "each waiver in the address has to be a JSON object"),
        ({"waive": '{"field": "x"}'}, "waivers[0].reason: is required"),
        ({"waive": '{"field": "x", "reason": "y", "trun": 2}'}, "did you mean turn?"),
        ({"waive": '{"field": {"<b>": 1}, "reason": [1]}'}, "waivers[0].reason: is required"),
        ({"pair": "a"}, "write the ids of two dialogues"),
        ({"pair": "<b>a</b>=b"}, "is no dialogue of before"),
        ({"page": "0"}, "has to be a number from 1"),
        ({"dialogue": "x"}, "has to be a number from 1"),
    ],
)
def test_an_address_that_is_wrong_is_refused_above_the_choice(visitor, sides, query, message):
    (_, before), (_, after) = sides
    program(before)
    port(after)
    page = compared(visitor, sides, **query)
    assert page.status == 400
    assert message in page.text
    assert page.form("/parity")["before"] == ""  # a select
    assert "<b>" not in page.html


def test_a_namespace_that_is_not_there_is_named(visitor):
    page = visitor.open("/parity", before="no-such-one", after="nor-this<b>")
    assert page.status == 404
    assert "no-such-one" in page.text
    assert "<b>" not in page.html


def test_dialogues_are_paired_by_hand(visitor, sides):
    (_, before), (_, after) = sides
    olds = [program(before, ["hello"]), program(before, ["hello"])]
    news = [port(after, ["hello"], temperature=0.4), port(after, ["hello"])]
    page = compared(visitor, sides)
    assert "Dialogue 1 1 difference" in page.text
    page = visitor.send(page, "/parity/pairs", old=olds[0], new=news[1])
    assert "are compared with each other." in page.text
    assert "Dialogue 2 1 difference" in page.text
    page = visitor.open(next(address for text, address in page.anchors if text == "Remove"))
    assert "Dialogue 1 1 difference" in page.text


def test_fifty_dialogues_are_shown_at_once_and_the_turns_of_one_on_its_own_page(visitor, sides):
    (_, before), (_, after) = sides
    for _ in range(52):
        program(before, ["hello"])
        port(after, ["hello"], temperature=0.4)
    program(before, ["hello"] * 22)
    port(after, ["hello"] * 22, temperature=0.4)
    page = compared(visitor, sides)
    assert len(re.findall(r"Dialogue \d+ \d+ difference", page.text)) == 50
    page = visitor.open(page.links["More dialogues"])
    assert len(re.findall(r"Dialogue \d+ \d+ difference", page.text)) == 3
    page = visitor.open(page.links["2 more turns of this dialogue"])
    assert len(re.findall(r"Turn \d+ “hello”", page.text)) == 22
    assert "All dialogues" in page.links


def test_strict_ordering_counts_the_order_of_tools(visitor, sides):
    (_, before), (_, after) = sides
    tools = [
        {"type": "function", "function": {"name": name, "parameters": {"type": "object", "properties": {"a": {}}}}}
        for name in ("one", "two")
    ]
    for client, listed in ((before, tools), (after, tools[::-1])):
        assistant = client.beta.assistants.create(model="gpt-4o", tools=listed)
        thread = client.beta.threads.create(messages=[{"role": "user", "content": "hello"}])
        client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
    assert "equal The port does what" in compared(visitor, sides).text
    strict = compared(visitor, sides, strict="1")
    assert "different The port does something else" in strict.text
    assert "tools" in strict.text


def test_hostile_dialogues_become_no_part_of_the_page_and_keys_are_masked(visitor, sides):
    (_, before), (_, after) = sides
    evil = "hello <script>alert(1)</script> \u202e"
    secret = "sk-proj-" + "Q7" * 20
    program(before, [evil + secret], metadata={"<b>": "javascript:alert(1)"})
    port(after, [evil + secret + "!"], metadata={"<i>": evil})
    page = compared(visitor, sides, equal="1")
    assert "<script>alert" not in page.html
    assert "<b>" not in page.html
    assert secret not in page.html
    assert secret[8:24] not in page.html
    assert not [one for _, one in page.anchors if one.startswith("javascript")]


def test_long_texts_are_shown_around_what_differs(visitor, sides):
    (_, before), (_, after) = sides
    program(before, ["hello" + "a" * 100_000 + "!" + "b" * 100_000])
    port(after, ["hello" + "a" * 100_000 + "?" + "b" * 100_000])
    page = compared(visitor, sides)
    assert page.status == 200
    assert len(page.html) < 200_000
    assert "<del>!</del>" in page.html
    assert "<ins>?</ins>" in page.html


def test_looking_moves_no_run_and_is_no_request(visitor, sides):
    (one, before), (other, after) = sides
    one.put(pace={"progression": "polls", "times": 3})
    assistant = before.beta.assistants.create(model="gpt-4o")
    thread = before.beta.threads.create(messages=[{"role": "user", "content": "hello"}])
    run = before.beta.threads.runs.create(thread.id, assistant_id=assistant.id)
    port(after)
    requests = one.requests(), other.requests()
    for _ in range(5):
        compared(visitor, sides)
    assert (one.requests(), other.requests()) == requests
    assert one.control("GET", f"/runs/{run.id}")["status"] == "queued"


def test_the_forms_go_nowhere_but_to_the_page(visitor, sides):
    (_, before), (_, after) = sides
    program(before)
    port(after, temperature=0.4)
    page = compared(visitor, sides)
    attributes, fields = next(one for one in page.forms if one[0].get("action", "").endswith("/parity/waivers"))
    answer = visitor.http.post(
        attributes["action"],
        data={**fields, "reason": "x", "query": "https://elsewhere.invalid/?before=a&next=//elsewhere.invalid"},
        follow_redirects=False,
    )
    assert answer.headers["location"].startswith(f"{ROOT}/parity?")
    assert "elsewhere" not in answer.headers["location"].partition("?")[0]
    without = visitor.http.post(attributes["action"], data={**fields, "forgery": "no", "reason": "x"})
    assert without.status_code == 403
