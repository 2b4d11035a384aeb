"""Errors before an endpoint is reached: keys, headers, routes, methods, and bodies that are malformed or too large."""

import httpx
import openai
import pytest

from emulator import LiveServer, Settings

ENVELOPE = ["message", "type", "param", "code"]


def error(response):
    assert response.headers["content-type"] == "application/json"
    assert list(response.json()) == ["error"]
    assert list(response.json()["error"]) == ENVELOPE
    return response.json()["error"]


def test_an_error_is_formatted_like_every_other_response(raw):
    response = raw.get("/threads/thread_none")
    assert response.text == (
        '{\n  "error": {\n    "message": "No thread found with id \'thread_none\'.",\n'
        '    "type": "invalid_request_error",\n    "param": null,\n    "code": null\n  }\n}'
    )


def test_every_response_has_the_services_headers(raw):
    for path in ("/models", "/threads/thread_none", "/not_found"):
        headers = raw.get(path).headers
        assert headers["openai-version"] == "2020-10-01"
        assert headers["openai-organization"]
        assert headers["openai-processing-ms"].isdigit()
        assert headers["x-request-id"].startswith("req_")
        assert len(headers["x-request-id"]) == 36


def test_a_refusal_has_no_header_of_an_unknown_organization(ns, raw):
    ns.fault({"status": 500}, path="/models", times=1)
    broken = raw.get("/models")
    assert broken.status_code == 500
    assert not {"openai-version", "openai-organization", "openai-project"} & set(broken.headers)
    keyless = httpx.get(f"{ns.base_url}/models", trust_env=False, timeout=60)
    assert keyless.status_code == 401
    assert "openai-organization" not in keyless.headers
    assert keyless.headers["openai-version"]


def test_a_fault_with_only_a_status_has_the_services_message(ns, raw):
    ns.fault({"status": 429}, path="/models", times=1)
    rate_limited = raw.get("/models")
    assert (rate_limited.status_code, error(rate_limited)) == (429, {
        "message": "You've exceeded the rate limit, please slow down and try again later.",
        "type": "invalid_request_error", "param": None, "code": "rate_limit_exceeded",
    })  # fmt: skip
    ns.fault({"status": 401}, path="/models", times=1)
    assert error(raw.get("/models"))["code"] == "invalid_api_key"
    ns.fault({"status": 503}, path="/models", times=1)
    unavailable = raw.get("/models")
    assert (unavailable.status_code, error(unavailable)["type"]) == (503, "server_error")


def test_an_unknown_path_is_reported_without_the_namespace(raw):
    assert error(raw.get("/not_found"))["message"] == "Invalid URL (GET /v1/not_found)"


def test_an_empty_id_leaves_two_slashes_that_count_as_one(raw):
    response = raw.post("/threads//messages", json={"role": "user", "content": "x"})
    assert (response.status_code, error(response)["message"]) == (400, "Unknown parameter: 'role'.")


def test_a_request_without_a_key_is_refused(ns):
    response = httpx.get(
        f"{ns.base_url}/assistants", headers={"OpenAI-Beta": "assistants=v2"}, trust_env=False, timeout=60
    )
    assert response.status_code == 401
    assert error(response)["message"].startswith(
        "You didn't provide an API key. You need to provide your API key in an"
    )
    assert (error(response)["param"], error(response)["code"]) == (None, None)
    assert response.headers["www-authenticate"] == 'Bearer realm="OpenAI API"'


@pytest.mark.parametrize("header", ["Bearer", "Basic abc", "sk-emu-x"])
def test_an_authorization_header_without_a_bearer_key_is_refused(ns, header):
    headers = {"OpenAI-Beta": "assistants=v2", "Authorization": header}
    assert httpx.get(f"{ns.base_url}/assistants", headers=headers, trust_env=False, timeout=60).status_code == 401


def test_a_key_in_azures_header_is_accepted(ns):
    headers = {"OpenAI-Beta": "assistants=v2", "api-key": "anything"}
    assert httpx.get(f"{ns.base_url}/assistants", headers=headers, trust_env=False, timeout=60).status_code == 200


