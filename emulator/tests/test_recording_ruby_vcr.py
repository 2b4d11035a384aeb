"""Cassettes of Ruby's VCR, and of R's vcr."""

import base64
import json

import pytest

from emulator.recording.recognition import read

RUBY = """\
---
http_interactions:
- request:
    method: post
    uri: https://api.openai.com/v1/threads/thread_1/runs
    body:
      encoding: UTF-8
      string: '{"assistant_id":"asst_1"}'
    headers:
      Content-Type:
      - application/json
      Openai-Beta:
      - assistants=v2
  response:
    status:
      code: 200
      message: OK
    headers:
      Date:
      - Tue, 05 Mar 2024 10:00:01 GMT
      Content-Type:
      - application/json
      Set-Cookie:
      - a=1
      - b=2
    body: BODY
  recorded_at: Tue, 05 Mar 2024 10:00:00 GMT
recorded_with: VCR 6.2.0
"""
R = """\
http_interactions:
- request:
    method: get
    uri: https://api.openai.com/v1/threads/thread_1/messages?limit=20
    body:
      encoding: ''
      string: ''
    headers:
      Accept: application/json, text/xml
  response:
    status: STATUS
    headers:
      status: HTTP/2 200
      date: Tue, 05 Mar 2024 10:00:01 GMT
      content-type: application/json
    body: BODY
  recorded_at: 2024-03-05 10:00:00 GMT
  recorded_with: vcr/1.2.2, webmockr/0.9.0
"""
TEXT = '{"text":"Größe"}'
BASE64 = base64.b64encode(TEXT.encode()).decode()
BODIES = {
    "utf-8": ("{encoding: UTF-8, string: '" + TEXT + "'}", TEXT.encode()),
    "binary, as text": ("{encoding: ASCII-8BIT, string: '" + TEXT + "'}", TEXT.encode()),
    "ruby's binary": (f"{{encoding: ASCII-8BIT, string: !binary '{BASE64}'}}", TEXT.encode()),
    "ruby's binary, as a block": (f"\n      encoding: ASCII-8BIT\n      string: !binary |-\n        {BASE64[:12]}\n        {BASE64[12:]}", TEXT.encode()),
    "exact": (f'{{encoding: ASCII-8BIT, base64_string: "{BASE64}\\n"}}', TEXT.encode()),
    "exact, as a block": (f"\n      encoding: UTF-8\n      base64_string: |\n        {BASE64[:12]}\n        {BASE64[12:]}", TEXT.encode()),
    "taken for latin-1": ("{encoding: ISO-8859-1, string: " + json.dumps(TEXT.encode().decode("latin-1")) + "}", TEXT.encode()),
    "of an encoding that it does not fit": ("{encoding: US-ASCII, string: '" + TEXT + "'}", TEXT.encode()),
    "of an encoding that is a codec of another kind": ("{encoding: rot13, string: '" + TEXT + "'}", TEXT.encode()),
    "without an encoding": ("{string: '" + TEXT + "'}", TEXT.encode()),
    "of VCR 1": ("'" + TEXT + "'", TEXT.encode()),
    "a subclass of a text": ("{encoding: UTF-8, string: !ruby/string:Sequel::SQL::Blob '" + TEXT + "'}", TEXT.encode()),
    "a text with fields": ("{encoding: UTF-8, string: !ruby/string {str: '" + TEXT + "', '@x': 1}}", TEXT.encode()),
    "nothing": ("{encoding: UTF-8, string: ''}", b""),
    "no text": ("{encoding: UTF-8}", b""),
}  # fmt: skip


def exchanges(tmp_path, text):
    path = tmp_path / "cassette.yml"
    path.write_text(text)
    return read(path).exchanges


@pytest.mark.parametrize("body, data", BODIES.values(), ids=BODIES)
def test_a_body_is_read_in_every_notation(tmp_path, body, data):
    (exchange,) = exchanges(tmp_path, RUBY.replace("BODY", body))
    assert exchange.response.data == data


