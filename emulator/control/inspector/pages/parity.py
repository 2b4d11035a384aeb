"""Two namespaces side by side: where a port differs from what it was ported from, and which differences are meant."""

import shlex
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Final

import yaml
from starlette.datastructures import FormData, QueryParams
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from emulator.control.inspector.form_values import text_of
from emulator.control.inspector.headers import HEADERS
from emulator.control.inspector.parity_address import Asked
from emulator.control.inspector.routing import does, done, shows
from emulator.control.inspector.site import Site, server_of
from emulator.daemon_threads import Workers
from emulator.domain import inspector_paths
from emulator.domain.errors import ApiError
from emulator.domain.parity.waivers import waivers_from
from emulator.service.overview import names
from emulator.service.parity.records import record

# As for the control API: each thread that computes can hold up the others.
_MOST_THREADS: Final = 1
_MOST_NAMES: Final = 1_000
_MOST_REASON: Final = 500
_FILE: Final = "waivers.yaml"
# What a waiver says beside its field and its reason, by what it is to cover.
_SCOPES: Final[Mapping[str, tuple[str, ...]]] = {
    "turn": ("dialogue", "turn", "kind"),
    "dialogue": ("dialogue", "kind"),
    "everywhere": ("kind",),
}


def routes(site: Site) -> list[Route]:
    """Return the routes. Records are compared on a thread."""
    return [
        shows(site, "/parity", partial(_show, Workers("parity page", _MOST_THREADS))),
        shows(site, "/parity/waivers.yaml", _download),
        does(site, "/parity/waivers", _waive),
        does(site, "/parity/pairs", _pair),
    ]


async def _show(workers: Workers, site: Site, request: Request) -> Response:
    listed, total = await names(site.namespaces, _MOST_NAMES)
    values: dict[str, Any] = {"names": listed, "left_out": total - len(listed), "found": None, "refusal": None}
    asked, status = Asked(request.query_params.get("before", ""), request.query_params.get("after", "")), 200
    try:
        asked = Asked.read(request.query_params)
        if asked.before and asked.after:
            values["found"] = await _compared(workers, site, asked)
    except ApiError as error:
        status, values["refusal"] = error.status, error.message
    return site.page(
        request, "parity.html", title="Parity", status=status, **values, **_state(asked, server_of(request))
    )


async def _compared(workers: Workers, site: Site, asked: Asked) -> dict[str, Any]:
    from emulator.control.inspector.parity_view import compared_view  # noqa: PLC0415 - loaded with the first

    before = await record(await site.namespaces.find(asked.before))
    after = await record(await site.namespaces.find(asked.after))
    return await workers.compute(partial(compared_view, before, after, asked))


def _state(asked: Asked, server: str) -> dict[str, Any]:
    """Return what is asked for, and the addresses of pages that ask for a little else."""
    again = {
        "equal": replace(asked, shows_equal=not asked.shows_equal, page=1).address,
        "all": replace(asked, dialogue=None, page=1).address,
        "next": replace(asked, page=asked.page + 1).address,
        "first": replace(asked, page=1).address,
        "swapped": Asked(asked.after, asked.before).address,
    }
    return {
        "asked": asked,
        "query": asked.address.partition("?")[2],
        "again": again,
        "waivers": [(one, asked.without_waiver(place).address) for place, one in enumerate(asked.waivers)],
        "pairs": [(pair, asked.without_pair(place).address) for place, pair in enumerate(asked.pairs)],
        "alone": lambda number: replace(asked, dialogue=number, page=1).address,
        "file": _file(asked) if asked.waivers else "",
        "command": _command(asked, server),
        "file_address": inspector_paths.waiver_file(waive=asked.waiver_texts),
    }


def _command(asked: Asked, server: str) -> str:
    """Return the command that prints the same."""
    pairs = [part for text in asked.pair_texts for part in ("--pair", text)]
    waivers = ["--waivers", _FILE] if asked.waivers else []
    equal = ["--show-equal"] if asked.shows_equal else []
    return shlex.join(
        ["assistants-emulator", "parity", asked.before, asked.after, *pairs, *waivers, *equal, "--url", server]
    )


# --- waivers --------------------------------------------------------------------------------------------------------


async def _waive(_site: Site, request: Request, form: FormData) -> Response:
    asked = _of_form(form)
    reason = text_of(form, "reason").strip()
    if not reason:
        raise ApiError(400, "A waiver needs a reason: say why the difference is meant.", param="reason")
    if len(reason) > _MOST_REASON:
        raise ApiError(400, f"A reason may have {_MOST_REASON} characters here.", param="reason")
    scope = _SCOPES.get(text_of(form, "scope"), _SCOPES["turn"])
    values = {"dialogue": _place(form, "dialogue"), "turn": _place(form, "turn"), "kind": text_of(form, "kind")}
    waiver = {name: values[name] for name in scope if values[name]}
    waiver = {**waiver, "field": text_of(form, "field"), "reason": reason}
    _check({"waivers": [waiver]})
    return done(request, asked.with_waiver(waiver).address, f"Waived: {reason}")


def _place(form: FormData, name: str) -> int:
    """Return the number of a dialogue or a turn; 0 for what is in none."""
    text = text_of(form, name)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _check(data: Mapping[str, Any]) -> None:
    try:
        waivers_from(data)
    except ValueError as error:
        raise ApiError(400, str(error)) from None


async def _download(_site: Site, request: Request) -> Response:
    asked = Asked.read(
        QueryParams([(name, text) for name, text in request.query_params.multi_items() if name == "waive"])
    )
    headers = {**HEADERS, "content-disposition": f'attachment; filename="{_FILE}"'}
    _check({"waivers": list(asked.waivers)})
    return Response(_file(asked), headers=headers, media_type="application/yaml")


def _file(asked: Asked) -> str:
    """Return the waivers as the file that commands and tests take."""
    return yaml.safe_dump(
        {"waivers": [dict(one) for one in asked.waivers]}, sort_keys=False, allow_unicode=True, width=100
    )


# --- pairs ----------------------------------------------------------------------------------------------------------


async def _pair(_site: Site, request: Request, form: FormData) -> Response:
    old, new = text_of(form, "old"), text_of(form, "new")
    if not (old and new):
        raise ApiError(400, "Choose a dialogue of each side.", param="pair")
    return done(request, _of_form(form).with_pair(old, new).address, f"{old} and {new} are compared with each other.")


def _of_form(form: FormData) -> Asked:
    """Return what the page asked for whose form this is; only the query of its address is taken."""
    return Asked.read(QueryParams(text_of(form, "query")))
