"""What is a secret and what is not, in texts, values, URLs and streams, plain and hidden."""

import base64
import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.recording.recorder.event_streams import without_secrets_in_stream
from emulator.recording.recorder.urls import without_secrets_in_url
from emulator.recording.secrets import Secrets, has_secret, without_secrets, without_secrets_in

KEY = "sk-proj-q7Zx9Lw2VbT3BlbkFJ"
TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJoYXJib3VyIn0.c2lnbmF0dXJl"
HEX = "9f8e7d6c5b4a39281706f5e4d3c2b1a0"


@pytest.mark.parametrize(
    "text, masked",
    [
        (f"use {KEY}, please", "use ***, please"),
        ("the old one: sk-abcdEFGH1234ijklMNOP", "the old one: ***"),
        (f"Authorization: Bearer {TOKEN}", "Authorization: Bearer ***"),
        ("Bearer abc.DEF123~ghi_456", "Bearer ***"),
        ("Basic dXNlcjpwYXNzd29yZDEyMw==", "Basic ***"),
        (f"{KEY} and {TOKEN}", "*** and ***"),
        ("org-Q7zx9Lw2VbT3harbour", "***"),
        ("proj_Q7zx9Lw2VbT3harbour", "***"),
        ("A" * 52 + "JQQJ99" + "B" * 26, "***"),
        ("https://x.example/a?se=1&sig=abc%2BdefGHI123456%3D&sp=r", "https://x.example/a?se=1&sig=***&sp=r"),
        (
            "DefaultEndpointsProtocol=https;AccountKey=abCD12==;EndpointSuffix=x",
            "DefaultEndpointsProtocol=https;AccountKey=***;EndpointSuffix=x",
        ),
        ("Server=db;User=a;Password=hunter2;", "Server=db;User=a;Password=***;"),
        ("postgres://me:hunter2@db/x", "postgres://me:***@db/x"),
        ("api key: q7Zx9Lw2Vb31", "api key: ***"),
        ("my password is q7Zx9Lw2Vb31.", "my password is ***"),
        (f"Our key is {HEX}, and the secret: `{HEX}`", "Our key is ***, and the secret: `***`"),
        (f'{{"api_key": "{HEX}"}}', '{"api_key": "***"}'),
        (f'{{"key": "{HEX}"}}', '{"key": "***"}'),
        ('{"a": "{\\"password\\": \\"hunter2\\"}"}', '{"a": "{\\"password\\": \\"***\\"}"}'),
        ('{"password": "cut o', '{"password": "***'),
        ("-----BEGIN PRIVATE KEY-----\nMIIEvQ\nIBADAN\n-----END PRIVATE KEY-----\n", "***\n"),
    ],
)
def test_a_secret_is_masked_and_nothing_else(text, masked):
    assert without_secrets(text) == masked
    assert without_secrets(masked) == masked
    assert not has_secret(masked)


@pytest.mark.parametrize(
    "text",
    [
        "a risk-free-investment-2024, and desk-0f8fad5b-d9cb-469f-a165-70867728950e",
        "task-force sk-learn the mask-wearing",
        "sk-emu-default and sk-emu",
        "Bearer of good news, basic instructions",
        "the next token is the answer; the key: water",
        "org-chart proj_emulator organization",
        "https://x.example/?key=value&max_tokens=5",
        '{"max_tokens": 5, "token": "Hel", "key": "region", "cache_key": "orders"}',
        "f(key=lambda x: x, sort_keys=True)",
        "asst_djl4tSbwydoDivgBjNrJiUIQ call_djl4tSbwydoDivgBjNrJiUIQ",
        HEX,
        "",
    ],
)
def test_what_is_no_secret_stays(text):
    assert without_secrets(text) == text
    assert not has_secret(text)


@pytest.mark.parametrize(
    "value, masked",
    [
        ({"password": "hunter2"}, {"password": "***"}),
        ({"headers": {"Authorization": "anything"}}, {"headers": {"Authorization": "***"}}),
        ({"credentials": {"type": "basic", "user": "a"}}, {"credentials": {"type": "basic", "user": "***"}}),
        ({"apiKeys": ["a", "b"]}, {"apiKeys": ["***", "***"]}),
        ({KEY: 1}, {"***": 1}),
        ([[{"a": [KEY]}]], [[{"a": ["***"]}]]),
    ],
)
def test_a_field_that_is_named_like_a_key_is_masked(value, masked):
    assert without_secrets_in(value) == masked


@pytest.mark.parametrize(
    "value",
    [
        {"properties": {"password": {"type": "string", "description": "of the user"}}, "required": ["password"]},
        {"usage": {"prompt_tokens": 5}, "max_completion_tokens": 7, "logprobs": [{"token": "Hel"}]},
        {"type": "eq", "key": "region", "value": "north"},
        {"api_key": "sk-emu-default"},
        {"password": None, "secret": True, "api_key": ""},
    ],
)
def test_fields_of_the_api_and_of_schemas_stay(value):
    assert without_secrets_in(value) == value


@pytest.mark.parametrize("offset", range(4))
@pytest.mark.parametrize("secret", [KEY, TOKEN])
@pytest.mark.parametrize("filler", [b"x", b".", b"\xff"])
def test_base64_hides_nothing(secret, offset, filler):
    data = filler * offset + secret.encode() + filler * 3
    for encoded in (base64.b64encode(data), base64.urlsafe_b64encode(data), base64.encodebytes(filler * 70 + data)):
        assert has_secret(encoded)
        assert has_secret(b"data:image/png;base64," + encoded)
        assert has_secret(json.dumps({"a": encoded.decode()}))
        assert has_secret(b"\x00\x01prefix" + encoded)


