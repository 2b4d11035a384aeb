"""Lets every client of httpx and httpx2 find a server in process, so that the tests of the API run there unchanged.

``CONTRACT_IN_PROCESS=1 pytest contract_tests`` runs them so; a few need a socket, and say it.
"""

import contextlib
import os

import httpx
import httpx2
import pytest

from emulator import InProcess
from emulator.direct.transports import AsyncTransport, Transport

WANTED = "CONTRACT_IN_PROCESS" in os.environ
# These open sockets of their own, or look for a second port.
NEED_SOCKETS = (
    "test_a_body_that_is_too_large_is_refused_before_it_is_read",
    "test_a_client_that_disconnects_leaves_no_follower_behind",
    "test_all_requests_of_a_client_that_reads_are_answered",
    "test_requests_of_a_client_that_reads_no_answer_are_not_taken_in_without_end",
    "test_the_connection_is_really_reset_without_a_byte",
    "test_the_end_of_a_stream_leaves_no_follower_behind",
    "test_the_servers_own_pages_may_use_the_control_api",
)


@contextlib.contextmanager
def found_by_all_clients(server):
    """Hand what is sent to the URL of a server in process over to it, whichever client sends it."""
    with pytest.MonkeyPatch.context() as patch:
        for library in (httpx, httpx2):
            _divert(patch, library, server)
        yield server


def _divert(patch, library, server):
    sync, later = library.HTTPTransport.handle_request, library.AsyncHTTPTransport.handle_async_request
    direct, direct_later = Transport(library, server._running()), AsyncTransport(library, server._running())

    def handle_request(transport, request):
        return direct.handle_request(request) if _is_for(server, request) else sync(transport, request)

    async def handle_async_request(transport, request):
        answers = direct_later.handle_async_request(request) if _is_for(server, request) else later(transport, request)
        return await answers

    patch.setattr(library.HTTPTransport, "handle_request", handle_request)
    patch.setattr(library.AsyncHTTPTransport, "handle_async_request", handle_async_request)


def _is_for(server, request):
    return f"{request.url.scheme}://{request.url.netloc.decode()}" == server.url


@contextlib.contextmanager
def running(settings):
    with InProcess(settings) as server, found_by_all_clients(server):
        yield server


def leave_out(config, items):
    """Leave out the tests that need sockets, as every browser does."""
    out = [item for item in items if item.originalname in NEED_SOCKETS or item.get_closest_marker("browser")]
    config.hook.pytest_deselected(items=out)
    items[:] = [item for item in items if item not in out]
