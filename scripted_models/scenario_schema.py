"""The format's JSON Schema, for editors: derived from the grammar, so that it accepts what the loader accepts."""

import copy
from typing import Any

from scripted_models.grammar.scenario import plain_schema


def schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of scenario files."""
    grammar = copy.deepcopy(plain_schema())
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "scenario-1.schema.json",
        **grammar,
        "title": "scenario-1",
    }
