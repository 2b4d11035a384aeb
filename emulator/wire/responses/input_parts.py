"""The parts of messages and outputs, as they are sent: checked, and made to the documents that contexts consist of."""

from collections.abc import Sequence
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BeforeValidator, Field, ValidationInfo, model_validator
from pydantic_core import PydanticCustomError

from emulator.domain import response_refusals
from emulator.tools.body import Body
from emulator.tools.unions import by_field, chosen, tag
from emulator.wire.responses.problems import only

Doc = dict[str, Any]

# Reported many times.
LONGEST_TEXT: Final = 10_485_760
SentText = Annotated[str, Field(max_length=LONGEST_TEXT)]

# Which types of parts there are, and the order in which a refusal lists them. Measured in Aug 2026. Before that they
# were fewer: reported until Mar 2026, in several programs. Which came when is unverified.
_ALL_LISTED: Final = "2026-04-27"
_PARTS: Final = (
    "input_text", "input_image", "input_audio", "output_text", "refusal", "input_file", "computer_screenshot",
    "summary_text", "encrypted_content",
)  # fmt: skip
_PARTS_BEFORE: Final = (
    "input_text", "input_image", "output_text", "refusal", "input_file", "computer_screenshot", "summary_text",
)  # fmt: skip
_PARTS_OF_USERS: Final = ("input_text", "input_image", "input_file", "scoped_content", "input_audio")
_PARTS_OF_ASSISTANTS: Final = ("output_text", "refusal")
# Of those, what is not emulated.
_OTHER_PARTS: Final = ("scoped_content", "input_audio")


class InputText(Body):
    """A text that the model is given."""

    type: Literal["input_text"]
    text: SentText
    prompt_cache_breakpoint: dict[str, Any] | None = None

    def document(self) -> Doc:
        """Return the part as it is listed (recorded)."""
        return {"type": self.type, "text": self.text}


def _check_url(value: str) -> str:
    if not value.lower().startswith(("http://", "https://", "data:")):
        raise PydanticCustomError("no_url", "no url")
    return value


class InputImage(Body):
    """An image that the model is given, by its address or as a file. That it is an object in Chat is reported."""

    type: Literal["input_image"]
    image_url: Annotated[str, BeforeValidator(_check_url), only(str, expected="an image URL")] | None = None
    file_id: str | None = None
    detail: Literal["low", "high", "auto", "original"] | None = None
    prompt_cache_breakpoint: dict[str, Any] | None = None

    @model_validator(mode="after")
    def _check_source(self) -> Self:
        if not self.image_url and not self.file_id:  # the text is unverified
            raise PydanticCustomError("missing_within", "missing", {"name": "image_url"})
        return self

    def document(self) -> Doc:
        """Return the part as it is kept, in the order of keys of lists (recorded)."""
        detail = self.detail or "auto"
        return {"type": self.type, "detail": detail, "file_id": self.file_id, "image_url": self.image_url}


class InputFile(Body):
    """A file that the model is given: one of the Files API, or its bytes, or its address."""

    type: Literal["input_file"]
    file_id: str | None = None
    file_data: str | None = None
    file_url: str | None = None
    filename: str | None = None
    detail: Literal["auto", "low", "high"] | None = None
    prompt_cache_breakpoint: dict[str, Any] | None = None

    @model_validator(mode="after")
    def _check_source(self) -> Self:
        if not (self.file_id or self.file_data or self.file_url):  # the text is unverified
            raise PydanticCustomError("missing_within", "missing", {"name": "file_id"})
        return self

    def document(self) -> Doc:
        """Return the part as it is kept: lists have the first three keys (recorded)."""
        contents = {"file_data": self.file_data, "file_url": self.file_url}
        kept = {name: value for name, value in contents.items() if value is not None}
        return {"type": self.type, "file_id": self.file_id, "filename": self.filename, **kept}


class OutputText(Body):
    """A text that a model wrote."""

    type: Literal["output_text"]
    text: SentText
    annotations: list[dict[str, Any]] | None = None
    logprobs: list[dict[str, Any]] | None = None

    def document(self) -> Doc:
        """Return the part as it is listed (recorded)."""
        about = {"annotations": self.annotations or [], "logprobs": self.logprobs or []}
        return {"type": self.type, **about, "text": self.text}


class Refusal(Body):
    """What a model said where it refused."""

    type: Literal["refusal"]
    refusal: SentText

    def document(self) -> Doc:
        """Return the part as it is listed."""
        return {"type": self.type, "refusal": self.refusal}


def lists_all(day: str | None) -> bool:
    """Return whether refusals list all types on a day, by default the newest."""
    return day is None or day >= _ALL_LISTED


def _one_of_parts(allowed: Sequence[str]) -> BeforeValidator:
    """Refuse parts of types that nobody has, and those that others have; each with a list of its own. Measured."""

    def check(value: Any, info: ValidationInfo) -> Any:
        is_late = lists_all((info.context or {}).get("day"))
        kind = value.get("type") if isinstance(value, dict) else None
        if not isinstance(kind, str) or kind in allowed:
            if kind in _OTHER_PARTS:
                raise response_refusals.not_emulated(f"Input of the type '{kind}' is", "input")
            return value
        if kind in _PARTS:
            known = [part for part in allowed if is_late or part not in _OTHER_PARTS]
            raise PydanticCustomError("wrong_part", "wrong part", {"got": kind, "known": known})
        raise PydanticCustomError("unknown_kind", "unknown kind", {"known": _PARTS if is_late else _PARTS_BEFORE})

    return BeforeValidator(check)


_InputPart = Annotated[
    Annotated[InputText, tag("any")]
    | Annotated[InputImage, tag("input_image")]
    | Annotated[InputFile, tag("input_file")],
    by_field("type", "input_image", "input_file"),
    _one_of_parts(_PARTS_OF_USERS),
]
_OutputPart = Annotated[
    Annotated[OutputText, tag("any")] | Annotated[Refusal, tag("refusal")],
    by_field("type", "refusal"),
    _one_of_parts(_PARTS_OF_ASSISTANTS),
]
_TEXT_OR_PARTS: Final = chosen(lambda value: "string" if isinstance(value, str) else "parts")
# Of messages and of outputs it is said in two ways. Reported, of each in several programs (2025).
_CONTENT: Final = only(str, list, expected="one of an array of objects or string")
_ANSWER: Final = only(str, list, expected="one of a string or array of objects")
InputParts = Annotated[SentText, tag("string")] | Annotated[list[_InputPart], tag("parts")]
OutputParts = Annotated[SentText, tag("string")] | Annotated[list[_OutputPart], tag("parts")]
InputContent = Annotated[InputParts, _TEXT_OR_PARTS, _CONTENT]
OutputContent = Annotated[OutputParts, _TEXT_OR_PARTS, _CONTENT]
Output = Annotated[InputParts, _TEXT_OR_PARTS, _ANSWER]
