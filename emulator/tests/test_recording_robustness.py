"""Whatever a file holds, it is read, or refused in one line that begins with its name."""

import json

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emulator.recording.recognition import kind_of, read
from emulator.recording.recordings import UnreadableRecordingError

URL = "https://api.openai.com/v1/threads"
TEXTS = st.text(max_size=8) | st.sampled_from(
    [
        URL,
        "200",
        "multipart/form-data; boundary=b",
        "gzip",
        "br",
        "base64",
        "2024-03-05T10:00:00Z",
        "eyJ9",
        "--b\r\n\r\n--b--",
        "\ud800",
        "Tue, 99 Mar 2024 10:00:00 GMT",
    ]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**25), 10**25) | st.floats() | TEXTS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            TEXTS
            | st.sampled_from(
                [
                    "string",
                    "base64_string",
                    "encoding",
                    "file",
                    "text",
                    "code",
                    "name",
                    "value",
                    "content-type",
                    "Content-Encoding",
                    "mimeType",
                    "params",
                    "json",
                    "layout",
                    "multipart",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
REQUEST = {"method": VALUES, "uri": st.just(URL), "body": VALUES, "headers": VALUES}
RESPONSE = {"status": VALUES, "headers": VALUES, "body": VALUES}
INTERACTION = st.fixed_dictionaries(
    {
        "request": st.fixed_dictionaries(REQUEST) | VALUES,
        "response": st.fixed_dictionaries(RESPONSE)
        | st.fixed_dictionaries({"status_code": st.just(200), "content": VALUES, "headers": VALUES})
        | VALUES,
    },
    optional={"recorded_at": VALUES},
)
ENTRY = st.fixed_dictionaries({
    "startedDateTime": VALUES,
    "request": st.fixed_dictionaries({"method": VALUES, "url": st.just(URL), "headers": VALUES, "postData": VALUES, "bodySize": VALUES}) | VALUES,
    "response": st.fixed_dictionaries({"status": st.just(200) | VALUES, "headers": VALUES, "content": VALUES}) | VALUES,
})  # fmt: skip
PROXY = st.fixed_dictionaries(
    {
        "RequestUri": st.just(URL),
        "RequestMethod": VALUES,
        "RequestHeaders": VALUES,
        "RequestBody": VALUES,
        "StatusCode": st.just(200) | VALUES,
        "ResponseHeaders": VALUES,
        "ResponseBody": VALUES,
    }
)
LINE = st.fixed_dictionaries({
    "recording": st.just(1),
    "at": VALUES,
    "request": st.fixed_dictionaries({"method": TEXTS, "url": st.just(URL), "headers": VALUES, "body": VALUES}) | VALUES,
    "response": st.fixed_dictionaries({"status": st.just(200) | VALUES, "headers": VALUES, "body": VALUES}) | VALUES,
}, optional={"chunks": VALUES, "complete": VALUES})  # fmt: skip
# Something that is kept, so that the rest is read.
GOOD = {
    "request": {"method": "GET", "uri": URL, "body": None, "headers": {}},
    "response": {"status": 200, "headers": {}, "body": "{}"},
}


def is_read_or_refused(path, data):
    path.write_bytes(data)
    kind = kind_of(path)
    refusal = None
    try:
        recording = read(path)
    except UnreadableRecordingError as error:
        refusal = str(error)
    if refusal is not None:
        assert refusal.startswith(str(path))
        assert "\n" not in refusal
    else:
        assert recording.kind == kind
        for exchange in getattr(recording, "exchanges", ()):
            assert exchange.request.data is None or isinstance(exchange.request.data, bytes)
            assert exchange.response.data is None or isinstance(exchange.response.data, bytes)
            assert all(isinstance(text, str) for pair in exchange.response_headers.items() for text in pair)
            assert isinstance(exchange.url, str)
            assert 100 <= exchange.status <= 999


WHOLE = settings(suppress_health_check=[HealthCheck.too_slow])


@WHOLE
@given(st.lists(INTERACTION, max_size=2), st.sampled_from(["interactions", "http_interactions"]), st.booleans())
def test_any_cassette(tmp_path_factory, found, key, as_json):
    value = {key: [GOOD, *found]}
    text = json.dumps(value) if as_json else yaml.safe_dump(value)
    is_read_or_refused(tmp_path_factory.getbasetemp() / "cassette", text.encode("utf-8", "replace"))


@WHOLE
@given(st.lists(ENTRY, max_size=2))
def test_any_har(tmp_path_factory, found):
    is_read_or_refused(tmp_path_factory.getbasetemp() / "har", json.dumps({"log": {"entries": found}}).encode())


@WHOLE
@given(st.lists(PROXY, max_size=2))
def test_any_recording_of_the_test_proxy(tmp_path_factory, found):
    is_read_or_refused(tmp_path_factory.getbasetemp() / "proxy", json.dumps({"Entries": found}).encode())


@WHOLE
@given(st.lists(LINE, min_size=1, max_size=2))
def test_any_lines(tmp_path_factory, found):
    is_read_or_refused(
        tmp_path_factory.getbasetemp() / "recorded", b"\n".join(json.dumps(line).encode() for line in found)
    )


SAMPLES = [
    yaml.dump({"interactions": [GOOD], "version": 1}).encode(),
    b"---\n" + yaml.dump({"http_interactions": [GOOD]}).encode(),
    json.dumps(
        {
            "log": {
                "entries": [
                    {
                        "request": {"method": "GET", "url": URL, "headers": []},
                        "response": {"status": 200, "content": {"text": "{}"}},
                    }
                ]
            }
        },
        indent=1,
    ).encode(),
    json.dumps({"Entries": [{"RequestUri": URL, "StatusCode": 200, "ResponseBody": {}}]}, indent=1).encode(),
    json.dumps(
        {"recording": 1, "request": {"method": "GET", "url": URL}, "response": {"status": 200, "body": {"text": "a"}}}
    ).encode()
    * 2,
]


@WHOLE
@given(st.sampled_from(SAMPLES), st.data())
def test_any_damage(tmp_path_factory, sample, data):
    damaged = bytearray(sample)
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(damaged)))
        match data.draw(st.sampled_from(["cut", "insert", "delete", "double"])):
            case "cut":
                del damaged[at:]
            case "insert":
                damaged[at:at] = data.draw(
                    st.binary(max_size=3)
                    | st.sampled_from(
                        [b"[", b"}", b'"', b"\n", b"&a ", b"*a", b"!!binary ", b"---\n", b"\xef\xbb\xbf", b"\xff\xfe"]
                    )
                )
            case "delete":
                del damaged[at : at + 3]
            case "double":
                damaged[at:at] = damaged[at : at + 40]
    is_read_or_refused(tmp_path_factory.getbasetemp() / "damaged", bytes(damaged))


@pytest.mark.parametrize("sample", SAMPLES)
def test_the_samples_are_read(tmp_path, sample):
    path = tmp_path / "sample"
    path.write_bytes(sample if not sample.startswith(b'{"recording') else sample[: len(sample) // 2])
    assert read(path).exchanges
