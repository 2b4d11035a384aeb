"""What models can do: the last thing that the service looks at in a request."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from emulator.domain import models, response_refusals
from emulator.wire.responses.requests import CreateResponse
from emulator.wire.responses.text_format import SchemaFormat

# Which models write more or less as they are asked: the others know but one verbosity (enricoros/big-AGI issue 947, who
# asked them all in Jan 2026; openai/codex issue 9035, of gpt-5.1-codex-max). Of later codex models it is unverified.
_VERBOSE: Final = re.compile(r"(ft:)?gpt-([6-9]|5(?![.\d]*-(chat|codex)))")
_ONE_VERBOSITY: Final = "medium"
# Documented: short summaries came after gpt-5 (and are reported to be refused there).
_ONLY_DETAILED: Final = re.compile(r"(ft:)?(o[1-9]|gpt-5)([-:]|$)")
_SAMPLING: Final = ("temperature", "top_p", "presence_penalty", "frequency_penalty")
_ONLY_EXTENDED: Final = re.compile(r"gpt-([6-9]|5\.[5-9])")
# Documented: structured output needs gpt-4o-mini, gpt-4o-2024-08-06 or a later model.
_UNSTRUCTURED: Final = re.compile(r"(ft:)?(gpt-3\.?5-turbo|gpt-4|gpt-4o-2024-05-13)([-:].*)?")


def check(body: CreateResponse, model: str) -> None:
    """Refuse what a model has no use for."""
    if body.text and isinstance(body.text.format, SchemaFormat) and _UNSTRUCTURED.fullmatch(model):
        raise response_refusals.unsupported_format(model)
    efforts = models.efforts(model)
    if efforts is None:
        return
    effort = body.reasoning.effort if body.reasoning else None
    if effort is not None and not efforts:
        raise response_refusals.unsupported_by_model("reasoning.effort", "unsupported_parameter")
    if efforts and (effort or models.effort(model)) != "none":
        _check_sampling(body)
    if effort is not None and effort not in efforts:
        raise response_refusals.unsupported_value("reasoning.effort", effort, model, efforts)
    if "reasoning.encrypted_content" in (body.include or ()) and not efforts:
        raise response_refusals.no_encrypted_content()
    _check_summary(body, model, thinks=bool(efforts))
    _check_verbosity(body, model)
    if body.prompt_cache_retention == "in_memory" and _ONLY_EXTENDED.match(model):
        raise response_refusals.only_extended_caching()


def _check_summary(body: CreateResponse, model: str, *, thinks: bool) -> None:
    summary = body.reasoning.summary if body.reasoning else None
    if summary is None:
        return
    if not thinks:
        raise response_refusals.no_summary(models.snapshot(model))
    if summary == "concise" and _ONLY_DETAILED.match(model):
        raise response_refusals.unsupported_value("reasoning.summary", summary, models.snapshot(model), ("detailed",))


def _check_verbosity(body: CreateResponse, model: str) -> None:
    verbosity = body.text.verbosity if body.text else None
    if verbosity not in (None, _ONE_VERBOSITY) and not _VERBOSE.match(model):
        raise response_refusals.unsupported_value("text.verbosity", verbosity, model, (_ONE_VERBOSITY,))


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
