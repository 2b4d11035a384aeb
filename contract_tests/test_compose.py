"""The compose file, read without an engine: what it asks the programs for is what they take, and it holds no secret."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from contract_tests.containerfile import exec_form, instructions
from emulator import LiveServer, cli, server
from emulator.domain.mounts import CONTROL_PREFIX

ROOT = Path(__file__).parent.parent
FILE = ROOT / "compose.yaml"
# Variables that are read by PostgreSQL's client library, and by the image of its server.
OF_LIBPQ = {"PGPASSWORD", "PGPASSFILE", "PGSSLMODE", "PGSSLROOTCERT"}
OF_POSTGRES = {"POSTGRES_USER", "POSTGRES_DB", "POSTGRES_PASSWORD", "POSTGRES_PASSWORD_FILE"}
# What the image of nginx lets templates be filled in by.
OF_NGINX = {"NGINX_ENTRYPOINT_LOCAL_RESOLVERS"}
ASKED_FOR = re.compile(r"\$\{(?P<name>\w+)(?P<how>:\?|:-)(?P<rest>[^}]*)\}")

pytestmark = pytest.mark.skipif(not FILE.is_file(), reason="the compose file is in the checkout")


@pytest.fixture(scope="module")
def services():
    return yaml.safe_load(FILE.read_text())["services"]


@pytest.fixture
def replica(services):
    return services["emulator"]


@pytest.fixture
def asked(monkeypatch):
    """What the command asks the server for, in place of a server."""
    arguments = {}

    def serve(settings, host, port, *, ready, **more):
        arguments.update(settings=settings, host=host, port=port, **more)

    monkeypatch.setattr(server, "serve", serve)
    return arguments


def filled(text):
    """Return a text with its variables filled in, as if each that has to be given were `given`."""
    return ASKED_FOR.sub(lambda found: "given" if found["how"] == ":?" else found["rest"], text)


def read_only(volume):
    """Return source and target of a volume that nobody in the container can write."""
    source, target, mode = volume.split(":")
    assert mode == "ro"
    return source, target


def seconds(text):
    return float(re.fullmatch(r"(\d+)s", text)[1])


def test_the_command_of_a_replica_is_one_that_the_command_line_takes(replica, asked, monkeypatch, capsys):
    (entrypoint,) = [
        exec_form(rest) for name, rest in instructions((ROOT / "Containerfile").read_text()) if name == "ENTRYPOINT"
    ]
    for name, value in replica["environment"].items():
        monkeypatch.setenv(name, filled(value))
    assert cli.main([*entrypoint[1:], *replica["command"]]) == 0, capsys.readouterr().err
    settings = asked["settings"]
    assert str(settings.database_url) == "postgresql://emulator@database/emulator"
    assert (settings.control_token, settings.role, settings.metrics) == ("given", "both", True)
    assert seconds(replica["stop_grace_period"]) > asked["grace"] + asked["drain_delay"] + 5


def test_every_variable_is_one_that_somebody_reads(services):
    import typer

    command = typer.main.get_command(cli.app_of(["serve"])).commands["serve"]
    read = {one.envvar for one in command.params if getattr(one, "envvar", None)}
    assert set(services["emulator"]["environment"]) <= read | OF_LIBPQ
    assert set(services["database"]["environment"]) <= OF_POSTGRES
    assert set(services["proxy"]["environment"]) <= OF_NGINX


def test_the_user_and_the_database_of_the_url_are_those_that_are_made(services):
    made, used = services["database"]["environment"], services["emulator"]["environment"]
    assert used["EMULATOR_DB"] == f"postgresql://{made['POSTGRES_USER']}@database/{made['POSTGRES_DB']}"
    assert filled(used["PGPASSWORD"]) == filled(made["POSTGRES_PASSWORD"]) == "given"
    assert ASKED_FOR.match(used["PGPASSWORD"])["name"] == ASKED_FOR.match(made["POSTGRES_PASSWORD"])["name"]


def test_it_holds_no_secret(services):
    for service in services.values():
        for name, value in service.get("environment", {}).items():
            if re.search("PASSWORD|TOKEN|SECRET|KEY", name):
                assert ASKED_FOR.fullmatch(value), name
                assert ASKED_FOR.fullmatch(value)["how"] == ":?", name


def test_only_the_proxy_is_published_and_only_on_this_machine(services):
    published = {name: [filled(port) for port in one["ports"]] for name, one in services.items() if "ports" in one}
    assert published == {"proxy": ["127.0.0.1:8000:8000"]}


def test_a_replica_is_healthy_once_it_is_ready(replica):
    form, python, *code = replica["healthcheck"]["test"]
    assert (form, python) == ("CMD", "python")
    with LiveServer() as running:
        port = running.url.rpartition(":")[2]
        assert f"'{CONTROL_PREFIX}/ready'" in code[1]
        command = [sys.executable, code[0], code[1].replace("8000", port)]
        assert subprocess.run(command, check=False).returncode == 0
        running._server.site.loop.call_soon_threadsafe(running._server._app.state.readiness.drain)
        assert subprocess.run(command, check=False).returncode == 1


def test_whoever_needs_a_service_waits_until_it_is_healthy(services):
    for service in services.values():
        for name, how in service.get("depends_on", {}).items():
            assert how == {"condition": "service_healthy"}
            assert "healthcheck" in services[name]


def test_the_proxy_passes_everything_on_to_the_replicas_and_nothing_twice_that_changes_something(services):
    mounted = {target: ROOT / source for source, target in map(read_only, services["proxy"]["volumes"])}
    written = mounted.pop("/etc/nginx/nginx.conf").read_text()
    # The image writes each template to conf.d, without its ending.
    for target, source in mounted.items():
        name = Path(target).name.removesuffix(".template")
        assert target == f"/etc/nginx/templates/{name}.template"
        assert f"include /etc/nginx/conf.d/{name};" in written
        assert set(re.findall(r"\$\{(\w+)\}", source.read_text())) == {"NGINX_LOCAL_RESOLVERS"}
    configuration = re.sub(r"#.*", "", written)
    statements = {tuple(one.split()) for one in re.split(r"[;{}]", configuration) if one.strip()}
    assert ("set", "$replicas", "emulator") in statements
    assert ("proxy_pass", "http://$replicas:8000") in statements
    assert ("listen", services["proxy"]["ports"][0].rpartition(":")[2]) in statements
    assert ("proxy_buffering", "off") in statements
    assert ("proxy_next_upstream", "error", "timeout", "http_503") in statements  # and not non_idempotent
    assert not any("ip_hash" in one or "sticky" in one for one in statements)
