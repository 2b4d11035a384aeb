"""The format of texts: as it is sent, as a response shows it, as the engine has it."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, WithJsonSchema

from emulator.domain import response_refusals, strict_schemas
from emulator.tools.body import Body
from emulator.tools.unions import by_field, tag
from emulator.wire.responses.tools import Doc, Name


class PlainFormat(Body):
    """Text or any JSON object. The third type is here only so that errors name it."""

    # In the order of errors here, which is not that of Assistants: to `typing`, two annotations with the same words are
    # one, unless something beside the words differs.
    type: Annotated[Literal["json_object", "text", "json_schema"], WithJsonSchema({"enum": ["json_object", "text"]})]


class SchemaFormat(Body):
    """Structured output."""

    type: Literal["json_schema"]
    name: Name
    schema_: dict[str, Any] = Field(alias="schema")
    description: str | None = None
    strict: bool | None = None


class Text(Body):
    """How texts are written."""

    format: (
        Annotated[
            Annotated[SchemaFormat, tag("json_schema")] | Annotated[PlainFormat, tag("any")],
            by_field("type", "json_schema"),
        ]
        | None
    ) = None
    verbosity: Literal["low", "medium", "high"] | None = None


def format_as_shown(text: Text | None) -> Doc:
    """Return `text` as a response shows it: the format of its texts, and how long they are (recorded)."""
    text = text or Text()
    shown: Doc = {"type": "text" if text.format is None else text.format.type}
    if isinstance(text.format, SchemaFormat):
        schema, strict = strict_schemas.shown(text.format.schema_, strict=text.format.strict)
        about = text.format
        shown |= {"description": about.description, "name": about.name, "schema": schema, "strict": strict}
    return {"format": shown, "verbosity": text.verbosity or "medium"}


def format_as_offered(shown: Mapping[str, Any]) -> Any:
    """Return the format of texts as the engine and scripts know it, in the shape of Assistants.

    shown: `text` of a response.
    """
    about = shown["format"]
    match about["type"]:
        case "text":
            return "auto"
        case "json_schema":
            description = {} if about["description"] is None else {"description": about["description"]}
            schema = {"name": about["name"], **description, "schema": about["schema"], "strict": about["strict"]}
            return {"type": "json_schema", "json_schema": schema}
        case kind:
            return {"type": kind}


def check_schema(text: Text | None) -> None:
    """Refuse a schema that strict was asked for and that is not."""
    about = text.format if text else None
    if isinstance(about, SchemaFormat) and about.strict and (problem := strict_schemas.problem_of(about.schema_)):
        raise response_refusals.format_is_not_strict(about.name, "text.format.schema", problem)
