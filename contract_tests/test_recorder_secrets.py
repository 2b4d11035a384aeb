"""Secrets in what is recorded: wherever they stand, nothing of them reaches a file, and the client gets its answer."""

import base64
import gzip
import io
import json
import zipfile

import httpx
import pytest

from contract_tests.recorders import LONGEST, holds, recording
from contract_tests.upstreams import Upstream

BEARER = "opaque-entra-token-5kQ9zR2mT7"
SECRETS = {
    "OpenAI": "sk-proj-q7Zx9Lw2VbT3BlbkFJm4Np8Rs6Tu1Yc5",
    "web token": "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJoYXJib3VyIn0.c2lnbmF0dXJlLWhlcmU",
    "Azure": "9f8e7d6c5b4a39281706f5e4d3c2b1a0",  # no look of its own: known by its header, or by the name of a field
    "signed URL": "https://x.blob.core.windows.net/a?se=2026&sig=Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5MA%3D%3D",
    "of the bearer": BEARER,
}
# The part of each that must not be found.
CORES = {**SECRETS, "signed URL": "Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5MA"}
JSON = {"Content-Type": "application/json"}
STREAM = {"Content-Type": "text/event-stream"}


def delta(text):
    content = [{"index": 0, "type": "text", "text": {"value": text, "annotations": []}}]
    event = {"id": "msg_1", "object": "thread.message.delta", "delta": {"content": content}}
    return f"event: thread.message.delta\ndata: {json.dumps(event)}\n\n".encode()


def call(arguments):
    calls = [{"index": 0, "type": "function", "function": {"arguments": arguments}}]
    event = {"id": "step_1", "object": "thread.run.step.delta", "delta": {"step_details": {"tool_calls": calls}}}
    return f"event: thread.run.step.delta\ndata: {json.dumps(event)}\n\n".encode()


def message(text):
    return {"content": [{"type": "text", "text": {"value": text, "annotations": []}}]}


