"""Secrets in recordings: wherever they stand, in whatever format, nothing of them is written or printed by `distil`."""

import base64
import json
import re

import pytest

from emulator.cli import main
from emulator.recording.distiller import scenarios
from emulator.tests.planted_secrets import BEARER, EXPORTS, HTTP, URL, vcrpy

SECRETS = {
    "OpenAI": "sk-proj-q7Zx9Lw2VbT3BlbkFJm4Np8Rs6Tu1Yc5",
    "web token": "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJoYXJib3VyIn0.c2lnbmF0dXJlLWhlcmU",
    "signed URL": "https://x.blob.core.windows.net/a?se=2026&sig=Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5MA%3D%3D",
    # No look of its own: known by its header, or by the name of a field.
    "Azure": "9f8e7d6c5b4a39281706f5e4d3c2b1a0",
    "of the bearer": BEARER,
}
CORES = {**SECRETS, "signed URL": "Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5MA"}
# Without headers, a key that has no look of its own is known by the names of fields alone.
OF_EXPORTS = ("OpenAI", "web token", "signed URL")
PLANTED = [
    *((kind, name) for name in HTTP for kind in SECRETS),
    *((kind, name) for name in EXPORTS for kind in OF_EXPORTS),
]


def traces(secret, text):
    """Return what a text shows of a secret: the whole, either half, and both hidden by an encoding."""
    half = len(secret) // 2
    plain = [secret, secret[:half], secret[half:]]
    hidden = [base64.b64encode(b"." * offset + secret.encode())[4:-4].rstrip(b"=").decode() for offset in range(3)]
    seen = [text, re.sub(r"\\+u00(..)", lambda escape: chr(int(escape[1], 16)), text), text.replace("\0", "")]
    return [one for one in (*plain, *hidden) if any(one in each for each in seen)]


@pytest.fixture(params=[(), ("--suggest-templates", "--ids", "pin", "--format", "json"), ("turns apart",)], ids=str)
def options(request, monkeypatch):
    if request.param != ("turns apart",):
        return request.param
    monkeypatch.setattr(scenarios, "MOST_TURNS", 0)
    return ()


@pytest.mark.parametrize("kind, name", PLANTED)
def test_nothing_of_a_secret_is_written_or_printed(tmp_path, capsys, kind, name, options):
    secret = SECRETS[kind]
    path, out = tmp_path / "talk.yaml", tmp_path / "out"
    path.write_text({**HTTP, **EXPORTS}[name](secret))
    code = main(["distil", str(path), "-o", str(out), *options])
    printed = capsys.readouterr()
    assert (code, printed.err) == (0, "")
    files = [one for one in out.rglob("*") if one.is_file()]
    assert len(files) > (name in HTTP)
    shown = {"printed": printed.out, **{str(one.relative_to(out)): one.read_bytes().decode("latin-1") for one in files}}
    found = {
        where: [line[:300] for line in text.splitlines() if traces(CORES[kind], line)] for where, text in shown.items()
    }
    assert {where: lines for where, lines in found.items() if lines} == {}
    assert [where for where, text in shown.items() if traces(CORES[kind], text) or traces(CORES[kind], where)] == []


def cassette(*urls):
    return json.dumps({"version": 1, "interactions": [{"request": {"method": "GET", "uri": one, "headers": {"api-key": ["Zx9Lw2VbT3Blbk"]}, "body": ""}, "response": {"status": {"code": 200}, "headers": {}, "body": {"string": "{}"}}} for one in urls]})  # fmt: skip


USELESS = {
    "nothing of the API": lambda secret: cassette(f"{URL}/{secret}/chat"),
    "a long address": lambda secret: cassette(f"{URL}/{'x' * (92 - len(URL))}/{secret}"),
    "no thread": lambda secret: cassette(f"{URL}/v1/models/{secret}", f"{URL}/v1/files/{secret}"),
    "no thread, a known key": lambda secret: cassette(f"{URL}/v1/models/Zx9Lw2VbT3Blbk"),
    "broken YAML": lambda secret: vcrpy(secret)[:2_000] + f"\n  {secret}: [\n]: {secret}",
    "a broken line": lambda secret: HTTP["recorded"](secret).replace('"method"', f'"{secret}"', 1),
    "a file elsewhere": lambda secret: HTTP["recorded"](secret).replace(
        '{"text": ', f'{{"file": "../{secret}", "x": ', 1
    ),
    "no recording": lambda secret: f"{secret}: [1, 2",
}


@pytest.mark.parametrize("printed_as", ["text", "json"])
@pytest.mark.parametrize("name", USELESS)
def test_nothing_of_a_secret_is_in_what_is_said_of_a_useless_recording(tmp_path, capsys, name, printed_as):
    path, secret = tmp_path / "talk.yaml", SECRETS["OpenAI"]
    path.write_text(USELESS[name](secret))
    assert main(["distil", str(path), "-o", str(tmp_path / "out"), "--format", printed_as]) == 1
    printed = capsys.readouterr()
    shown = printed.out + printed.err
    assert str(path) in shown
    assert [one for one in ("Zx9Lw2", "sk-p", "q7Zx9", *traces(secret, shown)) if one in shown] == []
