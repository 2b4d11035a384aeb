import os
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import openai
import pytest

OFFLINE = Path(__file__).with_name("offline")


def test_a_connection_beyond_this_machine_is_refused_before_it_begins():
    with socket.socket() as one, pytest.raises(RuntimeError, match="stay on this machine"):
        one.connect(("192.0.2.1", 80))


def test_a_datagram_beyond_this_machine_is_refused():
    with socket.socket(type=socket.SOCK_DGRAM) as one, pytest.raises(RuntimeError, match="stay on this machine"):
        one.sendto(b"?", ("192.0.2.1", 53))


def test_an_address_of_version_6_is_refused_too():
    with socket.socket(socket.AF_INET6) as one, pytest.raises(RuntimeError, match="stay on this machine"):
        one.connect(("2001:db8::1", 80))


@pytest.mark.parametrize("look_up", [lambda name: socket.getaddrinfo(name, 443), socket.gethostbyname])
def test_no_name_server_is_queried(look_up):
    with pytest.raises(RuntimeError, match="query no name server"):
        look_up("api.openai.com")


def test_the_client_without_a_base_url_does_not_reach_the_service():
    transport = openai.DefaultHttpxClient(trust_env=False, verify=False)
    with openai.OpenAI(api_key="sk-none", base_url=None, http_client=transport, max_retries=0) as client:
        client.base_url = "https://api.openai.com/v1"
        with pytest.raises((RuntimeError, openai.APIConnectionError)) as excinfo:
            client.models.list()
        assert "query no name server" in f"{excinfo.value!r} {excinfo.value.__cause__!r}"


def test_an_async_client_is_refused_as_well():
    import asyncio

    async def leave():
        await asyncio.open_connection("192.0.2.1", 80)

    with pytest.raises(RuntimeError, match="stay on this machine"):
        asyncio.run(leave())


def test_this_machine_can_be_reached(server, http):
    assert http.get(f"{server.url}/_emulator/health").json() == {"status": "ok"}
    assert httpx.get(server.url.replace("127.0.0.1", "localhost"), trust_env=False, timeout=60).status_code == 404


def test_other_processes_can_be_kept_offline_with_the_same_file():
    attempt = "import socket; socket.create_connection(('192.0.2.1', 80), 1)"
    env = {**os.environ, "PYTHONPATH": str(OFFLINE)}
    end = subprocess.run([sys.executable, "-c", attempt], env=env, capture_output=True, text=True, check=False)
    assert end.returncode == 1
    assert "NetworkRefusedError" in end.stderr


def test_no_variable_of_the_environment_sends_requests_through_a_proxy():
    assert not [name for name in os.environ if name.lower().endswith("_proxy")]