def test_a_server_with_a_list_of_keys_refuses_others():
    with LiveServer(Settings(api_keys=frozenset({"sk-emu-known"}))) as server:
        transport = openai.DefaultHttpxClient(trust_env=False)
        with openai.OpenAI(api_key="sk-emu-known", base_url=server.base_url, http_client=transport) as client:
            assert client.beta.assistants.list().data == []
            with pytest.raises(openai.AuthenticationError) as excinfo:
                client.with_options(api_key="sk-emu-unknown-1234").beta.assistants.list()
    assert excinfo.value.code == "invalid_api_key"
    message = excinfo.value.body["message"]
    assert message.startswith("Incorrect API key provided: sk-")
    assert message.endswith("1234. You can find your API key at https://platform.openai.com/account/api-keys.")
    assert "unknown" not in message


@pytest.mark.parametrize("path", ["/assistants", "/threads/thread_1", "/threads/thread_1/runs/run_1/steps"])
def test_the_beta_header_is_needed(raw, path):
    del raw.headers["OpenAI-Beta"]
    response = raw.get(path)
    assert response.status_code == 400
    assert error(response) == {
        "message": "You must provide the 'OpenAI-Beta' header to access the Assistants API. Please try again by setting"
        " the header 'OpenAI-Beta: assistants=v2'.",
        "type": "invalid_request_error",
        "param": None,
        "code": "invalid_beta",
    }


@pytest.mark.parametrize("header", ["assistants=v3", "realtime=v1", ""])
def test_other_beta_headers_are_refused(raw, header):
    assert raw.get("/assistants", headers={"OpenAI-Beta": header}).status_code == 400


@pytest.mark.parametrize(
    "header", ["assistants=v2", "assistants=v1, assistants=v2", "assistants=v2,assistants=v1", "x=1, assistants=v2"]
)
def test_the_beta_header_may_be_a_list(raw, header):
    created = raw.post("/threads", json={}, headers={"OpenAI-Beta": header})
    assert created.status_code == 200
    assert "tool_resources" in created.json()


def test_the_key_is_checked_before_the_beta_header_and_that_before_the_body(ns, raw):
    response = httpx.post(f"{ns.base_url}/assistants", content=b"{", trust_env=False, timeout=60)
    assert response.status_code == 401
    del raw.headers["OpenAI-Beta"]
    assert error(raw.post("/assistants", content=b"{"))["code"] == "invalid_beta"


def test_v1_can_be_refused(ns, raw):
    raw.headers["OpenAI-Beta"] = "assistants=v1"
    assert raw.get("/assistants").status_code == 200
    ns.put(v1="refused")
    response = raw.get("/assistants")
    assert response.status_code == 400
    assert error(response) == {
        "message": "The v1 Assistants API has been deprecated. Please try again by setting the header 'OpenAI-Beta:"
        " assistants=v2'. See the migration guide for more information:"
        " https://platform.openai.com/docs/assistants/migration.",
        "type": "invalid_request_error",
        "param": None,
        "code": "invalid_beta",
    }


def test_after_the_sunset_the_api_is_not_found(ns, raw):
    ns.put(sunset=True)
    for path in ("/assistants", "/threads/thread_1"):
        response = raw.get(path)
        assert response.status_code == 404
        assert error(response)["message"] == f"Invalid URL (GET /v1{path})"
    assert raw.get("/models").status_code == 200


@pytest.mark.parametrize("path", ["/", "/nothing", "/threads/t/nothing", "/assistants/", "/threads/a/runs/b/c/d"])
def test_unknown_routes_are_reported_as_json(raw, path):
    for method in ("GET", "POST", "DELETE"):
        response = raw.request(method, path)
        assert response.status_code == 404
        assert error(response)["message"] == f"Invalid URL ({method} /v1{path})"
        assert error(response)["type"] == "invalid_request_error"


