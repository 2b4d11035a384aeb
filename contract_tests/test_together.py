"""Programs beside each other, whose requests are let in one by one in the order that a test has chosen."""

import asyncio
import subprocess
import sys
import threading

import httpx
import openai
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract_tests.harness import MODEL, WEATHER, scenario
from emulator import ControlError, InProcess, LiveServer
from emulator.domain.request_order import RequestOrder
from emulator.harness.errors import OrderStalledError
from scripted_models import Call, Say

SOON = 0.05
CREATE = "POST", "/threads"


@pytest.fixture(params=[LiveServer, InProcess], ids=["socket", "in_process"])
def own(request):
    with request.param(script=scenario(Say("At noon."))) as server:
        yield server.namespace("tides")


def creating(times, name):
    """Return a program that makes so many threads."""

    def create(client):
        return [client.beta.threads.create(metadata={"of": f"{name}{number}"}).id for number in range(times)]

    return create


def made(namespace):
    """Return what each request made, in the order in which the server answered them."""
    return [request.json["metadata"]["of"] for request in namespace.requests.list(*CREATE)]


@pytest.mark.parametrize(
    "order, expected",
    [
        ("abba", ["a0", "b0", "b1", "a1", "b2", "a2"]),
        ("", ["a0", "b0", "a1", "b1", "a2", "b2"]),
        ("bb", ["b0", "b1", "a0", "b2", "a1", "a2"]),
        ("aaabbb", ["a0", "a1", "a2", "b0", "b1", "b2"]),
        ("bbbbbbaa", ["b0", "b1", "b2", "a0", "a1", "a2"]),
    ],
)
def test_requests_are_let_in_in_the_order_given_and_then_in_turn(own, order, expected):
    results = own.together(creating(3, "a"), creating(3, "b"), order)
    assert made(own) == expected
    assert [len(ids) for ids in results] == [3, 3]


@pytest.fixture(scope="module")
def without_socket():
    with InProcess() as server:
        yield server.namespace("tides")


@given(st.text("ab", max_size=10), st.integers(0, 4), st.integers(0, 4))
@settings(max_examples=50)
def test_any_order_is_kept(without_socket, letters, of_a, of_b):
    order, left = RequestOrder(("a", "b"), letters), {"a": of_a, "b": of_b}
    while (due := order.due) is not None:
        order = order.admit() if left[due] else order.end(due)
        left[due] -= 1
    without_socket.reset()
    without_socket.together(creating(of_a, "a"), creating(of_b, "b"), letters)
    assert "".join(of[0] for of in made(without_socket)) == order.admitted


def test_the_order_holds_however_slow_a_program_is(own):
    is_asked = threading.Event()

    def slow(client):
        is_asked.wait(60)  # until the other one waits in the server
        return creating(1, "a")(client)

    def fast(client):
        threading.Timer(SOON, is_asked.set).start()
        return creating(1, "b")(client)

    own.together(slow, fast, "ab")
    assert made(own) == ["a0", "b0"]


def test_a_program_that_has_ended_is_passed_over(own):
    own.together(creating(1, "a"), creating(3, "b"), "aaaaab")
    assert made(own) == ["a0", "b0", "b1", "b2"]


def test_a_program_that_sends_nothing_at_all_holds_nobody_up(own):
    assert own.together(lambda client: "idle", creating(1, "b"), "aab")[0] == "idle"
    assert made(own) == ["b0"]


def test_requests_of_others_pass(own):
    others = own.client()

    def asking(client):
        others.beta.threads.create(metadata={"of": "other"})
        return creating(1, "a")(client)

    own.together(asking, creating(1, "b"), "ab")
    assert made(own) == ["other", "a0", "b0"]


