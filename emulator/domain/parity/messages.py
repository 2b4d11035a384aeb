"""Differences between the messages that two models are given: missing, added, changed, or in another order."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby

from emulator.domain.parity.alignment import aligned
from emulator.domain.parity.candidates import Candidate
from emulator.domain.parity.context import key_of
from emulator.domain.parity.records import SeenMessage
from emulator.domain.parity.sentences import contrasted, counted, quoted
from emulator.domain.parity.texts import plain

_SPEAKERS = {"user": "the user's message", "assistant": "the model's own message"}


def messages(before: Sequence[SeenMessage], after: Sequence[SeenMessage]) -> Iterator[Candidate]:
    """Yield what differs between the messages of two contexts, without those that instruct."""
    if before == after:
        return
    old, new = [key_of(one) for one in before], [key_of(one) for one in after]
    if old != new and Counter(old) == Counter(new):
        yield _order(before, after)
        return
    places = list(_joined(before, after))
    for (lost, added), group in groupby(places, key=lambda pair: (pair[1] is None, pair[0] is None)):
        pairs = list(group)
        if lost:
            yield _missing([(old, before[old]) for old, _ in pairs if old is not None])
        elif added:
            yield _added([(new, after[new]) for _, new in pairs if new is not None])
        else:
            for one, other in pairs:
                if one is not None and other is not None:
                    yield from _pair(one, before[one], after[other])


def _joined(before: Sequence[SeenMessage], after: Sequence[SeenMessage]) -> Iterator[tuple[int | None, int | None]]:
    """Yield the places of messages that belong together: the same, with the same text, or at the same place."""
    yield from aligned([plain(one.text) for one in before], [plain(one.text) for one in after])


def _speaker(message: SeenMessage) -> str:
    return _SPEAKERS.get(message.role, f"the message of the {message.role}")


def _missing(lost: Sequence[tuple[int, SeenMessage]]) -> Candidate:
    what = f"the model no longer sees {_named([one for _, one in lost])}"
    texts = tuple(one.text for _, one in lost)
    return Candidate("seen", _field([place for place, _ in lost]), list(texts), None, what, echo=("lost", texts, None))


def _added(added: Sequence[tuple[int, SeenMessage]]) -> Candidate:
    what = f"the model now also sees {_named([one for _, one in added])}"
    texts = tuple(one.text for _, one in added)
    return Candidate("seen", _field([place for place, _ in added]), None, list(texts), what, echo=("lost", None, texts))


def _named(some: Sequence[SeenMessage]) -> str:
    first = f"{_speaker(some[0])} {quoted(some[0].text)}"
    return first if len(some) == 1 else f"{counted(len(some), 'message')}, the first of them {first}"


def _field(places: Sequence[int]) -> str:
    return f"messages[{places[0]}]" if len(places) == 1 else f"messages[{places[0]}..{places[-1]}]"


def _order(before: Sequence[SeenMessage], after: Sequence[SeenMessage]) -> Candidate:
    moved = [n for n, pair in enumerate(zip(before, after, strict=True)) if key_of(pair[0]) != key_of(pair[1])]
    place, end = moved[0], moved[-1] + 1
    old, new = ([one.text for one in some[place:end]] for some in (before, after))
    what = (
        f"the model sees the messages in another order: message {place + 1} is {_named([after[place]])}, before it was"
        f" {_named([before[place]])}"
    )
    return Candidate("seen", "messages.order", old, new, what, echo=("order", tuple(old), tuple(new)))


def _pair(place: int, old: SeenMessage, new: SeenMessage) -> Iterator[Candidate]:
    field = f"messages[{place}]"
    echo = (old.text, new.text)
    if old.role != new.role:
        what = f"the message {quoted(new.text)} is now one of the {new.role}, before of the {old.role}"
        yield Candidate("seen", f"{field}.role", old.role, new.role, what, echo=(*echo, old.role, new.role))
    if old.text != new.text:
        was, now = contrasted(old.text, new.text)
        yield Candidate("seen", f"{field}.text", *echo, f"{_speaker(old)} is {now}, before {was}", echo=echo)
    is_own = old.role == new.role == "assistant"
    if old.files != new.files:
        case = "drawn.files" if is_own else None
        key = (*echo, old.files, new.files)
        files = list(old.files), list(new.files)
        yield Candidate("seen", f"{field}.files", files[0], files[1], _files(old, new), case=case, echo=key)
    if old.images != new.images:
        case = "drawn.images" if is_own else None
        images = old.images, new.images
        what = f"{_speaker(old)} {quoted(old.text)} shows {counted(new.images, 'image')}, before {old.images}"
        yield Candidate("seen", f"{field}.images", *images, what, case=case, echo=(*echo, *images))


def _files(old: SeenMessage, new: SeenMessage) -> str:
    lost = list((Counter(old.files) - Counter(new.files)).elements())
    added = list((Counter(new.files) - Counter(old.files)).elements())
    about = f"{_speaker(old)} {quoted(old.text)}"
    changes = [f"no longer brings {', '.join(map(quoted, lost))}"] if lost else []
    changes += [f"now brings {', '.join(map(quoted, added))}"] if added else []
    return f"{about} {' and '.join(changes) or 'brings its files in another order'}"
