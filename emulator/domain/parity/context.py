"""The messages that a model is given, apart from what instructs it and from what it has said in the turn itself."""

from dataclasses import dataclass, replace
from typing import Final

from emulator.domain.parity.records import SeenMessage
from emulator.domain.parity.sides import Side
from emulator.domain.parity.texts import plain

_TELLING: Final = frozenset({"system", "developer"})
_SAID: Final = ("text", "refusal")


@dataclass(frozen=True, slots=True)
class Context:
    """The context of one request.

    whole: all messages, oldest first, without what the model has said in the turn if it stands there. own: what the
    model has said in the turn, if it does not. strays: texts of messages that are no instructions, although they are of
    the system or the developer.
    """

    whole: tuple[SeenMessage, ...]
    own: tuple[SeenMessage, ...] = ()
    strays: frozenset[str] = frozenset()

    @property
    def messages(self) -> tuple[SeenMessage, ...]:
        """The messages of user and assistant."""
        return tuple(one for one in self.whole if not self._tells(one))

    @property
    def telling(self) -> tuple[SeenMessage, ...]:
        """The messages that instruct the model."""
        return tuple(one for one in self.whole if self._tells(one))

    def _tells(self, message: SeenMessage) -> bool:
        return message.role in _TELLING and plain(message.text) not in self.strays


def paired_contexts(old: Side, new: Side, place: int, other_place: int) -> tuple[Context, Context]:
    """Return the contexts of two requests, of which each has what the model has said in the turn, or neither has.

    place, other_place: of the requests in their turns, from 0.
    """
    one, other = _context(old, place), _context(new, other_place)
    if one.own and not other.own:
        other = replace(other, whole=(*other.whole, *one.own))
    elif other.own and not one.own:
        one = replace(one, whole=(*one.whole, *other.own))
    return _with_strays(one, other), _with_strays(other, one)


def _context(side: Side, place: int) -> Context:
    if side.saw is None:
        return Context(())
    whole = side.saw.messages
    if side.api == "assistants" or place == 0:
        return Context(whole)
    said = [SeenMessage("assistant", one.text) for one in side.turn.did if one.kind in _SAID]
    counts = sorted(_said_before(side, place), reverse=True)
    # Messages that instruct may stand anywhere.
    spoken = [n for n, one in enumerate(whole) if one.role not in _TELLING]
    for count in counts:
        end = spoken[len(spoken) - count :]
        if [key_of(whole[n]) for n in end] == [key_of(one) for one in said[:count]]:
            return Context(tuple(one for n, one in enumerate(whole) if n not in end))
    behind = next((n for n, place in enumerate(reversed(spoken)) if whole[place].role == "user"), len(spoken))
    nearest = min(counts, key=lambda one: abs(one - behind))
    return Context(whole, tuple(said[:nearest]))


def _with_strays(context: Context, other: Context) -> Context:
    """Return the context with what is a message of user or assistant in the other one taken for such a message."""
    missing = {plain(one.text) for one in other.messages} - {plain(one.text) for one in context.messages}
    return replace(context, strays=frozenset(missing & {plain(one.text) for one in context.telling}))


def _said_before(side: Side, place: int) -> set[int]:
    """Return how many texts may stand before the calls that a request answers: it is not recorded which those are."""
    texts, ends, was_call = 0, [], False
    for one in side.turn.did:
        if was_call and one.kind != "call":
            ends.append(texts)
        was_call = one.kind == "call"
        texts += one.kind in _SAID
    if was_call:
        ends.append(texts)
    if len(ends) == len(side.turn.saw) - 1:
        return {ends[place - 1]}
    return {0, *ends, texts}


def key_of(message: SeenMessage) -> tuple[str, str]:
    """Return what makes a message the same one as another."""
    return message.role, plain(message.text)