def test_the_first_event_of_a_stream_lets_the_next_request_in(own):
    own.load(scenario(Call("look_outside", {"town": "Oslo"}), Say("It rains.")))
    client = own.client()
    assistant = client.beta.assistants.create(model=MODEL, tools=[WEATHER])
    thread = client.beta.threads.create(messages=[{"role": "user", "content": "Outside?"}])
    own.pace("manual")

    def reading(client):
        """Read the stream of a run that goes on by the other program's help alone."""
        with client.beta.threads.runs.stream(thread_id=thread.id, assistant_id=assistant.id) as stream:
            return [event.event for event in stream][-1]

    def helping(client):
        [run] = client.beta.threads.runs.list(thread.id).data
        own.step(run, until="requires_action")
        return run.status

    assert own.together(reading, helping, "ab") == ("thread.run.requires_action", "queued")


@pytest.mark.parametrize("fault", [{"disconnect": True}, {"disconnect": True, "before": False}, {"status": 500}])
def test_an_answer_that_breaks_off_lets_the_next_request_in(own, fault):
    own.fault(*CREATE, times=1, **fault)

    def failing(client):
        with pytest.raises(openai.OpenAIError):
            client.with_options(max_retries=0).beta.threads.create(metadata={"of": "a0"})

    own.together(failing, creating(1, "b"), "ab")
    assert [request.fault is None for request in own.requests.list(*CREATE)] == [False, True]


def test_a_program_that_resets_the_namespace_ends_the_order(own):
    def resetting(client):
        own.reset()
        return creating(1, "a")(client)

    own.together(resetting, lambda client: None, "ab")
    assert made(own) == ["a0"]


# --- errors -----------------------------------------------------------------------------------------------------------


def failing(client):
    client.beta.threads.create(metadata={"of": "a0"})
    raise LookupError("no such tide")


def test_the_error_of_a_program_is_raised_with_notes_and_the_other_goes_on(own):
    with pytest.raises(LookupError, match="no such tide") as caught:
        own.together(failing, creating(2, "b"), "abab")
    assert made(own) == ["a0", "b0", "b1"]
    assert caught.value.__notes__ == ['program a of ns.together(a, b, "abab"); let in: abb']


def test_the_first_error_is_raised_and_names_the_second(own):
    def failing_later(client):
        client.beta.threads.create(metadata={"of": "b0"})
        client.beta.threads.create(metadata={"of": "b1"})
        raise openai.OpenAIError("late")

    with pytest.raises(LookupError) as caught:
        own.together(failing, failing_later, "ab")
    assert caught.value.__notes__[1] == "program b failed behind it: OpenAIError('late')"


def test_an_outcome_of_pytest_within_a_program_is_the_tests(own):
    with pytest.raises(pytest.fail.Exception, match="said so"):
        own.together(lambda client: pytest.fail("said so"), creating(1, "b"))


def test_programs_that_wait_for_each_other_are_let_go_with_an_error_that_says_who_waited(own):
    has_ended = threading.Event()

    def waiting(client):
        has_ended.wait(60)

    def asking(client):
        client.beta.threads.create(metadata={"of": "b0"})
        has_ended.set()

    with pytest.raises(OrderStalledError) as caught:
        own.together(waiting, asking, "aab", timeout=SOON)
    assert str(caught.value) == (
        "POST /threads of program b waited 0.05 s for a request of program a, which was to come first and never came;"
        " let in so far: none"
    )
    assert made(own) == ["b0"]


def test_a_client_that_gives_up_waiting_leaves_the_queue():
    with LiveServer() as server:
        own = server.namespace("tides")
        has_gone = threading.Event()

        def late(client):
            has_gone.wait(60)
            return creating(1, "a")(client)

        def impatient(client):
            with pytest.raises(openai.APITimeoutError):
                client.with_options(timeout=SOON, max_retries=0).beta.threads.create(metadata={"of": "lost"})
            has_gone.set()

        own.together(late, impatient, "ab")
        assert [request.status for request in own.requests.list(*CREATE) if request.status not in {0, 499}] == [200]
        assert own.requests.list(*CREATE, status=200)[0].json["metadata"]["of"] == "a0"
        assert len(own.threads.list()) == 1


