"""The image of the Containerfile, played without an engine: it builds, serves, and keeps what it was given."""

import re
import signal
import subprocess
from pathlib import Path

import httpx
import pytest

from contract_tests.containerfile import build, exec_form, instructions

ROOT = Path(__file__).parent.parent
FILE = ROOT / "Containerfile"
TOKEN = "a token of the tests"

pytestmark = [
    pytest.mark.skipif(not FILE.is_file(), reason="the Containerfile is in the checkout"),
    pytest.mark.timeout(600),
]


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    return build(FILE.read_text(), ROOT, tmp_path_factory.mktemp("image"))


class Container:
    """A process that was started as the image says. Port 8000 of the image is a free one of this machine."""

    def __init__(self, image, *options, **env):
        self.image = image
        command = [image.inside(word) for word in (*image.entrypoint, *options)]
        # The last of an option counts; the address stays that of the image.
        command += ["--port", "0"]
        path = image.environment()["PATH"]
        found = image.python / command[0]
        assert found.is_file(), f"{command[0]} is not in {path}"
        self.process = subprocess.Popen(
            [found, *command[1:]], cwd=image.path(""), env=image.environment(**env), text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        self.greeting = ""
        for line in self.process.stdout:
            self.greeting += line
            if "Ctrl-C" in line:
                break
        port = re.search(r"at http://0\.0\.0\.0:(\d+)", self.greeting)
        self.port = int(port[1]) if port else None

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.stop()
        self.process.stdout.close()

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)

    def ask(self, method, path, **options):
        with httpx.Client(base_url=f"http://127.0.0.1:{self.port}", trust_env=False, timeout=60) as client:
            return client.request(method, path, **options)

    def is_healthy(self):
        command = [word.replace("8000", str(self.port)) for word in self.image.healthcheck]
        return self.image.run([self.image.python / command[0], *command[1:]]).returncode == 0


@pytest.fixture(scope="module")
def container(image):
    with Container(image, EMULATOR_CONTROL_TOKEN=TOKEN) as running:
        yield running


def test_the_installed_package_is_that_of_the_wheel(image):
    done = image.run([image.python / "python", "-c", "import emulator, scripted_models; print(emulator.__file__)"])
    assert done.stdout.startswith(str(image.python.parent)), done.stdout + done.stderr


def test_it_listens_on_every_address_and_is_healthy(container):
    assert container.port, container.greeting
    assert container.is_healthy()


def test_it_is_not_healthy_where_nothing_answers(image):
    with Container(image, EMULATOR_CONTROL_TOKEN=TOKEN) as running:
        assert running.stop() == 0
        assert not running.is_healthy()


def test_programs_reach_the_api_by_the_name_of_the_service_and_the_control_api_with_the_token(container):
    named = {"Host": f"emulator:{container.port}"}
    beta = {"Authorization": "Bearer sk-emu-app", "OpenAI-Beta": "assistants=v2"}
    assert container.ask("POST", "/v1/threads", headers=named | beta).status_code == 200
    assert container.ask("GET", "/_emulator/ns/app", headers=named).status_code == 401
    shown = container.ask("GET", "/_emulator/ns/app", headers={**named, "Authorization": f"Bearer {TOKEN}"})
    assert shown.json()["namespace"] == "app"


def test_without_a_token_it_says_in_one_line_what_is_missing(image):
    with Container(image) as refused:
        assert refused.process.wait(60) == 2
        assert refused.greeting.count("\n") == 1
        assert (
            "set a control token (--control-token, or EMULATOR_CONTROL_TOKEN), or allow it with --allow-open"
            in refused.greeting
        )


def test_what_it_is_given_in_the_volume_is_there_after_a_restart(image):
    volume = image.volumes[0]
    options = ("--db", f"{volume}/emulator.db", "--script", f"{volume}/greeting.yaml")
    Path(image.inside(volume), "greeting.yaml").write_text(
        "emulator: 1\nname: g\nturns: [{name: any, steps: [{say: Hello}]}]\n"
    )
    token = {"Authorization": f"Bearer {TOKEN}"}
    for _ in range(2):
        with Container(image, *options, EMULATOR_CONTROL_TOKEN=TOKEN) as running:
            thread = running.ask(
                "POST", "/v1/threads", headers={"OpenAI-Beta": "assistants=v2", "Authorization": "Bearer k"}
            )
            assert thread.status_code == 200
            threads = running.ask("GET", "/_emulator/ns/default/threads", headers=token).json()["threads"]
            assert running.stop() == 0
    assert len(threads) == 2


def test_the_image_runs_as_nobody_special_and_shows_its_port(image):
    assert image.user.isdecimal()
    assert int(image.user) > 0
    assert str(image.ports[0]) == image.entrypoint[image.entrypoint.index("--port") + 1]
    assert f", {image.ports[0]}," in image.healthcheck[-1]
    assert Path(image.inside(image.volumes[0])).stat().st_mode & 0o1777 == 0o1777


def test_both_stages_begin_with_the_same_python_that_the_package_supports():
    bases = [arguments.split()[0] for name, arguments in instructions(FILE.read_text()) if name == "FROM"]
    assert len(set(bases)) == 1
    version = re.fullmatch(r"python:(3\.\d+)-slim", bases[0])[1]
    assert f"Python :: {version}" in (ROOT / "pyproject.toml").read_text()


def test_lists_and_continued_lines_are_read_as_the_engines_do():
    text = '# note\nRUN a \\\n    b\nCMD ["x", "y z"]\n'
    assert instructions(text) == [("RUN", "a      b"), ("CMD", '["x", "y z"]')]
    assert exec_form('["x", "y z"]') == ["x", "y z"]
