"""Differences between what two models were given with one request each."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from emulator.domain.parity.candidates import Candidate
from emulator.domain.parity.context import key_of, paired_contexts
from emulator.domain.parity.messages import messages
from emulator.domain.parity.offered import offered
from emulator.domain.parity.reach import MESSAGE, offered_types, reach_of
from emulator.domain.parity.records import Saw, SeenMessage
from emulator.domain.parity.sentences import contrasted, listed, quoted
from emulator.domain.parity.sides import Side, same
from emulator.domain.parity.texts import spaced

# In words, for sentences. The others are compared by ways of their own.
_SETTINGS: Final[Mapping[str, str]] = {
    "model": "the model",
    "tool_choice": "tool_choice",
    "parallel_tool_calls": "parallel_tool_calls",
    "response_format": "the format of texts",
    "temperature": "temperature",
    "top_p": "top_p",
    "reasoning_effort": "the reasoning effort",
    "max_output_tokens": "the limit of tokens to write",
    "max_prompt_tokens": "the limit of tokens to read",
    "assistant": "the name of the assistant",
}
_METADATA: Final = {"metadata": ("run", "response"), "dialogue_metadata": ("thread", "conversation")}


def seen(old: Side, new: Side, place: int, other_place: int) -> Iterator[Candidate]:
    """Yield what differs. place, other_place: of the requests in their turns, from 0."""
    before, after = old.saw, new.saw
    if before is None or after is None:
        return
    one, other = paired_contexts(old, new, place, other_place)
    yield from _instructions(_told(before, one.telling), _told(after, other.telling), before, after)
    found = list(messages(one.messages, other.messages))
    yield from found
    if not found and before.messages != after.messages:
        yield _rearranged(before, after, instructs=bool(one.telling or other.telling))
    yield from offered(before.tools, after.tools)
    for field, name in _SETTINGS.items():
        yield from _setting(field, name, getattr(before, field), getattr(after, field))
    if not same(before.truncation, after.truncation):
        is_cut = _is_cut(before, one.messages, other.messages) or _is_cut(after, other.messages, one.messages)
        yield from _truncation(before.truncation, after.truncation, is_cut=is_cut)
    yield from _files(old, new, _lost_with_messages(found))
    for field, owners in _METADATA.items():
        yield from _metadata(field, owners, before, after)
    for field in ("object", "request"):
        if getattr(before, field) != getattr(after, field):
            yield Candidate("seen", field, getattr(before, field), getattr(after, field), f"{field} is another one")


def _setting(field: str, name: str, before: Any, after: Any) -> Iterator[Candidate]:
    if same(before, after):
        return
    was, now = contrasted(before, after)
    yield Candidate("seen", field, before, after, f"{name} is {now}, before {was}")


def _rearranged(before: Saw, after: Saw, *, instructs: bool) -> Candidate:
    """Return what differs where only the messages do that instruct, or that the model itself has said in the turn."""
    old, new = ([[message.role, message.text] for message in one.messages] for one in (before, after))
    case = "instruction_items" if instructs else "messages.own"
    return Candidate("seen", "messages", old, new, "the messages are other ones", case=case)


def _truncation(before: Any, after: Any, *, is_cut: bool) -> Iterator[Candidate]:
    was, now = contrasted(before, after)
    what = f"truncation is {now}, before {was}"
    yield Candidate("seen", "truncation", before, after, what, case=None if is_cut else "truncation.uncut")


def _is_cut(saw: Saw, own: Sequence[SeenMessage], other: Sequence[SeenMessage]) -> bool:
    """Return whether what a model was given is the end of what the other one was."""
    if saw.truncation.get("type") == "disabled" or len(own) >= len(other):
        return False
    return [key_of(one) for one in own] == [key_of(one) for one in other[len(other) - len(own) :]]


# --- instructions -----------------------------------------------------------------------------------------------------


def _instructions(old: Sequence[str], new: Sequence[str], before: Saw, after: Saw) -> Iterator[Candidate]:
    """Yield what differs in what instructs the models. old, new: all of it, part by part."""
    was, now = "\n".join(old) or None, "\n".join(new) or None
    if was != now:
        yield _about_instructions(new, was, now)
    elif before.instructions != after.instructions:
        what = "the instructions are a message of their own"
        values = before.instructions, after.instructions
        yield Candidate("seen", "instructions", *values, what, case="instruction_items")


def _told(saw: Saw, telling: Sequence[SeenMessage]) -> list[str]:
    return [*([saw.instructions] if saw.instructions else []), *(one.text for one in telling)]


def _about_instructions(new: Sequence[str], was: str | None, now: str | None) -> Candidate:
    sent = "sent with {request}"
    if was is None:
        what = f"the model now sees the instructions {quoted(now)}, and saw none before"
        return Candidate("seen", "instructions", was, now, what, "none", sent)
    if now is None:
        what = f"the model no longer sees the instructions {quoted(was)}"
        return Candidate("seen", "instructions", was, now, what, "of the assistant or the run", f"not {sent}")
    often = sum(spaced(one) == spaced(was) for one in new)
    if often > 1:
        what = f"the model sees the instructions {quoted(was)} {often} times"
        return Candidate("seen", "instructions", was, now, what, "once", "each of them as a message, or as both")
    for part, whole, change in ((now, was, "no longer sees"), (was, now, "now also sees")):
        if part in whole:
            what = f"the model {change} a part of the instructions: {quoted(whole.replace(part, '', 1).strip())}"
            return Candidate("seen", "instructions", was, now, what)
    old_text, new_text = contrasted(was, now)
    return Candidate("seen", "instructions", was, now, f"the instructions are {new_text}, before {old_text}")


# --- files ------------------------------------------------------------------------------------------------------------


def _lost_with_messages(found: Sequence[Candidate]) -> frozenset[str]:
    """Return the names of the files that messages bring on one side only."""
    ends = [one for one in found if one.field.endswith(".files") and one.case is None]
    return frozenset(name for one in ends for name in set(one.before) ^ set(one.after))


def _files(old: Side, new: Side, known: frozenset[str]) -> Iterator[Candidate]:
    """Yield what differs in the files that the models reach. known: those whose loss a message shows."""
    before, after = old.saw, new.saw
    if before is None or after is None:
        return
    reached, now_reached = reach_of(before, old.api), reach_of(after, new.api)
    is_told = False
    for name in dict.fromkeys((*reached, *now_reached)):
        ways, now_ways = reached.get(name), now_reached.get(name)
        if ways == now_ways:
            continue
        is_told = True
        if (ways is None or now_ways is None) and (name in known or _lacks_tools(ways or now_ways, before, after)):
            continue
        was, now = (None if one is None else sorted(one) for one in (ways, now_ways))
        yield Candidate("seen", f"files.{name}", was, now, _about_file(name, was, now))
    if not is_told and not same(_names(before), _names(after)):
        yield Candidate("seen", "files", _names(before), _names(after), "the files are kept in another way")
    elif not is_told and not same(_ids(before), _ids(after)):
        yield Candidate("seen", "files.ids", _ids(before), _ids(after), "the files have other ids", case="files.ids")


def _lacks_tools(ways: frozenset[str] | None, before: Saw, after: Saw) -> bool:
    """Return whether a file is out of reach because a tool is not offered, of which more is said elsewhere."""
    return bool(ways) and not (ways or frozenset()) & {MESSAGE, *(offered_types(before) & offered_types(after))}


def _about_file(name: str, was: list[str] | None, now: list[str] | None) -> str:
    ways = {"message": "in a message"}
    if now is None:
        before = listed([ways.get(one, one) for one in was or []])
        return f"the model can no longer read {quoted(name)}, before by {before}"
    if was is None:
        return f"the model can now also read {quoted(name)}, by {listed([ways.get(one, one) for one in now])}"
    before, after = (listed([ways.get(one, one) for one in some]) for some in (was, now))
    return f"the model reads {quoted(name)} by {after}, before by {before}"


def _names(saw: Saw) -> list[Any]:
    return [[[file.name, list(file.tools)] for file in saw.files], [list(store.files) for store in saw.stores]]


def _ids(saw: Saw) -> list[list[str]]:
    return [[file.id for file in saw.files], [store.id for store in saw.stores]]


# --- metadata ---------------------------------------------------------------------------------------------------------


def _metadata(field: str, owners: tuple[str, str], before: Saw, after: Saw) -> Iterator[Candidate]:
    old, new = getattr(before, field) or {}, getattr(after, field) or {}
    for key in dict.fromkeys((*old, *new)):
        was, now = old.get(key), new.get(key)
        if was == now:
            continue
        pair, other = (f"{key}={value}" for value in (was, now))
        if now is None:
            what = f"the metadata {quoted(pair)} of the {owners[0]} are no longer sent"
        elif was is None:
            what = f"the metadata {quoted(other)} of the {owners[1]} are new"
        else:
            what = f"the metadata of the {owners[1]} are {quoted(other)}, before {quoted(pair)}"
        yield Candidate("seen", f"{field}.{key}", was, now, what)
