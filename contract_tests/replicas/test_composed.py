"""The compose file without containers: the same programs, with the commands and the configuration that stand there."""

import contextlib
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import openai
import pytest
import yaml

from contract_tests.clean_environment import OFFLINE, clean_environment
from contract_tests.containerfile import exec_form, instructions
from contract_tests.postgres.cluster import free_port
from contract_tests.replicas.proxy import Proxy

ROOT = Path(__file__).parents[2]
FILE = ROOT / "compose.yaml"
TOKEN = "composed"
PATIENCE = 60
ASKED_FOR = re.compile(r"\$\{\w+:\?[^}]*\}")

pytestmark = [
    pytest.mark.skipif(not FILE.is_file(), reason="the compose file is in the checkout"),
    pytest.mark.timeout(300),
]


@pytest.fixture(scope="module")
def services():
    return yaml.safe_load(FILE.read_text())["services"]


@pytest.fixture(scope="module")
def programs(tmp_path_factory):
    """The folder of the programs of an environment into which a wheel of the project was installed, and nothing else."""
    folder = tmp_path_factory.mktemp("composed")
    env = {**os.environ, **OFFLINE}
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder / "wheels", ROOT]
    subprocess.run(build, check=True, capture_output=True, env=env)
    programs = clean_environment(folder / "environment")
    (wheel,) = (folder / "wheels").glob("*.whl")
    install = [programs / "python", "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", wheel]
    subprocess.run(install, check=True, capture_output=True, env=env)
    return programs


@pytest.fixture(scope="module")
def replicas(postgres, programs, services, tmp_path_factory):
    """The ports of three replicas, which run the command of the container with the variables of the compose file."""
    made = services["database"]["environment"]
    postgres.execute(f'CREATE ROLE "{made["POSTGRES_USER"]}" LOGIN')
    postgres.execute(f'CREATE DATABASE "{made["POSTGRES_DB"]}" OWNER "{made["POSTGRES_USER"]}" TEMPLATE template0')
    about = services["emulator"]
    host = f"127.0.0.1:{postgres.port}"
    given = {name: ASKED_FOR.sub(TOKEN, value) for name, value in about["environment"].items()}
    given["EMULATOR_DB"] = given["EMULATOR_DB"].replace("@database/", f"@{host}/")
    (entrypoint,) = [
        exec_form(rest) for name, rest in instructions((ROOT / "Containerfile").read_text()) if name == "ENTRYPOINT"
    ]
    folder = tmp_path_factory.mktemp("replicas")
    with contextlib.ExitStack() as stack:
        ports = []
        for number in range(about["deploy"]["replicas"]):
            port = free_port()  # each container has the same one, of its own
            command = [programs / entrypoint[0], *entrypoint[1:], *about["command"]]
            command = [str(port) if part == "8000" else "127.0.0.1" if part == "0.0.0.0" else part for part in command]
            log = stack.enter_context((folder / f"{number}.log").open("wb"))
            env = {"PATH": os.environ["PATH"], **given}
            process = subprocess.Popen(command, cwd=folder, env=env, stdout=log, stderr=log)
            stack.callback(process.wait)
            stack.callback(process.terminate)
            ports.append(port)
        for number, port in enumerate(ports):
            wait_until_ready(port, folder / f"{number}.log")
        yield ports
    postgres.drop(postgres.url(made["POSTGRES_DB"]))
    postgres.execute(f'DROP ROLE "{made["POSTGRES_USER"]}"')


def wait_until_ready(port, log):
    deadline = time.monotonic() + PATIENCE
    while True:
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(f"http://127.0.0.1:{port}/_emulator/ready", trust_env=False).status_code == 200:
                return
        assert time.monotonic() < deadline, log.read_text(errors="replace")
        time.sleep(0.05)


@pytest.fixture(scope="module")
def proxied(replicas, tmp_path_factory):
    """The port of nginx with the configuration that stands there; only where replicas are found is another one.

    Where there is no nginx it is that of the tests' own proxy.
    """
    nginx = shutil.which("nginx", path=f"{os.environ['PATH']}{os.pathsep}/usr/sbin")
    if nginx is None:
        with Proxy(replicas) as proxy:
            yield proxy.port
        return
    folder, port = tmp_path_factory.mktemp("nginx"), free_port()
    text = (ROOT / "compose" / "nginx.conf").read_text()
    servers = " ".join(f"server 127.0.0.1:{one} max_fails=0;" for one in replicas)
    for old, new in (
        ("include /etc/nginx/conf.d/resolver.conf;", f"upstream emulator {{ {servers} }}"),
        ("set $replicas emulator;", ""),
        ("http://$replicas:8000", "http://emulator"),
        ("listen 8000;", f"listen 127.0.0.1:{port};"),
        ("/tmp/nginx.pid", str(folder / "pid")),
    ):
        assert old in text
        text = text.replace(old, new)
    (folder / "nginx.conf").write_text(text)
    command = [nginx, "-p", folder, "-c", folder / "nginx.conf", "-e", folder / "error.log", "-g", "daemon off;"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + PATIENCE
        while process.poll() is None and time.monotonic() < deadline:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                break
            time.sleep(0.02)
        assert process.poll() is None, (folder / "log").read_text() + (folder / "error.log").read_text()
        yield port
    finally:
        process.terminate()
        process.wait()


def test_a_conversation_is_held_through_the_composed_proxy(proxied):
    transport = openai.DefaultHttpxClient(trust_env=False)
    with openai.OpenAI(base_url=f"http://127.0.0.1:{proxied}/v1", api_key="sk-any", http_client=transport) as client:
        assistant = client.beta.assistants.create(model="gpt-4o")
        for number in range(4):
            thread = client.beta.threads.create(messages=[{"role": "user", "content": f"Hello {number}"}])
            stream = client.beta.threads.runs.create(thread.id, assistant_id=assistant.id, stream=True)
            assert [event.event for event in stream][-1] == "thread.run.completed"
            newest = next(iter(client.beta.threads.messages.list(thread.id)))
            assert newest.content[0].text.value == f"Hello {number}"


def test_every_replica_answered_and_the_control_api_asks_for_its_token(proxied, replicas):
    url = f"http://127.0.0.1:{proxied}/_emulator"
    with httpx.Client(trust_env=False) as http:
        assert http.get(f"{url}/ns").status_code == 401
        listed = http.get(f"{url}/ns", headers={"Authorization": f"Bearer {TOKEN}"})
        assert listed.status_code == 200, listed.text
        for port in replicas:
            page = http.get(f"http://127.0.0.1:{port}/_emulator/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
            assert re.search(r"^emulator_requests_total\{", page.text, re.MULTILINE), page.text[:2_000]