def test_paths_outside_of_every_mount_are_reported_as_json(ns):
    for path in ("/", "/v1", "/v2/assistants", "/favicon.ico", "/ns/x", "/%2e%2e/etc"):
        response = ns.http.get(ns.url + path)
        assert response.status_code == 404, path
        assert response.headers["content-type"] == "application/json"
        assert "error" in response.json()


@pytest.mark.parametrize(
    "method, path", [("PUT", "/assistants"), ("PATCH", "/threads/t"), ("DELETE", "/threads"), ("GET", "/threads")]
)
def test_unsupported_methods_are_reported_as_json(raw, method, path):
    response = raw.request(method, path)
    assert response.status_code == 405
    assert error(response)["message"] == f"Not allowed to {method} on /v1{path}."


@pytest.mark.parametrize("content", [b"{", b"nonsense", b'{"model": }', b"\xff\xfe", b'{"a": 1} x', b""])
def test_a_body_that_is_not_json_is_refused(raw, content):
    response = raw.post("/assistants", content=content)
    assert response.status_code == 400
    assert error(response)["message"].startswith("We could not parse the JSON body of your request.")


@pytest.mark.parametrize("content", [b"[]", b'"x"', b"7", b"true"])
def test_a_body_that_is_not_an_object_is_refused(raw, content):
    for path in ("/assistants", "/threads"):
        response = raw.post(path, content=content)
        assert response.status_code == 400, response.text
        assert error(response)["type"] == "invalid_request_error"


@pytest.mark.parametrize(
    "content",
    [b"[" * 100_000, b'{"model":' * 10_000, b'{"metadata":{"a":"\\ud800"},"model":"m"}', b'{"model":NaN}', b'{"temperature":1e999,"model":"m"}'],
    ids=["deep list", "deep mapping", "half a pair", "NaN", "too big a number"],
)  # fmt: skip
def test_unusual_json_is_refused_and_breaks_nothing(raw, content):
    response = raw.post("/assistants", content=content)
    assert response.status_code == 400, response.text
    assert error(response)
    assert raw.get("/models").status_code == 200


def test_the_last_of_two_equal_keys_wins(raw):
    assert raw.post("/assistants", content=b'{"model":"a","model":"b"}').json()["model"] == "b"


def test_a_body_over_the_limit_is_refused():
    with LiveServer(Settings(max_body=1000)) as server, httpx.Client(trust_env=False, timeout=60) as client:
        headers = {"Authorization": "Bearer x", "OpenAI-Beta": "assistants=v2"}
        small = client.post(f"{server.base_url}/threads", json={"metadata": {"a": "b" * 400}}, headers=headers)
        assert small.status_code == 200
        big = client.post(f"{server.base_url}/threads", content=b" " * 1001, headers=headers)
        assert big.status_code == 413
        assert error(big)["message"].startswith("Maximum content size limit (1000) exceeded")

        def pieces():
            for _ in range(30):
                yield b" " * 50

        chunked = client.post(f"{server.base_url}/threads", content=pieces(), headers=headers)
        assert chunked.status_code == 413
        assert error(chunked)
        assert client.get(f"{server.base_url}/models", headers=headers).status_code == 200


def test_an_invalid_namespace_name_is_reported_as_json(ns):
    response = ns.http.get(f"{ns.url}/ns/No Such Name/v1/models", headers={"Authorization": "Bearer x"})
    assert response.status_code == 400
    assert "cannot name a namespace" in error(response)["message"]


def test_an_internal_error_is_reported_as_json_without_a_traceback(ns, raw, monkeypatch):
    from emulator.service import models

    def broken(*_):
        raise ZeroDivisionError("a secret of the server")

    monkeypatch.setattr(models, "listing", broken)
    response = raw.get("/models")
    assert response.status_code == 500
    assert error(response)["type"] == "server_error"
    assert response.headers["x-request-id"] in error(response)["message"]
    assert "secret" not in response.text
    assert "Traceback" not in response.text
