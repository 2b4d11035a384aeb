"""What the page of a namespace changes: clock, pace, faults and holds, by what the control API takes."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from emulator.control import faults
from emulator.control.clocks import Advance, ClockSetting
from emulator.control.inspector.fault_presets import preset_named
from emulator.control.inspector.form_values import given, json_of, read, text_of
from emulator.control.inspector.routing import does, done
from emulator.control.inspector.site import Site
from emulator.control.namespaces import Pace
from emulator.domain import inspector_paths as to
from emulator.domain.errors import ApiError
from emulator.domain.instants import as_text
from emulator.engine.next_run import NEXT
from emulator.service import clocks, run_control

# A notice has room for so many of the events that an advance has caused.
_MOST_SAID: Final = 5


def routes(site: Site) -> list[Route]:
    """Return the routes."""
    return [
        does(site, "/ns/{ns}/clock", _change_clock),
        does(site, "/ns/{ns}/advance", _advance),
        does(site, "/ns/{ns}/pace", _choose_pace),
        does(site, "/ns/{ns}/faults", _add_fault),
        does(site, "/ns/{ns}/faults/remove", _remove_faults),
        does(site, "/ns/{ns}/hold", _hold_next),
        does(site, "/ns/{ns}/release", _release),
    ]


def _done(request: Request, said: str) -> Response:
    return done(request, to.namespace(request.path_params["ns"]), said)


# --- time -------------------------------------------------------------------------------------------------------------


async def _change_clock(site: Site, request: Request, form: FormData) -> Response:
    namespace = await site.namespace(request)
    setting = read(ClockSetting, given(form, "mode", "at", "speed"))
    await clocks.change(namespace, setting.change())
    state = clocks.state(namespace)
    return _done(request, f"The clock is {state['mode']} and shows {as_text(state['now'])}.")


async def _advance(site: Site, request: Request, form: FormData) -> Response:
    namespace = await site.namespace(request)
    advance = read(Advance, {"by": text_of(form, "by")})
    fired = await clocks.advance(namespace, advance.by)
    return _done(request, f"The clock shows {as_text(namespace.clock.now())}. {_told(fired)}")


def _told(fired: Sequence[Mapping[str, Any]]) -> str:
    """Return in a sentence what an advance has caused."""
    if not fired:
        return "Nothing was due."
    told = "; ".join(f"{one['event']} of {one['run']}" for one in fired[:_MOST_SAID])
    more = len(fired) - _MOST_SAID
    return f"This caused {told}{f', and {more} more events' if more > 0 else ''}."


async def _choose_pace(site: Site, request: Request, form: FormData) -> Response:
    namespace = await site.namespace(request)
    pace = read(Pace, given(form, "progression", "times", "seconds")).value()
    await site.namespaces.put(namespace.name, {"pace": pace})
    return _done(request, f"The pace is {pace.progression}.")


# --- faults -----------------------------------------------------------------------------------------------------------


async def _add_fault(site: Site, request: Request, form: FormData) -> Response:
    namespace = await site.namespace(request)
    values = {"do": _effect(form), "match": given(form, "method", "path")}
    setting = read(faults.FaultSetting, {**values, **given(form, "times", "after", "probability")})
    fault = await faults.add(site.namespaces, site.routes, namespace.name, setting)
    what = f"{fault.method or 'any method'} {fault.path or 'any path'}"
    return _done(request, f"The fault waits for requests: {what}.")


def _effect(form: FormData) -> Any:
    """Return what a fault does: what was written, or what was chosen where nothing was."""
    if written := text_of(form, "do"):
        return json_of(written, "do")
    preset = preset_named(text_of(form, "preset"))
    if preset is None:
        raise ApiError(400, "do: choose what happens, or write it as JSON.", param="do")
    return dict(preset.do)


async def _remove_faults(site: Site, request: Request, _form: FormData) -> Response:
    await (await site.namespace(request)).disarm()
    return _done(request, "There are no faults any more.")


# --- holds ------------------------------------------------------------------------------------------------------------


async def _hold_next(site: Site, request: Request, form: FormData) -> Response:
    at = text_of(form, "at")
    await run_control.hold(await site.namespace(request), NEXT, at)
    return _done(request, f"The next run will be held at {at}.")


async def _release(site: Site, request: Request, form: FormData) -> Response:
    run, at = text_of(form, "run"), text_of(form, "at")
    await run_control.release(await site.namespace(request), run, at)
    return _done(request, f"{'The next run' if run == NEXT else run} is not held at {at} any more.")
