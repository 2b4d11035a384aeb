"""What holds for every endpoint alike."""

import re

import httpx
import pytest

from emulator import LiveServer, Settings
from emulator.api.endpoints import ENDPOINTS

BETA = {"OpenAI-Beta": "assistants=v2"}


@pytest.fixture(scope="module")
def locked():
    settings = Settings(api_keys=frozenset({"sk-emu-known"}))
    with LiveServer(settings) as server, httpx.Client(base_url=server.base_url, trust_env=False, timeout=30) as http:
        yield http


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: f"{endpoint.method} {endpoint.path}")
def test_nobody_gets_in_without_a_key_that_is_known(locked, endpoint):
    path = re.sub(r"{.*?}", "some_id", endpoint.path)
    for key in ({}, {"Authorization": "Bearer sk-emu-other"}, {"Authorization": "Basic c2s6"}):
        answer = locked.request(endpoint.method, path, headers={**BETA, **key})
        assert answer.status_code == 401
        assert answer.json()["error"]["type"] == "invalid_request_error"
        assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("path", sorted({endpoint.path for endpoint in ENDPOINTS}))
def test_a_method_that_nothing_takes_is_refused_everywhere(locked, path):
    taken = {endpoint.method for endpoint in ENDPOINTS if endpoint.path == path}
    answer = locked.put(re.sub(r"{.*?}", "some_id", path), headers={"Authorization": "Bearer sk-emu-known", **BETA})
    assert answer.status_code == 405
    assert answer.json()["error"]["code"] == "method_not_supported"
    assert taken <= set(answer.headers["allow"].split(", "))
