import pytest

from emulator.domain.keys import MASK, has_key, without_keys

LONG = "proj-PretendToBeOneOfTheKeys0123456789"


@pytest.mark.parametrize("text", [
    f"sk-{LONG}", "sk-short", f"use sk-{LONG} today", f"key=sk-{LONG}&more", f'"sk-{LONG}"', f"glued_to_sk-{LONG}", f"xsk-{LONG}",
])  # fmt: skip
def test_a_key_is_masked_wherever_it_stands(text):
    assert has_key(text)
    assert LONG not in without_keys(text)
    assert MASK in without_keys(text)


@pytest.mark.parametrize("text", [
    "a risk-free task-force", "desk-lamps on the disk-drive", "ask-me-about-the-whole-lifecycle", "sk-emu-orders-7", "SK-1",
])  # fmt: skip
def test_words_are_no_keys(text):
    assert not has_key(text)
    assert without_keys(text) == text
