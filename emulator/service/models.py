"""Models: names only, for an emulator has none."""

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Final

from emulator.domain import refusals
from emulator.engine.namespace import Namespace

# A selection of the models that the last specification named for this API; any other name is accepted too.
DEFAULT_MODELS: Final = (
    "gpt-5", "gpt-5-mini", "gpt-5-nano", "gpt-4.1", "gpt-4.1-mini", "gpt-4.1-nano", "o3-mini", "o1", "gpt-4o",
    "gpt-4o-mini", "gpt-4-turbo", "gpt-4-turbo-preview", "gpt-4-1106-preview", "gpt-4", "gpt-3.5-turbo",
    "gpt-3.5-turbo-1106",
)  # fmt: skip

# Reported in 2024, for the first and its mini; those that came after it likewise, although v1 had ended by then.
_REFUSED_BY_V1: Final = ("gpt-4o", "gpt-4.1", "gpt-4.5", "gpt-5", "o1", "o3", "o4")

# Documented: the o series and gpt-5 with their sizes and dates, but not gpt-5-chat. A deployment of Azure has any name.
_REASONING: Final = re.compile(r"(ft:)?(o[1-9]|gpt-5)(-(?!chat)[a-z0-9-]+)?(:.*)?")
# Documented: structured output needs gpt-4o-mini, gpt-4o-2024-08-06 or a later model.
_UNSTRUCTURED: Final = re.compile(r"(ft:)?(gpt-3\.?5-turbo|gpt-4|gpt-4o-2024-05-13)([-:].*)?")
# What an assistant shows if nothing was set (reported for reasoning models, too: OpenAI-DotNet issue 431).
_DEFAULT_SAMPLING: Final = 1.0


def check_model(namespace: Namespace, model: str, *, old_models: bool = False) -> None:
    """Refuse a model that the service refused, or that a namespace with its own list does not have.

    old_models: v1 refused some that came after it.
    """
    if any(model == name or model.startswith(f"{name}-") for name in namespace.behaviors.refused_models):
        raise refusals.unsupported_model(model)
    if old_models and model.startswith(_REFUSED_BY_V1):
        raise refusals.unsupported_model(model, v1=True)
    if namespace.config.models and model not in namespace.config.models:
        raise refusals.model_not_found(model)


def check_sampling(
    model: str, sent: Mapping[str, Any], inherited: Mapping[str, Any] | None = None, *, by_update: bool = False
) -> None:
    """Refuse a temperature or top_p for a reasoning model, which takes none: not even the default, if it is sent.

    inherited: the assistant that the run or the update is of. Its defaults were not set and do no harm; that a 1 which
    was set is taken for the default is unverified.
    """
    if not _REASONING.fullmatch(model):
        return
    for name in ("temperature", "top_p"):
        is_set = inherited is not None and inherited[name] != _DEFAULT_SAMPLING
        if sent.get(name) is not None or is_set:
            raise refusals.unsupported_sampling(name, by_update=by_update)


def check_structured(namespace: Namespace, model: str) -> None:
    """Refuse a model that has no structured output."""
    if model in namespace.behaviors.unstructured_models or _UNSTRUCTURED.fullmatch(model):
        raise refusals.unsupported_format(model)


def listing(namespace: Namespace) -> list[dict[str, Any]]:
    """List the models."""
    return [_model(name) for name in namespace.config.models or DEFAULT_MODELS]


def retrieve(namespace: Namespace, model: str) -> dict[str, Any]:
    """Return a model; without a list of its own a namespace has every model."""
    if namespace.config.models and model not in namespace.config.models:
        raise refusals.no_such_model(model)
    return _model(model)


async def delete(namespace: Namespace, model: str) -> None:
    """Delete a fine-tuned model, from the list of its namespace; others cannot be deleted (documented)."""
    async with namespace.transaction() as tx:
        retrieve(namespace, model)
        if not model.startswith("ft:"):
            raise refusals.model_cannot_be_deleted(model)
        if model not in namespace.config.models:
            raise refusals.no_such_model(model)
        tx.after_rollback(partial(setattr, namespace, "config", namespace.config))
        models = tuple(name for name in namespace.config.models if name != model)
        namespace.config = replace(namespace.config, models=models)
        namespace.store(tx)


def _model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": 1686935002, "owned_by": "openai"}
