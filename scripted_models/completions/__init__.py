"""What may be written at a place of a scenario, for editors: by the format's JSON Schema, while it is being typed."""

from scripted_models.completions.hints import Hints, Option, hints

__all__ = ["Hints", "Option", "hints"]
