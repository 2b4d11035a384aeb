"""Aliases: requests that name one namespace go to another."""

import pytest


@pytest.fixture
def alias(server, http, ns):
    """An alias of the test's namespace."""
    name = f"{ns.name[:40]}-alias"
    http.put(f"{server.control_url}/aliases/{name}", json={"namespace": ns.name}).raise_for_status()
    yield name
    http.delete(f"{server.control_url}/aliases/{name}")


def test_requests_that_name_an_alias_go_to_its_namespace(client, alias, ns, server, http):
    made = client.with_options(api_key=f"sk-emu-{alias}").beta.threads.create()
    assert client.beta.threads.retrieve(made.id).id == made.id
    assert [entry["namespace"] for entry in ns.control("GET", "/requests")["requests"]] == [ns.name] * 2
    assert http.get(f"{server.control_url}/ns/{alias}").status_code == 404
    assert http.get(f"{server.control_url}/aliases").json()["aliases"][alias] == ns.name


def test_an_alias_that_is_deleted_leaves_requests_where_they_say(client, alias, server, http):
    http.delete(f"{server.control_url}/aliases/{alias}").raise_for_status()
    assert http.delete(f"{server.control_url}/aliases/{alias}").status_code == 404
    made = client.with_options(api_key=f"sk-emu-{alias}").beta.threads.create()
    assert http.get(f"{server.control_url}/ns/{alias}").status_code == 200
    assert made.id
    http.delete(f"{server.control_url}/ns/{alias}")


@pytest.mark.parametrize("name, namespace", [("A", "a"), ("a", "A"), ("..", "a"), ("a", "")])
def test_what_is_no_name_is_refused(server, http, name, namespace):
    answer = http.put(f"{server.control_url}/aliases/{name}".replace("..", "%2e%2e%20"), json={"namespace": namespace})
    assert answer.status_code == 400
    assert "cannot name a namespace" in answer.json()["error"]["message"]
