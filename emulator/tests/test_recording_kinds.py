"""Recordings are known by what they hold, and other files are named in words that help."""

import json

import pytest

from emulator.domain.errors import ApiError
from emulator.recording.importables import given_objects
from emulator.recording.recognition import kind_of, problem_of, read
from emulator.recording.recordings import UnreadableRecordingError

VCRPY = """\
interactions:
- request:
    body: null
    headers: {}
    method: GET
    uri: https://api.openai.com/v1/threads/thread_1
  response:
    body: {string: '{"id": "thread_1"}'}
    headers: {}
    status: {code: 200, message: OK}
version: 1
"""
RUBY = """\
---
http_interactions:
- request:
    method: get
    uri: https://api.openai.com/v1/threads/thread_1
    body: {encoding: US-ASCII, string: ''}
    headers: {}
  response:
    status: {code: 200, message: OK}
    headers: {}
    body: {encoding: UTF-8, string: '{"id": "thread_1"}'}
  recorded_at: Tue, 05 Mar 2024 10:00:00 GMT
recorded_with: VCR 6.2.0
"""
HAR = {
    "log": {
        "version": "1.2",
        "entries": [
            {
                "startedDateTime": "2024-03-05T10:00:00Z",
                "request": {"method": "GET", "url": "https://api.openai.com/v1/threads/thread_1", "headers": []},
                "response": {"status": 200, "headers": [], "content": {"text": '{"id": "thread_1"}'}},
            }
        ],
    }
}
PROXY = {
    "Entries": [
        {
            "RequestUri": "https://Sanitized.openai.azure.com/openai/threads/thread_1?api-version=2024-05-01-preview",
            "RequestMethod": "GET",
            "RequestHeaders": {},
            "RequestBody": None,
            "StatusCode": 200,
            "ResponseHeaders": {"Content-Type": "application/json"},
            "ResponseBody": {"id": "thread_1"},
        }
    ],
    "Variables": {},
}
RECORDED = {
    "recording": 1,
    "at": "2024-03-05T10:00:00Z",
    "request": {"method": "GET", "url": "https://api.openai.com/v1/threads/thread_1", "headers": {}, "body": None},
    "response": {
        "status": 200,
        "headers": {},
        "body": {"json": {"id": "thread_1"}, "layout": "spaced", "ascii": True, "newline": False},
    },
    "seconds": 0.1,
    "complete": True,
}
MESSAGE = {"id": "msg_1", "thread_id": "thread_1", "role": "user", "text": "Hello", "created_at": 1_709_632_800}
KINDS = {
    "vcrpy": [VCRPY, json.dumps({"version": 1, "interactions": []}, indent=4), "interactions: []\nversion: 1\n"],
    "ruby-vcr": [RUBY, '{"http_interactions":[],"recorded_with":"VCR 6.2.0"}'],
    "har": [
        json.dumps(HAR),
        json.dumps(HAR, indent=2),
        json.dumps({"log": {"_recordingName": "of Polly.js", **HAR["log"]}}),
    ],
    "test-proxy": [json.dumps(PROXY, indent=2)],
    "recorded": [
        json.dumps(RECORDED),
        f"{json.dumps(RECORDED)}\n" * 3,
        f'{json.dumps(RECORDED)}\n{{"recording": 1, "at": "20',
    ],
    "messages-dump": [
        json.dumps({"object": "list", "data": [{"object": "thread.message", "id": "msg_1"}], "has_more": False}),
        json.dumps([MESSAGE], indent=1),
        json.dumps([{"object": "list", "data": [MESSAGE]}, {"object": "list", "data": []}]),
        json.dumps(MESSAGE, indent=1) * 2,
    ],
    "thread-export": [
        json.dumps({"thread": {"id": "thread_1", "object": "thread"}, "messages": [], "runs": []}),
        json.dumps({"thread_1": [MESSAGE]}),
        json.dumps(
            {"exported": {"at": "2024-03-05", "by": "me"}, "data": {"conversations": [{"messages": [MESSAGE]}]}}
        ),
        json.dumps({"threads": [{"id": "thread_1", "metadata": {}}]}),
        json.dumps({"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]}),
        json.dumps({"object": "list", "data": [{"id": "run_1", "object": "thread.run"}]}),
        json.dumps([{"thread_id": "t", "messages": [{"role": "system", "content": "Hi"}]}]),
        json.dumps([{"messages": [{"role": "user", "content": "Hi"}]}]),
        json.dumps({"big": ["x" * 300_000], "messages": [MESSAGE]}),
        json.dumps({"thread_id": "thread_1", "messages": [{"role": "user", "content": "Hello"}]}),
    ],
    "ndjson": [
        f"{json.dumps(MESSAGE)}\n" * 2,
        '{"exported_at": "2024-03-05"}\n{"thread": {"id": "thread_1"}}\n' + json.dumps(MESSAGE),
        '{"Thread ID": "t", "Sender": "user", "Body": "Hi"}\r\n{"Thread ID": "t", "Sender": "bot", "Body": "Hi"}\r\n',
        f"\x1e{json.dumps(MESSAGE)}\n\x1e{json.dumps(MESSAGE)}\n",
        '{"id": "run_1", "object": "thread.run"}\n{"id": "step_1", "object": "thread.run.step"}\n',
    ],
}
OTHERS = {
    "a scenario": "emulator: 1\nname: refund\nturns:\n- say: Hello\n",
    "an OpenAPI description": "openapi: 3.1.0\ninfo: {title: T, version: '1'}\n",
    "a Postman collection": json.dumps({"info": {"_postman_id": "1", "name": "n"}, "item": []}),
    "a WireMock mapping": json.dumps({"request": {"method": "GET", "urlPath": "/v1"}, "response": {"status": 200}}),
    "a fixture of nock": json.dumps(
        [{"scope": "https://api.openai.com:443", "method": "GET", "path": "/v1/threads", "status": 200}]
    ),
    "an HTML page": "<!DOCTYPE html>\n<html><body>Not found</body></html>",
    "a Pact contract": json.dumps({"consumer": {}, "provider": {}, "interactions": [{"request": {"path": "/"}}]}),
    "a log of chat completions": f"{json.dumps({'messages': [{'role': 'user', 'content': 'Hi'}]})}\n" * 2,
    "a log of chat completions, or": json.dumps({"object": "chat.completion", "choices": []}),
    "an empty file": "",
    "a program": "from scripted_models import Script\n\nscript = Script('x')\n",
    "plain text": "Hello there\n",
    "an object with the fields a, b": '{"a": 1, "b": 2}',
    "a log of chat completions, or their": json.dumps(
        [{"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}]}]
    ),
    "an answer of the Responses API": json.dumps(
        {"object": "response", "output": [{"role": "assistant", "content": []}]}
    ),
    "traces": json.dumps({"resourceSpans": [{"role": "user", "content": "x"}]}),
    "lines of objects with the fields a": '{"a": 1}\n{"a": 2}\n',
    "a list of objects with the fields a": '[{"a": 1}]',
    "a table (CSV) with the columns thread_id, role, text: write each row as a line of JSON": (
        'thread_id,role,text\nthread_1,user,"Hello, and\nwelcome"\nthread_1,assistant,Hi\n'
    ),
    "a table (CSV) with the columns a, b c, d, e, f, g, …": "a;b c;d;e;f;g;h\n1;2;3;4;5;6;7\n1;2;3;4;5",
    "a zip file": "PK\x03\x04",
    "a gzip file": b"\x1f\x8b\x08\x00",
}


@pytest.mark.parametrize("kind, text", [(kind, text) for kind, texts in KINDS.items() for text in texts])
@pytest.mark.parametrize("name", ["recording.yaml", "recording.json", "recording"])
def test_a_kind_is_known_by_what_a_file_holds(tmp_path, kind, text, name):
    path = tmp_path / name
    path.write_text(text)
    assert kind_of(path) == kind


@pytest.mark.parametrize(
    "encode",
    [
        lambda text: b"\xef\xbb\xbf" + text.encode(),
        lambda text: text.encode("utf-16"),
        lambda text: text.replace("\n", "\r\n").encode(),
    ],
)
@pytest.mark.parametrize(
    "text", [VCRPY, RUBY, json.dumps(HAR, indent=1), json.dumps(PROXY, indent=1), json.dumps(RECORDED)]
)
def test_a_byte_order_mark_and_the_line_ends_of_windows_are_no_matter(tmp_path, encode, text):
    path = tmp_path / "recording"
    path.write_bytes(encode(text))
    assert kind_of(path) is not None
    assert [exchange.status for exchange in read(path).exchanges] == [200]


@pytest.mark.parametrize("text", ["Hello, you\nThis has, some, commas\n", "One line, no more\n", "a,b\n"])
def test_not_every_comma_makes_a_table(tmp_path, text):
    path = tmp_path / "text"
    path.write_text(text)
    with pytest.raises(UnreadableRecordingError, match="looks like plain text"):
        read(path)


@pytest.mark.parametrize("name, text", OTHERS.items())
def test_what_is_no_recording_is_named(tmp_path, name, text):
    path = tmp_path / "recording.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    assert kind_of(path) is None
    with pytest.raises(UnreadableRecordingError) as caught:
        read(path)
    assert f"looks like {name}" in str(caught.value)
    assert "HAR files" in str(caught.value)
    assert "\n" not in str(caught.value)


CHAT = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}]}
FOREIGN = [
    *(
        text
        for name, text in OTHERS.items()
        if text[:1] in ("{", "[") and "of objects" not in name and "fields" not in name
    ),
    json.dumps(CHAT),
    json.dumps({"request": CHAT, "response": {"choices": []}}),
    json.dumps([{"request": CHAT, "response": {"choices": []}}]),
    f"{json.dumps({'request': CHAT, 'response': {'choices': []}})}\n" * 2,
    f"{json.dumps({'input': CHAT, 'output': {'role': 'assistant', 'content': 'x'}})}\n" * 2,
    json.dumps({"padding": "x" * 400_000, **CHAT}),
]


@pytest.mark.parametrize("text", FOREIGN, ids=range(len(FOREIGN)))
def test_whoever_reads_a_file_of_another_api_refuses_it_in_the_same_words(tmp_path, text):
    path = tmp_path / "file"
    path.write_text(text)
    with pytest.raises(UnreadableRecordingError) as of_reading:
        read(path)
    words = str(of_reading.value).removeprefix(f"{path}: ")
    assert words.startswith("looks like ")
    assert problem_of(path) == words
    with pytest.raises(ApiError) as of_import:
        given_objects([text.encode()])
    assert (of_import.value.status, of_import.value.message) == (400, f"The body {words}.")


def test_conversations_that_have_been_given_a_thread_id_are_read_as_the_refusal_says(tmp_path):
    path = tmp_path / "file"
    lines = [{"messages": CHAT["messages"]}, {"messages": CHAT["messages"]}]
    path.write_text("".join(f"{json.dumps(one)}\n" for one in lines))
    assert "give each conversation, a mapping with messages, a thread_id" in problem_of(path)
    path.write_text("".join(f"{json.dumps({'thread_id': f'thread_{n}', **one})}\n" for n, one in enumerate(lines)))
    assert problem_of(path) is None
    assert [one["thread_id"] for one in read(path).objects if one["object"] == "thread.message"] == [
        "thread_0",
        "thread_1",
    ]
    assert len(given_objects([path.read_bytes()]).objects) == 2


def test_a_kind_is_seen_behind_much_else(tmp_path):
    path = tmp_path / "trace.json"
    path.write_text(json.dumps({"log": {"pages": [{"title": "x" * 400_000}], **HAR["log"]}}))
    assert kind_of(path) == "har"
    assert len(read(path).exchanges) == 1


def test_files_that_cannot_be_opened_are_no_recordings(tmp_path):
    assert kind_of(tmp_path) is None
    assert kind_of(tmp_path / "missing") is None
    with pytest.raises(UnreadableRecordingError, match="missing: cannot be read"):
        read(tmp_path / "missing")


def test_a_recording_of_another_api_says_what_it_holds(tmp_path):
    path = tmp_path / "chat.yaml"
    path.write_text(VCRPY.replace("threads/thread_1", "chat/completions"))
    with pytest.raises(UnreadableRecordingError, match=r"without requests to the Assistants API.*v1/chat/completions"):
        read(path)


def test_requests_to_other_apis_are_left_out_and_named(tmp_path):
    path = tmp_path / "both.yaml"
    first = VCRPY.partition("version")[0]
    path.write_text(first + first.removeprefix("interactions:\n").replace("threads/thread_1", "chat/completions?x=1"))
    recording = read(path)
    assert [exchange.url for exchange in recording.exchanges] == ["https://api.openai.com/v1/threads/thread_1"]
    assert recording.notes == ("1 request to other APIs left out: GET https://api.openai.com/v1/chat/completions",)


def test_nobody_has_to_decode_what_goes_to_other_apis(tmp_path, monkeypatch):
    monkeypatch.setattr("emulator.recording.formats.codings._installed", lambda *_names: None)
    answer = {
        "status": 200,
        "headers": [{"name": "content-encoding", "value": "br"}],
        "content": {"text": "?", "encoding": "base64"},
    }
    other = {"request": {"method": "GET", "url": "https://cdn.example/x.js"}, "response": answer}
    path = tmp_path / "trace.har"
    path.write_text(json.dumps({"log": {"entries": [other, *HAR["log"]["entries"]]}}))
    assert len(read(path).exchanges) == 1


@pytest.mark.parametrize("kind", ["thread-export", "messages-dump", "ndjson"])
def test_exports_are_read_as_objects(tmp_path, kind):
    path = tmp_path / "export"
    path.write_text(KINDS[kind][-1])
    export = read(path)
    assert export.kind == kind
    assert export.objects


@pytest.mark.parametrize(
    "text, what",
    [
        ("", "looks like an empty file"),
        ("a,b\n1,2\n", "looks like a table"),
        ("emulator: 1\nturns: []\n", "looks like a scenario"),
        ('[{"object": "assistant", "id": "asst_1"}', None),  # an import may take it
        ("[5", None),
        (VCRPY, None),
        (json.dumps(MESSAGE), None),
    ],
)
def test_what_no_import_can_take_is_seen_before_it_is_sent(tmp_path, text, what):
    path = tmp_path / "file"
    path.write_text(text)
    problem = problem_of(path)
    assert problem is None if what is None else problem.startswith(what)


def test_a_file_that_is_not_there_cannot_be_read(tmp_path):
    assert problem_of(tmp_path / "missing") == "cannot be read: No such file or directory"


@pytest.mark.parametrize(
    "cut", ["[1, 2", '[{"role": "user", "content": "He', '[{"a": tr', '{"messages": [{"role": "user",\n']
)
def test_json_that_ends_in_the_middle_says_so(tmp_path, cut):
    path = tmp_path / "cut.json"
    path.write_text(f"[{json.dumps(MESSAGE)},\n{cut}")
    with pytest.raises(UnreadableRecordingError, match=r"it ends in the middle, in line 2$"):
        read(path)


@pytest.mark.parametrize("rest", ["", "    body: null\n", "    headers:\n      Accept:\n"])
def test_a_cassette_that_ends_in_a_request_is_read_up_to_there(tmp_path, rest):
    path = tmp_path / "cut.yaml"
    path.write_text(VCRPY.removesuffix("version: 1\n") + f"- request:\n    method: POST\n{rest}")
    recording = read(path)
    assert [exchange.method for exchange in recording.exchanges] == ["GET"]
    note = "a request without an address, in line 11, is left out: does the file end in the middle?"
    assert recording.notes == (note,)
