"""A made-up conversation with a secret in each place that a recording has, and how each format writes it."""

import base64
import json

import yaml

URL = "https://harbour.services.example"
BEARER = "opaque-entra-token-5kQ9zR2mT7"
AT = 1_716_206_400
DAY = "2024-05-20T12:00:00.000Z"
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def hidden(secret, offset=0):
    """Return a secret in base64, from one of the three places where it may begin there."""
    return base64.b64encode(b"." * offset + secret.encode() + b"...").decode()


def told(secret):
    """Return a text with a secret, plain and hidden."""
    escaped = "".join(f"\\u{ord(one):04x}" for one in secret)
    return f"Use {secret} now, or {hidden(secret)} and {hidden(secret, 1)} and {hidden(secret, 2)}, {escaped}."


def objects(secret):
    """Return thread, messages, run and steps in the API's own JSON."""
    text = told(secret)
    about = {"thread_id": "thread_1", "created_at": AT, "metadata": {"api_key": secret, secret: "x", "note": text}}
    tool = {"type": "function", "function": {"name": "pay", "description": text, "parameters": {"default": text}}}
    run = {
        **about,
        "id": "run_1",
        "object": "thread.run",
        "status": "failed",
        "assistant_id": "asst_1",
        "model": f"gpt-{secret}",
        "instructions": text,
        "tools": [tool, {"type": "mcp", "server_url": f"https://x.example/?api_key={secret}", "headers": {"k": text}}],
        "last_error": {"code": text, "message": text},
    }
    cited = {"type": "file_citation", "text": text, "file_citation": {"file_id": "file-1", "quote": text}}
    written = {"type": "file_path", "text": "x", "start_index": 0, "end_index": 1}
    made = [{**written, "file_path": {"file_id": f"file-{number}"}} for number in (2, 4, 5)]
    link = {
        "type": "url_citation",
        "text": text,
        "url_citation": {"url": f"https://x.example/?q={text}", "title": text},
    }
    parts = [
        {"type": "text", "text": {"value": f"x {text}", "annotations": [cited, *made, link]}},
        {"type": "image_file", "image_file": {"file_id": "file-3"}},
        {"type": "image_file", "image_file": {"file_id": "file-6"}},
    ]
    user = {"id": "msg_0", "object": "thread.message", "role": "user", **about}
    answer = {"id": "msg_1", "object": "thread.message", "role": "assistant", "run_id": "run_1", **about}
    messages = [
        {
            **user,
            "content": [{"type": "text", "text": {"value": text, "annotations": []}}],
            "attachments": [{"file_id": "file-1"}],
        },
        {**answer, "content": parts},
    ]
    calls = [
        {"id": "call_1", "type": "function", "function": {"name": f"pay_{secret}", "arguments": json.dumps({"api_key": secret, "a": text}), "output": text}},
        {"id": "call_2", "type": "code_interpreter", "code_interpreter": {"input": text, "outputs": [{"type": "logs", "logs": text}, {"type": "image", "image": {"file_id": "file-3"}}]}},
        {"id": "call_3", "type": "file_search", "file_search": {"results": [{"file_id": "file-1", "file_name": f"{secret}.txt", "score": 0.5, "attributes": {"password": secret, "a": text}, "content": [{"type": "text", "text": text}]}]}},
        {"id": "call_4", "type": "mcp", "name": f"pay_{secret}", "server_label": text, "arguments": text, "output": text},
        {"id": "call_5", "type": "bing_grounding", "bing_grounding": {"requesturl": f"https://x.example/?key={secret}", "response_metadata": text}},
        {"id": "call_6", "type": f"other_{secret}"},
    ]  # fmt: skip
    step = {"object": "thread.run.step", "run_id": "run_1", "status": "completed", **about}
    steps = [
        {"id": "step_1", "type": "tool_calls", "step_details": {"type": "tool_calls", "tool_calls": calls}, **step},
        {
            "id": "step_2",
            "type": "message_creation",
            "step_details": {"message_creation": {"message_id": "msg_1"}},
            **step,
        },
    ]
    return {"id": "thread_1", "object": "thread", **about}, messages, run, steps


