"""What fixtures of all kinds have: an id that may be pinned, and metadata."""

from typing import Annotated

from pydantic import Field

from scripted_models.grammar.parts import WITHOUT_BLANKS

Id = Annotated[str, Field(min_length=1, max_length=200, pattern=WITHOUT_BLANKS)]
Metadata = Annotated[dict[str, str], Field(description="Texts by key, as the API keeps them.")]