@pytest.mark.parametrize("order", ["abc", "A"])
def test_letters_of_no_program_are_refused(own, order):
    with pytest.raises(Exception, match="order: there is no program"):
        own.together(creating(1, "a"), creating(1, "b"), order)
    assert own.requests.list() == []


@pytest.mark.parametrize("program", ["python app.py", b"python app.py", 7, None, []])
def test_what_is_no_program_is_refused_before_anything_runs(own, program):
    with pytest.raises(TypeError, match="is no program: give a function that takes a client, or a command as a list"):
        own.together(creating(1, "a"), program)
    assert own.requests.list() == []


def test_an_asynchronous_program_is_none_of_a_synchronous_namespace(own):
    async def awaited(client):
        return None

    with pytest.raises(TypeError, match="takes an asynchronous namespace"):
        own.together(awaited, creating(1, "b"))


# --- commands ---------------------------------------------------------------------------------------------------------

PROGRAM = """
import json, os, sys, urllib.request
url, key = os.environ["OPENAI_BASE_URL"] + "/threads", os.environ["OPENAI_API_KEY"]
headers = {"Authorization": "Bearer " + key, "OpenAI-Beta": "assistants=v2", "Content-Type": "application/json"}
for number in range(2):
    data = json.dumps({"metadata": {"of": sys.argv[1] + str(number)}}).encode()
    urllib.request.urlopen(urllib.request.Request(url, data, headers)).read()
print("made")
"""
COMMAND = [sys.executable, "-c", PROGRAM]


def test_commands_take_turns_as_processes():
    with LiveServer() as server:
        own = server.namespace("tides")
        results = own.together([*COMMAND, "a"], [*COMMAND, "b"], "baab")
        assert made(own) == ["b0", "a0", "a1", "b1"]
        assert [result.stdout for result in results] == ["made\n", "made\n"]


def test_a_command_needs_a_server_with_a_socket():
    with InProcess() as server, pytest.raises(TypeError, match="use LiveServer in place of InProcess"):
        server.namespace("tides").together([*COMMAND, "a"], creating(1, "b"))


def test_a_command_that_fails_shows_what_it_said():
    with LiveServer() as server:
        own = server.namespace("tides")
        broken = [sys.executable, "-c", "raise SystemExit('no tide table')"]
        with pytest.raises(subprocess.CalledProcessError) as caught:
            own.together(broken, creating(2, "b"), "ab")
        assert "no tide table" in caught.value.__notes__[0]
        assert made(own) == ["b0", "b1"]


def test_a_command_that_fails_and_says_nothing_has_no_empty_note():
    with LiveServer() as server, pytest.raises(subprocess.CalledProcessError) as caught:
        server.namespace("tides").together([sys.executable, "-c", "raise SystemExit(3)"], creating(1, "b"))
    (note,) = caught.value.__notes__
    assert note.startswith("program a of ns.together(a, b, ")


# --- awaited ----------------------------------------------------------------------------------------------------------


async def test_asynchronous_programs_take_turns():
    async def creating(client, name):
        for number in range(2):
            await client.beta.threads.create(metadata={"of": f"{name}{number}"})
        return name

    with LiveServer() as server:
        own = await asyncio.to_thread(server.async_namespace, "tides")
        results = await own.together(lambda client: creating(client, "a"), lambda client: creating(client, "b"), "abba")
        assert results == ("a", "b")
        assert made(own.sync) == ["a0", "b0", "b1", "a1"]


async def test_an_outcome_of_pytest_within_an_asynchronous_program_is_the_tests():
    async def failing(client):
        pytest.fail("said so")

    async def other(client):
        await client.beta.threads.create(metadata={"of": "b0"})

    with LiveServer() as server:
        own = await asyncio.to_thread(server.async_namespace, "tides")
        with pytest.raises(pytest.fail.Exception, match="said so"):
            await own.together(failing, other, "ab")
        assert made(own.sync) == ["b0"]


