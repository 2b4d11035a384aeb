"""``when``: the conditions under which a turn answers a run."""

import unicodedata
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field

from scripted_models.globs import check_glob
from scripted_models.grammar.parts import Count, Names, Strict, as_list, grammar_error, unexpected
from scripted_models.matches import normal
from scripted_models.regular_expressions import check_expression


def _compiles(pattern: str) -> str:
    try:
        check_expression(unicodedata.normalize("NFC", pattern))  # as it is matched
    except ValueError as error:
        raise grammar_error(str(error)) from None
    return pattern


def _is_glob(pattern: str) -> str:
    try:
        check_glob(normal(pattern))  # as it is compared
    except ValueError as error:
        raise grammar_error(str(error)) from None
    return pattern


class Matcher(Strict):
    """A test of one text; all of them have to match. The text is trimmed and in Unicode form NFC."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1})

    equals: str | None = Field(None, description="The whole text.")
    contains: (
        Annotated[
            list[Annotated[str, Field(min_length=1)]],
            Field(min_length=1),
            BeforeValidator(as_list, json_schema_input_type=Annotated[str, Field(min_length=1)] | list[str]),
        ]
        | None
    ) = Field(None, description="A part of the text; of a list, every part.")
    regex: Annotated[str, AfterValidator(_compiles)] | None = Field(
        None, description="A regular expression found anywhere; its named groups become match.<name>."
    )
    glob: Annotated[str, AfterValidator(_is_glob)] | None = Field(
        None, description="The whole text, with *, ? and [abc]."
    )
    not_: "TextMatcher | None" = Field(None, alias="not", description="A test that must not fit.")

    @property
    def excluded(self) -> "Matcher | None":
        """What must not fit, where that is all that is asked: of several texts, none of them."""
        asked = (self.equals, self.contains, self.regex, self.glob)
        return self.not_ if all(test is None for test in asked) else None


def _matcher(value: Any) -> Any:
    if isinstance(value, str):
        return {"equals": value}
    if isinstance(value, dict):
        if not any(value.get(key) is not None for key in value):
            raise unexpected(value, "equals, contains, regex, glob or not")
        return value
    if isinstance(value, Matcher):
        return value
    raise unexpected(value, "a text, or a mapping with equals, contains, regex, glob or not")


TextMatcher = Annotated[Matcher, BeforeValidator(_matcher, json_schema_input_type=str | Matcher)]
"""A plain text is the whole text, never a part."""


def _matchers(value: Any) -> Any:
    if isinstance(value, str | dict | Matcher):
        return [value]
    if isinstance(value, list):
        return value
    raise unexpected(value, "a text, a mapping with equals, contains, regex, glob or not, or a list of them")


TextMatchers = Annotated[
    list[TextMatcher],
    Field(min_length=1),
    BeforeValidator(_matchers, json_schema_input_type=TextMatcher | list[TextMatcher]),
]
"""One test, or a list of tests that all have to match."""


class AssistantWhen(Strict):
    """The assistant of the run."""

    id: TextMatcher | None = None
    name: TextMatcher | None = None
    instructions: TextMatcher | None = Field(None, description="Of the run, after overrides.")
    metadata: dict[str, TextMatcher] | None = None


class When(Strict):
    """All fields that are present have to match; without any, every run matches."""

    message: TextMatcher | None = Field(None, description="The last user message of the thread.")
    model: TextMatcher | None = Field(None, description="The model of the run, after overrides.")
    assistant: AssistantWhen | None = None
    turn: Count | None = Field(None, description="The nth run on the thread, counted from 1.")
    state: Names | None = Field(None, description="The current state of the scope, or one of several.")
    tools: TextMatchers | None = Field(
        None,
        description="Names of tools that the run has to offer, all of them: of functions, else types. The name that is "
        "found becomes match.tool; retrieval is v1's name for file_search.",
    )
    files: TextMatcher | None = Field(None, description="The name of any attached file.")
    thread_metadata: dict[str, TextMatcher] | None = None
    run_metadata: dict[str, TextMatcher] | None = None
    api: Literal["assistants", "responses"] | None = Field(
        None, description="The API by which the program asks; without it, either."
    )


Matcher.model_rebuild()
