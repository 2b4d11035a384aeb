"""Large exports: secrets are searched once for each object, and what is made of a file takes little memory."""

import base64
import json
import tracemalloc
from itertools import permutations
from typing import Any

import pytest

from emulator.recording.distiller.fixtures import as_file
from emulator.recording.evidence.shapes import shaped
from emulator.recording.exports.findings import Findings
from emulator.recording.exports.json_texts import read_values
from emulator.recording.exports.objects import found
from emulator.recording.exports.pieces import pieces
from emulator.recording.secrets import Secrets, Spans

KEY = "sk-proj-A1b2C3d4E5f6G7h8I9j0"
HEX = "0123456789abcdef" * 2
TEXTS = (
    "nothing of the kind",
    f"it is {KEY}.",
    "a risk-free-investment of the secretary",
    base64.b64encode(f"x{KEY}".encode()).decode(),
    base64.b64encode(f"xy {KEY}".encode()).decode()[1:],
    'cut: {"api_key": "abcdEFGH1234',
    'ends with a quote "',
    '{"token": "Abcdefgh1234567890"}',
    f"the key: {HEX}",
    "https://jo:geheim@example.org/?token=Abcdefgh1234567890",
    "Authorization: Bearer Abcdefgh1234567890Z",
    "".join(f"\\u00{ord(one):02x}" for one in KEY),
    "data: {}",
    'data: {"id": "a", "x": "sk-pro"}\n\ndata: {"id": "a", "x": "j-A1b2C3d4E5f6"}',
    "\0".join(KEY),
    "password",
    ": Abcdefgh1234567890",
)


def message(number: int, text: str) -> dict[str, Any]:
    parts = [{"type": "text", "text": {"value": text, "annotations": []}}]
    on = {"thread_id": "thread_1", "role": "user", "created_at": 1_700_000_000 + number}
    return {"id": f"msg_{number}", "object": "thread.message", **on, "content": parts, "attachments": []}


@pytest.mark.parametrize("masks_hidden", [True, False])
def test_texts_beside_each_other_hide_no_secret_of_each_other(*, masks_hidden: bool) -> None:
    secrets = Secrets(masks_hidden=masks_hidden)
    for several in permutations(TEXTS, 2):
        value = {"note": several[0], "list": [{"said": several[1]}]}
        expected = [secrets.without_secrets(one) for one in several]
        masked = secrets.without_secrets_in(value)
        assert [masked["note"], masked["list"][0]["said"]] == expected


@pytest.mark.parametrize(
    "value, masked",
    [
        ({"api_key": "plain words"}, {"api_key": "***"}),
        ({"credentials": {"of": "plain"}}, {"credentials": {"of": "***"}}),
        ({"deep": [{"token": "Abcdefgh1234567890"}]}, {"deep": [{"token": "***"}]}),
        ({KEY: 1}, {"***": 1}),
        ({"prompt_tokens": 5}, {"prompt_tokens": 5}),
    ],
)
def test_a_secret_by_its_name_is_seen_in_an_object_without_others(value: Any, masked: Any) -> None:
    assert Secrets(masks_hidden=True).without_secrets_in(value) == masked


def test_a_known_secret_is_found_in_names_and_texts() -> None:
    secrets = Secrets()
    secrets.learn("correct horse battery 9")
    assert secrets.without_secrets_in({"a correct horse battery 9": "b correct horse battery 9"}) == {"a ***": "b ***"}


def test_an_object_without_secrets_is_searched_once(monkeypatch: pytest.MonkeyPatch) -> None:
    searched: list[str] = []
    spans = Secrets.spans

    def counted(self: Secrets, text: str) -> Spans:
        searched.append(text)
        return spans(self, text)

    monkeypatch.setattr(Secrets, "spans", counted)
    secrets = Secrets(masks_hidden=True)
    secrets.without_secrets_in(message(0, "Hello."))  # the names of its fields are known from here on
    searched.clear()
    for number in range(1, 6):
        secrets.without_secrets_in(message(number, "I should like to know the opening hours."))
    assert len(searched) == 5


def test_the_objects_beside_a_scenario_are_written_one_by_one() -> None:
    text = "a word and another 🌊 " * 20
    tracemalloc.start()
    written = as_file((message(number, f"{number} {text}") for number in range(2_000)), Secrets(masks_hidden=True))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(json.loads(written)) == 2_000
    assert peak < 3 * len(written)


def test_what_an_object_was_made_of_is_let_go() -> None:
    values = read_values(b"\n".join(json.dumps(message(number, "Hello.")).encode() for number in range(3)), Findings())
    made = [found(piece, Findings()) for piece in pieces(values, Findings())]
    assert [one is not None and dict(one.piece.data) for one in made] == [{}, {}, {}]
    assert list(values.values) == []


def test_an_object_whose_fields_all_fit_is_not_copied() -> None:
    document = message(1, "Hello.")
    assert shaped(document) is document
    assert shaped({**document, "role": 7}) == {name: value for name, value in document.items() if name != "role"}