def packed(secret):
    """Return a document of an office program that holds a secret."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", f"<w:t>{'the tide ' * 50}{secret}</w:t>")
    return file.getvalue()


def encoded(secret, offset):
    return base64.b64encode(b"." * offset + secret.encode()).decode()


# Where a secret stands in a request: what httpx is given for it.
SENT = {
    "header": lambda secret: {"headers": {"x-customer": secret}},
    "key header": lambda secret: {"headers": {"api-key": secret}},
    "token header": lambda secret: {"headers": {"x-ms-token-aad-access-token": secret}},
    "cookie": lambda secret: {"headers": {"cookie": f"session={secret}"}},
    "kept header": lambda secret: {"headers": {"user-agent": f"harbour/1 ({secret})"}},
    "query": lambda secret: {"params": {"api-version": "v1", "api-key": secret}},
    "query of another name": lambda secret: {"params": {"note": f"key {secret}"}},
    "path": lambda secret: {"path": f"/threads/{secret.replace('/', '%2F').replace('?', '%3F')}"},
    "JSON field": lambda secret: {"json": {"role": "user", "content": f"Use {secret} please."}},
    "name of a JSON field": lambda secret: {"json": {"metadata": {secret: "x"}}},
    "field named like a key": lambda secret: {"json": {"tools": [{"type": "mcp", "headers": {"api_key": secret}}]}},
    "metadata": lambda secret: {"json": {"metadata": {"password": secret}}},
    "tool output": lambda secret: {"json": {"tool_outputs": [{"output": json.dumps({"found": {"api_key": secret}})}]}},
    "escaped JSON": lambda secret: {"content": _escaped({"content": secret}), "headers": JSON},
    "JSON of its own layout": lambda secret: {"content": b'{ "content" :"%s"}' % secret.encode(), "headers": JSON},
    "form": lambda secret: {"data": {"access_token": secret}},
    "text": lambda secret: {"content": f"Authorization: Bearer {secret}".encode()},
    "multipart field": lambda secret: {"data": {"purpose": f"use {secret}"}, "files": {"file": b"x"}},
    "multipart text": lambda secret: {"files": {"file": ("a.txt", f"first\nkey: {secret}\nlast".encode())}},
    "multipart bytes": lambda secret: {"files": {"file": ("a.bin", b"\x00\xff" + secret.encode() + b"\xfe")}},
    "multipart UTF-16": lambda secret: {"files": {"file": ("a.txt", f"key {secret}".encode("utf-16"))}},
    "multipart archive": lambda secret: {"files": {"file": ("a.docx", packed(secret))}},
    "multipart gzip": lambda secret: {"files": {"file": ("a.gz", gzip.compress(secret.encode()))}},
    "file name": lambda secret: {"files": {"file": (f"{secret.replace('/', '-')}.txt", b"x")}},
    "gzip body": lambda secret: {
        "content": gzip.compress(json.dumps({"content": secret}).encode()),
        "headers": {**JSON, "content-encoding": "gzip"},
    },
    "broken multipart": lambda secret: {
        "content": f"--b\r\nno form {secret}".encode(),
        "headers": {"content-type": "multipart/form-data; boundary=b"},
    },
    **{f"base64 at {n}": (lambda secret, n=n: {"json": {"file_data": encoded(secret, n)}}) for n in range(3)},
    **{f"base64 file at {n}": (lambda secret, n=n: {"files": {"file": encoded(secret, n).encode()}}) for n in range(3)},
}
# Where it stands in an answer: the pieces of its body, and its headers.
ANSWERED = {
    "header": lambda secret: ([b"{}"], {**JSON, "x-ms-customer": secret}),
    "kept header": lambda secret: ([b"{}"], {**JSON, "x-request-id": secret}),
    "cookie": lambda secret: ([f'{{"echo": "{secret}"}}'.encode()], {**JSON, "set-cookie": f"s={secret}; path=/"}),
    "JSON": lambda secret: ([json.dumps({"data": [message(f"It is {secret}.")]}).encode()], JSON),
    "echo of a key": lambda secret: ([json.dumps({"error": {"message": f"bad key {secret}"}}).encode()], JSON),
    "two chunks": lambda secret: ([f'{{"a": "{secret[:9]}'.encode(), f'{secret[9:]}"}}'.encode()], JSON),
    "gzip": lambda secret: ([gzip.compress(json.dumps({"a": secret}).encode())], {**JSON, "content-encoding": "gzip"}),
    "stream": lambda secret: ([delta(f"It is {secret}.")], STREAM),
    "stream in bytes": lambda secret: (_cut(delta(f"It is {secret}."), 7), STREAM),
    "two deltas": lambda secret: ([delta(f"It is {secret[:9]}"), delta(f"{secret[9:]}, again.")], STREAM),
    "many deltas": lambda secret: ([delta(one) for one in f"It is {secret}, again."], STREAM),
    "arguments": lambda secret: (
        [call(one) for one in (f'{{"api_k{secret}'[:6], 'ey":"', secret[:8], secret[8:], '"}')],
        STREAM,
    ),
    "interleaved deltas": lambda secret: ([delta(secret[:9]), call("{}"), delta(secret[9:])], STREAM),
    "unnamed events": lambda secret: ([b"data: " + secret.encode() + b"\n\n"], STREAM),
    "file": lambda secret: ([f"a,b\n1,{secret}\n".encode()], {"Content-Type": "application/octet-stream"}),
    "bytes": lambda secret: ([b"\x89PNG\xff" + secret.encode()], {"Content-Type": "image/png"}),
    "many bytes": lambda secret: ([b"\xff" * 9_000 + secret.encode()], {"Content-Type": "image/png"}),
    "base64": lambda secret: ([json.dumps({"image": encoded(secret, 1)}).encode()], JSON),
    "base64 in deltas": lambda secret: ([delta(one) for one in _cut(encoded(secret, 2), 5)], STREAM),
}


def _escaped(value):
    """Return JSON in which every letter is an escape."""
    ((name, text),) = value.items()
    return json.dumps({name: text}).replace(text, "".join(f"\\u{ord(one):04x}" for one in text)).encode()


def _cut(whole, size):
    return [whole[place : place + size] for place in range(0, len(whole), size)]


@pytest.fixture(scope="module")
def upstream():
    with Upstream() as running:
        yield running


@pytest.fixture
def recorder(upstream, tmp_path):
    with recording(upstream.url, tmp_path / "r.jsonl") as running:
        yield running


@pytest.fixture
def client(recorder, upstream):
    headers = {"Authorization": f"Bearer {BEARER}"}
    upstream.answer = lambda handler: handler.reply(b"{}")
    with httpx.Client(base_url=recorder.url, headers=headers, trust_env=False, timeout=LONGEST) as client:
        # Known from then on: the key of Azure's has no look of its own.
        client.get("/threads", headers={"api-key": SECRETS["Azure"]})
        yield client


def says(upstream, pieces, headers):
    def answer(handler):
        handler.send_response(200)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        for piece in pieces:
            handler.send_chunk(piece)
        handler.send_chunk()

    upstream.answer = answer


@pytest.mark.parametrize("kind", SECRETS)
def test_no_secret_of_a_request_reaches_a_file(client, recorder, upstream, kind):
    upstream.answer = lambda handler: handler.reply(b"{}", headers=JSON.items())
    for where, request in SENT.items():
        options = request(SECRETS[kind])
        path = options.pop("path", "/threads")
        assert client.post(path, **options).content == b"{}", where
        assert holds(recorder.file.parent, CORES[kind]) == [], where
    recorder.process.kill()
    recorder.process.wait(LONGEST)
    assert holds(recorder.file.parent, CORES[kind]) == []


@pytest.mark.parametrize("kind", SECRETS)
def test_no_secret_of_an_answer_reaches_a_file(client, recorder, upstream, kind):
    for where, answer in ANSWERED.items():
        pieces, headers = answer(SECRETS[kind])
        says(upstream, pieces, headers)
        with client.stream("GET", "/threads") as response:
            assert b"".join(response.iter_raw()) == b"".join(pieces if isinstance(pieces[0], bytes) else ()), where
        assert holds(recorder.file.parent, CORES[kind]) == [], where
    recorder.process.kill()
    recorder.process.wait(LONGEST)
    assert holds(recorder.file.parent, CORES[kind]) == []


LEFT_OUT = {
    "multipart bytes": "the file 'file' of the request",
    "multipart UTF-16": "the file 'file' of the request",
    "multipart archive": "the file 'file' of the request",
    "multipart gzip": "the file 'file' of the request",
    "base64 at 1": "the request",
    "base64 file at 2": "the file 'file' of the request",
}


@pytest.mark.parametrize("where", LEFT_OUT)
def test_what_cannot_be_masked_is_left_out_with_a_warning_that_says_where(client, recorder, upstream, where):
    upstream.answer = lambda handler: handler.reply(b"{}")
    secret = SECRETS["OpenAI"]
    assert client.post(f"/threads/{secret}", **SENT[where](secret)).status_code == 200
    assert client.get("/threads/last").status_code == 200
    code, said, warned = recorder.stop()
    assert code == 1
    assert warned == f"warning: POST /threads/*** is left out of the recording: a key remains in {LEFT_OUT[where]}\n"
    assert said.endswith("2 recorded in " + str(recorder.file) + ", 1 left out\n")


def test_a_secret_is_masked_and_all_else_is_kept(client, recorder, upstream):
    secret = SECRETS["OpenAI"]
    text = f"A risk-free task-force of desk-2024-workers uses {secret}, max_tokens 5, and key ideas."
    pieces = [delta(one) for one in _cut(text, 11)]
    says(upstream, pieces, STREAM)
    client.post("/threads/runs", json={"instructions": text, "metadata": {"key": "tide", "page_token": "next"}})
    line = recorder.lines()[-1]
    masked = text.replace(secret, "***")
    assert line["request"]["body"]["json"] == {
        "instructions": masked,
        "metadata": {"key": "tide", "page_token": "next"},
    }
    events = [json.loads(one[6:]) for one in line["response"]["body"]["text"].splitlines() if one.startswith("data: ")]
    assert "".join(event["delta"]["content"][0]["text"]["value"] for event in events) == masked
    assert len(events) == len(pieces)
    assert sum(size for _, size in line["chunks"]) == len(line["response"]["body"]["text"].encode())


def test_keys_of_the_emulator_are_no_secrets(client, recorder, upstream):
    upstream.answer = lambda handler: handler.reply(b"{}")
    client.headers["Authorization"] = "Bearer sk-emu-harbour"
    client.post("/threads", json={"content": "Use sk-emu-harbour.", "api_key": "sk-emu-harbour"})
    assert recorder.lines()[-1]["request"]["body"]["json"] == {
        "content": "Use sk-emu-harbour.",
        "api_key": "sk-emu-harbour",
    }


def test_organizations_and_projects_are_named_nowhere(client, recorder, upstream):
    names = {"openai-organization": "org-Q7zx9Lw2VbT3harbour", "openai-project": "proj_Q7zx9Lw2VbT3harbour"}
    says(upstream, [json.dumps({"a": list(names.values())}).encode()], {**JSON, **names})
    client.get("/threads", headers=names)
    for name in names.values():
        assert holds(recorder.file.parent, name) == []