def test_an_interaction_is_read_whole(tmp_path):
    (exchange,) = exchanges(tmp_path, RUBY.replace("BODY", BODIES["utf-8"][0]))
    assert (exchange.method, exchange.status, exchange.line) == ("POST", 200, 3)
    assert exchange.url == "https://api.openai.com/v1/threads/thread_1/runs"
    assert exchange.request.data == b'{"assistant_id":"asst_1"}'
    assert exchange.request_headers == {"content-type": "application/json", "openai-beta": "assistants=v2"}
    assert exchange.response_headers["set-cookie"] == "a=1, b=2"
    assert exchange.at == 1_709_632_800


def test_ruby_symbols_and_structs_are_read_as_data(tmp_path):
    text = """\
---
- !ruby/struct:VCR::HTTPInteraction
  request: !ruby/struct:VCR::Request
    method: :get
    uri: https://api.openai.com:443/v1/threads/thread_1
    body:
    headers: !ruby/hash:ActiveSupport::HashWithIndifferentAccess
      accept:
      - application/json
  response: !ruby/struct:VCR::Response
    status: !ruby/struct:VCR::ResponseStatus
      code: 200
      message: OK
    headers:
      content-type:
      - application/json
    body: '{"id": "thread_1"}'
    http_version: '1.1'
"""
    (exchange,) = exchanges(tmp_path, text)
    assert (exchange.method, exchange.status) == ("GET", 200)
    assert exchange.request_headers == {"accept": "application/json"}
    assert exchange.response.data == b'{"id": "thread_1"}'


@pytest.mark.parametrize(
    "status",
    ["200", "{status_code: 200, category: Success, reason: OK, message: 'Success: (200) OK'}", "{status_code: '200'}"],
)
def test_r_is_read(tmp_path, status):
    (exchange,) = exchanges(
        tmp_path, R.replace("STATUS", status).replace("BODY", "{encoding: '', file: no, string: '" + TEXT + "'}")
    )
    assert (exchange.method, exchange.status) == ("GET", 200)
    assert exchange.at == 1_709_632_800
    assert exchange.response_headers["content-type"] == "application/json"
    assert exchange.response.data == TEXT.encode()


def test_a_body_that_r_wrote_elsewhere_is_unknown(tmp_path):
    text = R.replace("STATUS", "200").replace("BODY", "{encoding: '', file: yes, string: 'files/answer.json'}")
    path = tmp_path / "cassette.yml"
    path.write_text(text)
    recording = read(path)
    assert recording.exchanges[0].response.data is None
    assert recording.notes == ("a body is unknown: it was written to a file of its own",)


def test_the_json_of_vcr_is_read(tmp_path):
    interaction = {
        "request": {
            "method": "get",
            "uri": "https://api.openai.com/v1/threads/thread_1",
            "body": {"encoding": "US-ASCII", "string": ""},
            "headers": {"Accept": ["*/*"]},
        },
        "response": {
            "status": {"code": 200, "message": "OK"},
            "headers": {},
            "body": {"encoding": "ASCII-8BIT", "base64_string": BASE64},
        },
        "recorded_at": "Tue, 05 Mar 2024 10:00:00 GMT",
    }
    (exchange,) = exchanges(tmp_path, json.dumps({"http_interactions": [interaction], "recorded_with": "VCR 6.2.0"}))
    assert exchange.response.data == TEXT.encode()
    assert exchange.at == 1_709_632_800


@pytest.mark.parametrize(
    "time",
    [
        "Tue, 05 Mar 2024 10:00:00 GMT",
        "2024-03-05T10:00:00Z",
        "2024-03-05 10:00:00 GMT",
        "2024-03-05 12:00:00.000000000 +02:00",
        "2024-03-05 10:00:00 UTC",
        "2024-03-05T10:00:00",
    ],
)
def test_a_time_is_read_in_every_notation(tmp_path, time):
    text = RUBY.replace("BODY", "''").replace("Tue, 05 Mar 2024 10:00:00 GMT", time)
    assert exchanges(tmp_path, text)[0].at == 1_709_632_800


def test_without_a_time_the_date_of_the_answer_counts(tmp_path):
    text = RUBY.replace("BODY", "''").replace("recorded_at: Tue, 05 Mar 2024 10:00:00 GMT", "recorded_at: long ago")
    assert exchanges(tmp_path, text)[0].at == 1_709_632_801
