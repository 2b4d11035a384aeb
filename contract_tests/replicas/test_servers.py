"""Servers in processes of their own behind a proxy, on SQLite: they hold a conversation, die, and come back."""

import httpx
import pytest

from contract_tests.replicas.proxy import Proxy
from contract_tests.replicas.servers import Replica, Replicas
from contract_tests.replicas.suite import Service


@pytest.fixture(scope="module")
def replicas():
    with Replicas(None, 2, "--grace", "0.2") as replicas:
        yield replicas


def is_answered(replica):
    try:
        return httpx.get(f"{replica.url}/_emulator/health", trust_env=False).status_code == 200
    except httpx.ConnectError:
        return False


def test_a_conversation_is_held_through_the_proxy(replicas):
    with Proxy([replicas[0].port]) as proxy:
        service = Service(proxy.url)
        with service.namespace("pier").client() as client:
            assistant = client.beta.assistants.create(model="gpt-4o")
            thread = {"messages": [{"role": "user", "content": "Hello"}]}
            run = client.beta.threads.create_and_run_poll(assistant_id=assistant.id, thread=thread)
            (answer, _) = client.beta.threads.messages.list(run.thread_id)
        assert answer.content[0].text.value == "Hello"
        service._close_emulator()


def test_a_replica_that_was_killed_comes_back_at_the_same_address(replicas):
    first, second = replicas
    before = first.pid
    first.kill()
    assert (is_answered(first), is_answered(second)) == (False, True)
    first.start()
    assert first.pid != before
    assert is_answered(first)


def test_a_replica_that_is_asked_to_stop_stops_without_an_error(replicas):
    assert replicas[1].stop() == 0
    replicas[1].start()


def test_a_replica_that_cannot_start_says_why(tmp_path):
    replica = Replica("broken", tmp_path / "no" / "folder.sqlite", tmp_path)
    with pytest.raises(RuntimeError, match=r"broken does not start:\n.*is not a directory"):
        replica.start()


def test_nothing_runs_any_more_in_the_end():
    with Replicas(None, 2) as replicas:
        assert all(one.runs for one in replicas)
    assert not any(one.runs for one in replicas)
