"""What models can do: the last thing that the service looks at in a request."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from emulator.domain import models, response_refusals
from emulator.wire.responses.requests import CreateResponse
from emulator.wire.responses.tools import SchemaFormat

# Families of models, the first that fits, and which efforts they know (documented; measured for 5.6). Of others, such
# as deployments with names of their own, nothing is known.
_FAMILIES: Final = tuple(
    (re.compile(rf"(ft:)?{pattern}"), tuple(efforts.split()))
    for pattern, efforts in (
        (r"(gpt-5[.\d]*-chat|chatgpt-|gpt-4|gpt-3\.?5)", ""),
        (r"o[1-9](-|$)", "low medium high"),
        (r"gpt-5(-|$)", "minimal low medium high"),
        (r"gpt-5\.1(-|$)", "none low medium high"),
        (r"gpt-5\.[2-5](-|$)", "none low medium high xhigh"),
        (r"gpt-([6-9]|5\.[6-9])", "none low medium high xhigh max"),
    )
)
_SAMPLING: Final = ("temperature", "top_p", "presence_penalty", "frequency_penalty")
_ONLY_EXTENDED: Final = re.compile(r"gpt-([6-9]|5\.[5-9])")
# Documented: structured output needs gpt-4o-mini, gpt-4o-2024-08-06 or a later model.
_UNSTRUCTURED: Final = re.compile(r"(ft:)?(gpt-3\.?5-turbo|gpt-4|gpt-4o-2024-05-13)([-:].*)?")


def check(body: CreateResponse, model: str) -> None:
    """Refuse what a model has no use for."""
    if body.text and isinstance(body.text.format, SchemaFormat) and _UNSTRUCTURED.fullmatch(model):
        raise response_refusals.unsupported_format(model)
    efforts = next((efforts for name, efforts in _FAMILIES if name.match(model)), None)
    if efforts is None:
        return
    effort = body.reasoning.effort if body.reasoning else None
    if effort is not None and not efforts:
        raise response_refusals.unsupported_by_model("reasoning.effort", "unsupported_parameter")
    if efforts and (effort or models.effort(model)) != "none":
        _check_sampling(body)
    if effort is not None and effort not in efforts:
        raise response_refusals.unsupported_effort(effort, model, efforts)
    if body.prompt_cache_retention == "in_memory" and _ONLY_EXTENDED.match(model):
        raise response_refusals.only_extended_caching()


def _check_sampling(body: CreateResponse) -> None:
    """Refuse what a model that thinks does not take. Measured, with the order; a default that is sent: unverified."""
    for name in _SAMPLING:
        if getattr(body, name) is not None:
            raise response_refusals.unsupported_by_model(name)
    if "message.output_text.logprobs" in (body.include or ()):
        raise response_refusals.no_logprobs("include")
    if body.top_logprobs:
        raise response_refusals.no_logprobs("top_logprobs")


def check_json(body: CreateResponse, items: Iterable[Mapping[str, Any]]) -> None:
    """Refuse any JSON object as the format where no message asks for JSON. items: the whole context. Reported."""
    about = body.text.format if body.text else None
    if about is None or about.type != "json_object":
        return
    parts = (part for item in items if item["type"] == "message" for part in item["content"])
    texts = (part.get("text") or "" for part in parts)
    if not any("json" in text.lower() for text in (body.instructions or "", *texts)):
        raise response_refusals.no_word_json()
