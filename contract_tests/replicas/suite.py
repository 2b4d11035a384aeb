"""What the contract tests run against: a server in this process on PostgreSQL, or replicas behind a proxy.

``CONTRACT_DB=postgres pytest contract_tests`` runs them on one server and a PostgreSQL of their own,
``CONTRACT_REPLICAS=3`` on three processes, of which each request meets the next one. Without PostgreSQL,
``CONTRACT_DB=memory CONTRACT_REPLICAS=1`` tries the proxy alone.
"""

import contextlib
import os

import pytest

from contract_tests.postgres.cluster import Cluster
from contract_tests.postgres.programs import NoPostgresError
from contract_tests.replicas.proxy import Proxy
from contract_tests.replicas.servers import Replicas
from emulator import LiveServer, Settings
from emulator.domain.mounts import CONTROL_PREFIX
from emulator.harness.control import HttpControl
from emulator.harness.emulator import Emulator
from emulator.harness.hosted import Hosted
from emulator.harness.names import namespace_name

_DB, REPLICAS = os.environ.get("CONTRACT_DB", ""), int(os.environ.get("CONTRACT_REPLICAS", "0"))
WANTED = bool(_DB or REPLICAS)
_ON_POSTGRES = _DB != "memory"
# As a server has that tests start within their own process.
_OPTIONS = ("--grace", "0.2")
# What looks into the server's process, which is another one here. The fixtures say it of most.
_MEMORY = "the memory of another process is not looked into"
_PYTHON = "scripts in Python are given to a server in this process"
_PROXY = "what is no request of HTTP is the proxy's to refuse"
_OF_THE_PROCESS = {
    "caplog": "the log of another process is not read",
    "monkeypatch": "the code of another process is not changed",
}
_BY_NAME = {
    "test_a_busy_namespace_is_followed_without_loss_and_in_bounded_memory": _MEMORY,
    "test_a_client_that_disconnects_leaves_no_follower_behind": _MEMORY,
    "test_a_run_goes_the_same_way_whether_somebody_looks_or_not": _MEMORY,
    "test_contents_that_were_given_up_for_room_say_so": _MEMORY,
    "test_nothing_is_left_of_a_stream_whose_reader_has_gone": _MEMORY,
    "test_the_end_of_a_stream_leaves_no_follower_behind": _MEMORY,
    "test_scripts_in_python_are_played_by_a_server_in_this_process": _PYTHON,
    "script_in_python.py": _PYTHON,
    "test_a_head_without_end_is_refused": _PROXY,
    "test_malformed_http_is_refused_in_one_line[another protocol]": _PROXY,
}


class Service(Hosted):
    """Servers in other processes, as tests see the one of their own."""

    def __init__(self, url):
        self.url = url
        self.base_url, self.control_url = f"{url}/v1", f"{url}{CONTROL_PREFIX}"

    def ns_url(self, name):
        return f"{self.url}/ns/{namespace_name(name)}/v1"

    def _as_emulator(self):
        return Emulator(self.url, HttpControl(self.control_url))


@contextlib.contextmanager
def running():
    """Run what the tests are to run against. Skips them where there is no PostgreSQL."""
    with contextlib.ExitStack() as stack:
        db = _database(stack) if _ON_POSTGRES else None
        if not REPLICAS:
            yield stack.enter_context(LiveServer(Settings(db=db)))
            return
        replicas = stack.enter_context(Replicas(db, REPLICAS, *_OPTIONS))
        service = Service(stack.enter_context(Proxy(replicas.ports)).url)
        stack.callback(service._close_emulator)
        yield service


def _database(stack):
    if _DB.startswith("postgres") and "://" in _DB:
        return _DB
    try:
        return stack.enter_context(Cluster()).create()
    except NoPostgresError as error:
        # Somebody asked for these tests, so that there is none is no reason to leave them out.
        raise pytest.UsageError(str(error)) from error


def leave_out(config, items):
    """Keep the tests that run against the shared server; which one it is makes no difference to any other."""
    out = [item for item in items if not _is_kept(item)]
    config.hook.pytest_deselected(items=out)
    gone = set(out)
    items[:] = [item for item in items if item not in gone]
    for item in items if REPLICAS else ():
        for reason in _reasons(item):
            item.add_marker(pytest.mark.skip(reason=reason))


def _reasons(item):
    """Yield why a test cannot run against servers in other processes."""
    yield from (reason for fixture, reason in _OF_THE_PROCESS.items() if fixture in item.fixturenames)
    yield from (reason for part, reason in _BY_NAME.items() if part in item.name)


def _is_kept(item):
    found = item._fixtureinfo.name2fixturedefs.get("server", ())
    return bool(found) and found[-1].func.__module__.endswith("contract_tests.conftest")
