"""URLs that lead nowhere: what the log says of each, once."""

from collections.abc import Iterator
from dataclasses import replace

from emulator.domain.hints.kinds import Hint, HintKind
from emulator.domain.hints.trace import Trace
from emulator.domain.redaction import shown_sent_path


def urls(trace: Trace) -> Iterator[Hint]:
    """Yield one hint for all requests whose URL is wrong in the same way; it is about the first of them."""
    found: dict[str, Hint] = {}
    for request in trace.requests:
        if (why := request.hint) is None:
            continue
        if why in found:
            found[why] = replace(found[why], count=found[why].count + 1)
        else:
            about = f"{request.method} {shown_sent_path(request.sent_path)}"
            found[why] = Hint(HintKind.WRONG_URL, about, detail=why)
    yield from found.values()