def exchanges(secret):
    """Yield requests with their answers: method, path, headers and body of the request, those of the answer."""
    thread, messages, run, steps = objects(secret)
    text = told(secret)
    headers = {"authorization": f"Bearer {BEARER}", "api-key": secret, "cookie": f"s={secret}", "x-customer": secret}
    got = {"content-type": "application/json", "x-request-id": secret, "set-cookie": f"s={secret}"}

    def asked(method, path, answer, body=None):
        sent = b"" if body is None else json.dumps(body).encode()
        return method, path, {**headers, "content-type": "application/json"}, sent, got, json.dumps(answer).encode()

    def streamed(path, body, *events):
        answer = "".join(f"event: {name}\ndata: {json.dumps(data)}\n\n" for name, data in events) + "data: [DONE]\n\n"
        stream = {**got, "content-type": "text/event-stream"}
        return (
            "POST",
            path,
            {**headers, "content-type": "application/json"},
            json.dumps(body).encode(),
            stream,
            answer.encode(),
        )

    def content(id_, data, name):
        return "GET", f"/files/{id_}/content", headers, b"", {**got, "content-type": "application/octet-stream", "content-disposition": f'attachment; filename="{name}"'}, data  # fmt: skip

    assistant = {"id": "asst_1", "object": "assistant", "created_at": AT, "name": f"pay {secret}", "model": "gpt-4o", "instructions": text, "tools": run["tools"]}  # fmt: skip
    name = secret.replace("/", "-").replace('"', "")
    yield asked("POST", f"/assistants?api-version=v1&api-key={secret}", assistant, assistant)
    yield asked("POST", f"/chat/completions/{name}?key={secret}", {"choices": []}, {"messages": [text]})
    yield asked("GET", f"/threads/{name}", {"error": {"message": text}})
    form = "".join(
        f'--b\r\nContent-Disposition: form-data; name="{field}"{more}\r\n\r\n{data}\r\n'
        for field, more, data in (("purpose", "", "assistants"), ("file", f'; filename="{name}.txt"', text))
    )
    upload = {"id": "file-1", "object": "file", "filename": f"{name}.txt", "purpose": "assistants", "bytes": 3}
    yield "POST", "/files", {**headers, "content-type": "multipart/form-data; boundary=b"}, f"{form}--b--\r\n".encode(), got, json.dumps(upload).encode()  # fmt: skip
    yield content("file-2", text.encode(), f"{name}.csv")
    yield content("file-4", b"\x00\xff" + secret.encode(), f"{name}.bin")
    yield content("file-5", f"key {secret}".encode("utf-16"), f"{name}.txt")
    yield content("file-3", PNG + secret.encode(), f"{name}.png")
    yield content("file-6", PNG, f"{name}.png")
    yield asked(
        "POST", "/threads", thread, {"messages": [{"role": "user", "content": text}], "metadata": thread["metadata"]}
    )
    yield asked("POST", "/threads/thread_1/messages", messages[0], {"role": "user", "content": text})
    yield asked(
        "POST",
        "/threads/thread_1/runs",
        {**run, "status": "queued"},
        {"assistant_id": "asst_1", "additional_instructions": text},
    )
    action = {
        "type": "submit_tool_outputs",
        "submit_tool_outputs": {"tool_calls": steps[0]["step_details"]["tool_calls"][:1]},
    }
    yield asked("GET", "/threads/thread_1/runs/run_1", {**run, "status": "requires_action", "required_action": action})
    outputs = {"tool_outputs": [{"tool_call_id": "call_1", "output": json.dumps({"password": secret, "a": text})}]}
    yield asked("POST", "/threads/thread_1/runs/run_1/submit_tool_outputs", {**run, "status": "queued"}, outputs)
    yield asked("GET", "/threads/thread_1/runs/run_1", run)
    yield asked("GET", "/threads/thread_1/runs/run_1/steps", {"data": steps[::-1], "has_more": False})
    yield asked("GET", "/threads/thread_1/messages", {"data": messages[::-1], "has_more": False})
    # A run that was streamed, with the secret cut into deltas, and only there.
    second = {**run, "id": "run_2", "status": "in_progress", "last_error": None}
    deltas = [
        *(("thread.message.delta", _part("msg_2", {"type": "text", "text": {"value": one}})) for one in _cut(f"It is {secret}, and {hidden(secret)}.")),
        *(("thread.message.delta", _part("msg_3", {"type": "refusal", "refusal": one})) for one in _cut(f"Not {secret}.")),
        *(("thread.run.step.delta", _call("step_3", {"type": "function", "id": "call_7", "function": {"name": "pay", "arguments": one}})) for one in _cut(json.dumps({"api_key": secret, "a": text}))),
        *(("thread.run.step.delta", _call("step_4", {"type": "code_interpreter", "id": "call_8", "code_interpreter": {"input": one}})) for one in _cut(f"use('{secret}')")),
    ]  # fmt: skip
    yield streamed(
        "/threads/thread_1/runs",
        {"assistant_id": "asst_1", "stream": True},
        ("thread.run.created", second),
        *deltas,
        ("error", {"error": {"message": text}}),
        ("thread.run.completed", {**second, "status": "completed"}),
    )


def _part(id_, part):
    return {"id": id_, "object": "thread.message.delta", "delta": {"content": [{"index": 0, **part}]}}


