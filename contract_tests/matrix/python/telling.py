"""What a flow program tells: one JSON line for each check, also for a flow that broke off."""

import faulthandler
import json
import traceback

FLOWS = []
# Seconds of a flow; one that hangs ends the program, and shows where.
PATIENCE = 30
_now = {"flow": ""}


def flow(title, *, needed=True):
    """Keep a function as a flow; a library that lacks what is needed does not go through it."""

    def keep(function):
        if needed:
            FLOWS.append((title, function))
        return function

    return keep


def same(name, got, wanted):
    """Check that what came is what was wanted."""
    holds(name, got == wanted, f"got {got!r}, wanted {wanted!r}")


def holds(name, condition, detail=""):
    """Check a condition; the detail is told only if it does not hold."""
    _tell(name, bool(condition), "" if condition else str(detail))


def refused(name, error, call, **wanted):
    """Check that a call raises an error of just this class, with these attributes; return it."""
    try:
        answer = call()
    except Exception as raised:  # noqa: BLE001 - whatever came is what is looked at
        got = {key: getattr(raised, key, None) for key in wanted}
        fits = type(raised) is error and got == wanted
        holds(name, fits, f"got {type(raised).__name__} {got!r}: {raised}, wanted {error.__name__} {wanted!r}")
        return raised
    holds(name, None, f"got an answer: {answer!r}, wanted {error.__name__}")
    return None


def run_flows(only=""):
    """Run the flows, or those whose title holds a text."""
    for title, function in FLOWS:
        if only not in title:
            continue
        _now["flow"] = title
        faulthandler.dump_traceback_later(PATIENCE, exit=True)
        try:
            function()
        except Exception:  # noqa: BLE001 - the other flows are gone through all the same
            lines = traceback.format_exc(limit=-3).strip().splitlines()
            holds("goes through", None, " | ".join(line.strip() for line in lines[-7:]))
    faulthandler.cancel_dump_traceback_later()


def _tell(name, ok, detail):
    print(json.dumps({"name": f"{_now['flow']}: {name}", "ok": ok, "detail": detail[:1500]}), flush=True)