async def test_programs_that_are_cancelled_leave_no_order_behind():
    begun = asyncio.Event()

    async def endless(client):
        begun.set()
        await asyncio.Event().wait()

    with LiveServer() as server:
        own = await asyncio.to_thread(server.async_namespace, "tides")
        task = asyncio.create_task(own.together(endless, endless))
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        with pytest.raises(ControlError, match="No order of requests is set"):
            own.sync.control.ask("GET", "/order")


async def test_the_error_of_an_asynchronous_program_is_raised_with_notes():
    async def failing(client):
        raise LookupError("no such tide")

    async def idle(client):
        return None

    with LiveServer() as server:
        own = await asyncio.to_thread(server.async_namespace, "tides")
        with pytest.raises(LookupError) as caught:
            await own.together(failing, idle, "ab")
        assert caught.value.__notes__ == ['program a of ns.together(a, b, "ab"); let in: none']


# --- the control API --------------------------------------------------------------------------------------------------


def ask(ns, letter, **more):
    key = {"Authorization": f"Bearer {ns.key}+{letter}", "OpenAI-Beta": "assistants=v2"}
    return httpx.post(f"{ns.base_url}/threads", headers=key, json={}, trust_env=False, timeout=60, **more)


def test_the_control_api_says_how_far_an_order_has_come(ns):
    ns.control("PUT", "/order", {"programs": ["a", "b"], "order": "ab"})
    assert ask(ns, "a").status_code == 200
    expected = {"programs": ["a", "b"], "order": "ab", "admitted": "a", "due": "b", "waiting": [], "ended": []}
    assert ns.control("GET", "/order") == {**expected, "stalled": None}
    ns.control("POST", "/order/b/end")
    assert ask(ns, "a").status_code == 200
    assert ns.control("DELETE", "/order")["admitted"] == "aa"
    assert ns.control("GET", "/order", status=404)["error"]["message"].startswith("No order of requests is set")


def test_requests_that_wait_are_let_in_when_the_order_ends(ns):
    ns.control("PUT", "/order", {"programs": ["a", "b"], "order": "ab"})
    answers = []
    thread = threading.Thread(target=lambda: answers.append(ask(ns, "b").status_code))
    thread.start()
    while ns.control("GET", "/order")["waiting"] != ["b"]:
        pass
    ns.control("POST", "/reset")
    thread.join(60)
    assert answers == [200]
    ns.control("GET", "/order", status=404)


@pytest.mark.parametrize(
    "setting, message",
    [
        ({"programs": ["a"]}, "programs: "),
        ({"programs": ["a", "a"]}, "programs: give two or more different letters"),
        ({"programs": ["a", "bb"]}, "programs.1: a program is named by one letter from a to z"),
        ({"programs": ["a", "b"], "order": "abc"}, "order: there is no program 'c'"),
        ({"programs": ["a", "b"], "timeout": 0}, "timeout: "),
        ({"programs": ["a", "b"], "ordre": "ab"}, "ordre: there is no such field, did you mean order?"),
    ],
)
def test_what_is_no_order_is_refused(ns, setting, message):
    assert message in ns.control("PUT", "/order", setting, status=400)["error"]["message"]


def test_a_program_of_no_order_cannot_end(ns):
    ns.control("PUT", "/order", {"programs": ["a", "b"]})
    assert "no program 'c'" in ns.control("POST", "/order/c/end", status=404)["error"]["message"]


def test_a_key_with_a_program_names_its_namespace(ns, server):
    headers = {"Authorization": f"Bearer {ns.key}+a", "OpenAI-Beta": "assistants=v2"}
    answer = httpx.post(f"{server.url}/v1/threads", headers=headers, json={}, trust_env=False)
    assert answer.status_code == 200
    assert [request["path"] for request in ns.requests()] == ["/threads"]