@pytest.mark.parametrize(
    "data",
    [
        KEY.encode("utf-16"),
        "".join(f"\\u{ord(one):04x}" for one in KEY),
        "".join(f"%{ord(one):02X}" for one in KEY),
        b"\xff\x00" + KEY.encode() + b"\x00",
    ],
)
def test_no_other_encoding_hides_anything_either(data):
    assert has_secret(data)


def event(text, index=0):
    content = [{"index": index, "type": "text", "text": {"value": text}}]
    return f"data: {json.dumps({'id': 'm', 'object': 'thread.message.delta', 'delta': {'content': content}})}\n\n"


@given(st.text(max_size=20), st.text(max_size=20), st.lists(st.integers(1, 60), max_size=6))
def test_a_secret_that_is_split_over_deltas_is_masked_wherever_it_is_split(before, behind, cuts):
    text = f"{before} {KEY} {behind}"
    places = sorted({0, len(text), *(cut for cut in cuts if cut < len(text))})
    stream = "".join(event(text[start:end]) for start, end in pairwise(places))
    size = len(stream.encode())
    chunks = [(0.1, size // 2), (0.2, size - size // 2)]
    masked, moved = without_secrets_in_stream(stream, chunks, Secrets())
    values = [json.loads(line[6:])["delta"]["content"][0]["text"]["value"] for line in masked.split("\n") if line]
    assert "".join(values) == without_secrets(text)
    assert len(values) == len(places) - 1
    assert [moment for moment, _ in moved] == [0.1, 0.2]
    assert sum(length for _, length in moved) == len(masked.encode())
    assert not has_secret(masked)


def test_texts_of_several_parts_are_not_joined():
    stream = event(KEY[:9], 0) + event(KEY[9:], 1)
    assert without_secrets_in_stream(stream, [], Secrets())[0] == stream
    assert not has_secret(stream)


def test_what_a_request_was_authorized_by_is_known_everywhere():
    secrets = Secrets()
    secrets.learn("plain words of a/token")
    secrets.learn(HEX)
    assert secrets.without_secrets(f"a {HEX} b") == "a *** b"
    assert secrets.without_secrets("it echoes plain words of a/token here") == "it echoes *** here"
    assert secrets.has_secret(b"plain%20words%20of%20a%2Ftoken")
    assert secrets.has_secret(base64.b64encode(b".." + HEX.encode()))


@pytest.mark.parametrize("word", ["any", "test", "123456789", "password", "sk-emu-default", "***"])
def test_words_and_keys_of_the_emulator_are_not_learned(word):
    secrets = Secrets()
    secrets.learn(word)
    assert secrets.without_secrets(f"any test {word} 123456789") == f"any test {word} 123456789"


@pytest.mark.parametrize(
    "url, masked",
    [
        (f"https://x.example/v1/files/{KEY}?a=b", "https://x.example/v1/files/***?a=b"),
        ("https://x.example/a%20b/%C3%A4?limit=3&after=&x=%20y&api-version=1", None),
        ("https://x.example/a?api-key=x&b=1", "https://x.example/a?api-key=***&b=1"),
        ("https://x.example/a?x=sk%2Dproj%2Dq7Zx9Lw2Vb", "https://x.example/a?x=***"),
        ("https://x.example/sk%2Dproj%2Dq7Zx9Lw2Vb/a", "https://x.example/***/a"),
        (f"https://x.example/a?{KEY}", "https://x.example/a?***"),
    ],
)
def test_urls_lose_their_secrets_and_no_more(url, masked):
    assert without_secrets_in_url(url, Secrets()) == (masked or url)


def places(text, *about):
    """Return annotations of the places where their texts stand, each from the last."""
    found, behind = [], 0
    for one in about:
        behind = text.index(one, behind)
        found.append({"type": "file_path", "text": one, "start_index": behind, "end_index": behind + len(one)})
        behind += 1
    return found


@pytest.mark.parametrize(
    "before, after, about",
    [
        (f"Key {KEY}.【1】 And {TOKEN} too.【2】", "Key ***.【1】 And *** too.【2】", ["【1】", "【2】"]),
        (f"【1】 {KEY} 【1】", "【1】 *** 【1】", ["【1】", "【1】"]),
        (f"See (a/{KEY}).【1】", "See (a/***).【1】", ["a/{}", "【1】"]),
        (f"一🎈 {KEY} 【1】", "一🎈 *** 【1】", ["【1】"]),
    ],
)
def test_annotations_follow_a_text_that_masking_has_shortened(before, after, about):
    found = without_secrets_in({"value": before, "annotations": places(before, *(one.format(KEY) for one in about))})
    assert found == {"value": after, "annotations": places(after, *(one.format("***") for one in about))}


def test_an_annotation_stays_that_of_the_later_of_two_equal_texts():
    before = f"【1】 {KEY} 【1】 and 【1】"
    (last,) = places(before[20:], "【1】 and")
    annotation = {
        **last,
        "text": "【1】",
        "start_index": last["start_index"] + 20,
        "end_index": last["start_index"] + 23,
    }
    (moved,) = without_secrets_in({"value": before, "annotations": [annotation]})["annotations"]
    assert (moved["start_index"], moved["end_index"]) == (8, 11)


@pytest.mark.parametrize("label", ["client_\u017fecret", "api_\u212aey", "toKEn"])
def test_a_label_is_one_in_any_spelling_of_its_letters(label):
    text = f"{label}=AbC123xyzAbC123xyz9900"
    assert Secrets().without_secrets(text) == f"{label}=***"
