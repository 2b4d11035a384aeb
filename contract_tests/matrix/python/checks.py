"""Checks of a flow program: each prints one JSON line, and so does a flow that raises."""

import faulthandler
import json
import traceback

FLOWS = []
# Seconds for each flow; one that takes longer ends the program with a traceback.
TIMEOUT = 30
_current = {"flow": ""}


def flow(title, *, needed=True):
    """Register a function as a flow, unless the library lacks what it needs."""

    def register(function):
        if needed:
            FLOWS.append((title, function))
        return function

    return register


def check_equal(name, got, expected):
    """Check that a value equals the expected one."""
    check(name, got == expected, f"got {got!r}, expected {expected!r}")


def check(name, condition, detail=""):
    """Check a condition; the detail is printed only if it is false."""
    _report(name, bool(condition), "" if condition else str(detail))


def check_refused(name, error, call, **expected):
    """Check that a call raises exactly this class of error, with these attributes; return it."""
    try:
        result = call()
    except Exception as raised:  # noqa: BLE001 - any exception is part of the result
        got = {key: getattr(raised, key, None) for key in expected}
        fits = type(raised) is error and got == expected
        check(name, fits, f"got {type(raised).__name__} {got!r}: {raised}, expected {error.__name__} {expected!r}")
        return raised
    check(name, None, f"returned {result!r}, expected {error.__name__}")
    return None


def run_flows(only=""):
    """Run the flows, or those whose title contains a text."""
    for title, function in FLOWS:
        if only not in title:
            continue
        _current["flow"] = title
        faulthandler.dump_traceback_later(TIMEOUT, exit=True)
        try:
            function()
        except Exception:  # noqa: BLE001 - the other flows still run
            lines = traceback.format_exc(limit=-3).strip().splitlines()
            check("completes", None, " | ".join(line.strip() for line in lines[-7:]))
    faulthandler.cancel_dump_traceback_later()


def _report(name, ok, detail):
    print(json.dumps({"name": f"{_current['flow']}: {name}", "ok": ok, "detail": detail[:1500]}), flush=True)
