"""The recorder: what it passes on is what was sent, and what it has passed on is written."""

import httpx
import pytest

from contract_tests.recorders import Certificates, recording
from emulator import LiveServer, Settings

KEY = "fake-token-q7Zx9Lw2Vb31"
HEADERS = {"Authorization": f"Bearer {KEY}"}


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    return Certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def upstream(certificates, tmp_path_factory):
    """Another emulator, over TLS."""
    with LiveServer(Settings(), certfile=certificates.own) as server:
        yield server


@pytest.fixture
def recorder(upstream, certificates, tmp_path):
    url = f"{upstream.url}/api/projects/harbour"
    with recording(url, tmp_path / "r.jsonl", "--ca-file", certificates.authority) as running:
        yield running


@pytest.fixture
def client(recorder):
    with httpx.Client(headers=HEADERS, trust_env=False, timeout=60) as client:
        yield client


@pytest.mark.parametrize("mount", ["", "/api/projects/harbour"])
def test_a_foundry_project_is_recorded_below_either_base(client, recorder, upstream, mount):
    answer = client.post(f"{recorder.url}{mount}/assistants?api-version=v1", json={"model": "gpt-4o"})
    assert answer.status_code == 200
    (line,) = recorder.lines()
    assert line["request"]["url"] == f"{upstream.url}/api/projects/harbour/assistants?api-version=v1"
    assert line["response"]["body"]["json"] == answer.json()
    assert KEY not in recorder.file.read_text()
    code, said, warned = recorder.stop()
    assert (code, warned) == (0, "")
    assert "1 recorded" in said
