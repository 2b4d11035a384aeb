"""/parity: whether a port does what the program did, by the records of two namespaces."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Annotated, Any, Final, Literal

import orjson
from fastapi import APIRouter, Query, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BeforeValidator, Field, ValidationError
from starlette.responses import PlainTextResponse, Response

from emulator.control.body import ControlBody
from emulator.daemon_threads import Workers
from emulator.domain.errors import ApiError
from emulator.domain.parity.pairs import check_pairs
from emulator.domain.parity.records import Record
from emulator.domain.parity.report import Report
from emulator.domain.parity.waivers import waivers_from
from emulator.service.namespaces import Namespaces
from emulator.service.parity.records import record

# As for the verdict: each thread that computes can hold up the others.
_MOST_THREADS: Final = 1
_WAIVER: Final = {"turn": 2, "field": "metadata", "reason": "the port keeps it in its own database"}
_SIDE: Final = "The name of a namespace, or a record, as `GET /ns/{ns}/parity-record` answers with."


def _side(value: Any) -> Any:
    """Return a side as it is; pydantic would speak of the kinds of Python that it may be."""
    if not isinstance(value, str | dict):
        raise ValueError("give the name of a namespace, or a record")  # noqa: TRY004 - pydantic shows only these
    return value


Side = Annotated[str | dict[str, Any], BeforeValidator(_side)]


class Comparison(ControlBody):
    """Two sides, and what is known of them."""

    before: Annotated[Side, Field(description=_SIDE, examples=["assistants"])]
    after: Annotated[Side, Field(description=_SIDE, examples=["responses"])]
    pairs: Annotated[
        dict[str, str],
        Field(default_factory=dict, description="Ids of dialogues of after, by those of before they belong to."),
    ]
    waivers: Annotated[
        list[dict[str, Any]],
        Field(
            default_factory=list,
            description="What may differ: `{dialogue, turn, field, kind, reason}`; field and reason have to be there.",
            examples=[[_WAIVER]],
        ),
    ]


_BODY: Final = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": Comparison.model_json_schema(),
                "example": {"before": "assistants", "after": "responses", "waivers": [_WAIVER]},
            }
        },
    }
}
Format = Annotated[Literal["json", "text"], Query(description="For programs, or for people.", alias="format")]
ShowEqual = Annotated[bool, Query(description="Whether a text has what differs and was taken for equal, too.")]


def router(namespaces: Namespaces) -> APIRouter:
    """Return the route. Records may be large: they are read and compared on a thread."""
    router = APIRouter(prefix="/parity", tags=["parity"])
    workers = Workers("parity", _MOST_THREADS)

    @router.post(
        "",
        openapi_extra=_BODY,
        response_class=Response,
        response_description=(
            '`{"is_equal", "before", "after", "dialogues", "turns", "differences": [...], "equalities": [...],'
            ' "unused_waivers": [...]}`, or a text.'
        ),
    )
    async def post_parity(
        request: Request,
        shown_as: Format = "json",
        show_equal: ShowEqual = False,  # noqa: FBT002
    ) -> Response:
        """Compare two records: what came of each turn, what the model saw, and how the dialogue was led."""
        data = await request.body()
        asked = await workers.compute(lambda: _read(data))
        before = await _record(namespaces, asked.before)
        after = await _record(namespaces, asked.after)
        return await workers.compute(lambda: _shown(_compared(asked, before, after), shown_as, show_equal=show_equal))

    return router


def _read(data: bytes) -> Comparison:
    """Return the body; raise what the framework raises for a bad one."""
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise ApiError(400, f"the body is not JSON: {error}") from None
    try:
        return Comparison.model_validate(value)
    except ValidationError as error:
        raise RequestValidationError([{**one, "loc": ("body", *one["loc"])} for one in error.errors()]) from None


async def _record(namespaces: Namespaces, side: str | Mapping[str, Any]) -> Record | Mapping[str, Any]:
    """Return the record of a namespace; one that was sent is read later, on a thread."""
    return await record(await namespaces.find(side)) if isinstance(side, str) else side


def _compared(asked: Comparison, before: Record | Mapping[str, Any], after: Record | Mapping[str, Any]) -> Report:
    from emulator.domain.parity.comparison import compare  # noqa: PLC0415 - few ask for it

    with _refusing("before"):
        first = before if isinstance(before, Record) else Record.from_json(before)
    with _refusing("after"):
        second = after if isinstance(after, Record) else Record.from_json(after)
    with _refusing("waivers"):
        waivers = waivers_from({"waivers": asked.waivers})
    with _refusing("pairs"):
        check_pairs(first, second, asked.pairs)
    return compare(first, second, pairs=asked.pairs, waivers=waivers)


@contextmanager
def _refusing(param: str) -> Iterator[None]:
    """Refuse a field of the body whose values are wrong."""
    try:
        yield
    except ValueError as error:
        message = str(error) if str(error).startswith(param) else f"{param}: {error}"
        raise ApiError(400, message, param=param) from None


def _shown(report: Report, shown_as: str, *, show_equal: bool) -> Response:
    """Return a report in the form that was asked for."""
    if shown_as == "text":
        from emulator.domain.parity.text import text_of  # noqa: PLC0415 - as above

        return PlainTextResponse(text_of(report, show_equal=show_equal))
    return Response(orjson.dumps(report.to_json()), media_type="application/json")
