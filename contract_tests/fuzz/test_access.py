"""Access rules that apply to every endpoint."""

import re

import httpx
import pytest

from emulator import LiveServer, Settings
from emulator.api.endpoints import ENDPOINTS

BETA = {"OpenAI-Beta": "assistants=v2"}


@pytest.fixture(scope="module")
def keyed_client():
    settings = Settings(api_keys=frozenset({"sk-emu-known"}))
    with LiveServer(settings) as server, httpx.Client(base_url=server.base_url, trust_env=False, timeout=30) as http:
        yield http


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: f"{endpoint.method} {endpoint.path}")
def test_every_endpoint_requires_a_known_key(keyed_client, endpoint):
    path = re.sub(r"{.*?}", "some_id", endpoint.path)
    for key in ({}, {"Authorization": "Bearer sk-emu-other"}, {"Authorization": "Basic c2s6"}):
        response = keyed_client.request(endpoint.method, path, headers={**BETA, **key})
        assert response.status_code == 401
        assert response.json()["error"]["type"] == "invalid_request_error"
        assert response.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("path", sorted({endpoint.path for endpoint in ENDPOINTS}))
def test_a_method_that_no_endpoint_supports_is_refused_everywhere(keyed_client, path):
    supported = {endpoint.method for endpoint in ENDPOINTS if endpoint.path == path}
    response = keyed_client.put(
        re.sub(r"{.*?}", "some_id", path), headers={"Authorization": "Bearer sk-emu-known", **BETA}
    )
    assert response.status_code == 405
    assert response.json()["error"]["code"] == "method_not_supported"
    assert supported <= set(response.headers["allow"].split(", "))