def _call(id_, call):
    details = {"type": "tool_calls", "tool_calls": [{"index": 0, **call}]}
    return {"id": id_, "object": "thread.run.step.delta", "delta": {"step_details": details}}


def _cut(text):
    return [text[place : place + 7] for place in range(0, len(text), 7)]


# --- formats ------------------------------------------------------------------------------------------------------------


def _text(data):
    try:
        return data.decode()
    except UnicodeDecodeError:
        return None


def vcrpy(secret, dump=yaml.safe_dump):
    return dump(
        {
            "version": 1,
            "interactions": [
                {
                    "request": {"method": method, "uri": URL + "/v1" + path, "headers": _lists(sent), "body": _text(body) or body},
                    "response": {
                        "status": {"code": 200, "message": "OK"},
                        "headers": _lists(got),
                        "body": {"string": _text(answer) or answer},
                    },
                }
                for method, path, sent, body, got, answer in exchanges(secret)
            ],
        }
    )  # fmt: skip


def ruby(secret):
    def body(data):
        text = _text(data)
        return (
            {"encoding": "UTF-8", "string": text}
            if text is not None
            else {"base64_string": base64.b64encode(data).decode()}
        )

    return yaml.safe_dump(
        {
            "http_interactions": [
                {
                    "request": {"method": method.lower(), "uri": URL + "/v1" + path, "headers": _lists(sent), "body": body(data)},
                    "response": {"status": {"code": 200, "message": "OK"}, "headers": _lists(got), "body": body(answer)},
                    "recorded_at": "Mon, 20 May 2024 12:00:00 GMT",
                }
                for method, path, sent, data, got, answer in exchanges(secret)
            ],
            "recorded_with": "VCR 6.2.0",
        }
    )  # fmt: skip


def har(secret):
    def content(kind, data):
        text = _text(data)
        coded = {"text": base64.b64encode(data).decode(), "encoding": "base64"} if text is None else {"text": text}
        return {"mimeType": kind, **coded}

    def listed(headers):
        return [{"name": name, "value": value} for name, value in headers.items()]

    entries = [
        {
            "startedDateTime": DAY,
            "time": 3,
            "request": {
                "method": method, "url": URL + "/v1" + path, "headers": listed(sent),
                **({"postData": content(sent.get("content-type"), body)} if body else {}),
            },
            "response": {"status": 200, "statusText": "", "headers": listed(got), "content": content(got["content-type"], answer)},
        }
        for method, path, sent, body, got, answer in exchanges(secret)
    ]  # fmt: skip
    return json.dumps({"log": {"version": "1.2", "creator": {"name": "x", "version": "1"}, "entries": entries}})


def test_proxy(secret):
    entries = [
        {
            "RequestUri": URL + "/openai" + path, "RequestMethod": method, "RequestHeaders": sent,
            "RequestBody": _text(body) or None, "StatusCode": 200, "ResponseHeaders": got,
            "ResponseBody": base64.b64encode(answer).decode() if _text(answer) is None else _text(answer),
        }
        for method, path, sent, body, got, answer in exchanges(secret)
    ]  # fmt: skip
    return json.dumps({"Entries": entries, "Variables": {"Note": told(secret)}}, indent=2)


def recorded(secret):
    def body(data):
        text = _text(data)
        return {"base64": base64.b64encode(data).decode()} if text is None else {"text": text}

    return "".join(
        json.dumps(
            {
                "recording": 1, "at": DAY,
                "request": {"method": method, "url": URL + "/v1" + path, "headers": sent, "body": body(data) if data else None},
                "response": {"status": 200, "headers": got, "body": body(answer)}, "seconds": 1, "complete": True,
            }
        )
        + "\n"
        for method, path, sent, data, got, answer in exchanges(secret)
    )  # fmt: skip


def thread_export(secret):
    thread, messages, run, steps = objects(secret)
    return json.dumps({"thread": thread, "messages": messages, "runs": [{**run, "steps": steps}], "note": told(secret)})


def messages_dump(secret):
    return json.dumps({"object": "list", "data": objects(secret)[1][::-1], "has_more": False})


def ndjson(secret):
    return "".join(json.dumps(one) + "\n" for one in objects(secret)[1])


def _lists(headers):
    return {name: [value] for name, value in headers.items()}


HTTP = {
    "vcrpy": vcrpy,
    "vcrpy in JSON": lambda secret: vcrpy(secret, lambda value: json.dumps(value, default=lambda data: data.decode("latin-1"))),
    "ruby-vcr": ruby,
    "har": har,
    "test-proxy": test_proxy,
    "recorded": recorded,
}  # fmt: skip
EXPORTS = {"thread-export": thread_export, "messages-dump": messages_dump, "ndjson": ndjson}
