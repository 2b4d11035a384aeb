"""The login of a server with a control token: the token opens the inspector to a browser, which does not keep it."""

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from emulator.control.inspector.cookies import forget_cookie, read_cookie, set_cookie
from emulator.control.inspector.headers import HEADERS
from emulator.control.inspector.login_redirects import page_behind
from emulator.control.inspector.logins import SECONDS
from emulator.control.inspector.routing import does, done, shows
from emulator.control.inspector.site import Site
from emulator.domain import inspector_paths


def routes(site: Site) -> list[Route]:
    """Return the routes."""
    return [shows(site, "/login", _show), does(site, "/login", _log_in), does(site, "/logout", _log_out)]


async def _show(site: Site, request: Request) -> Response:
    behind = page_behind(request.query_params.get("next"))
    if site.logins is None or site.has_login(request):
        return RedirectResponse(behind, 303, headers=dict(HEADERS))
    return _asking(site, request, behind)


async def _log_in(site: Site, request: Request, form: FormData) -> Response:
    behind = page_behind(form.get("next"))
    if site.logins is None:
        return RedirectResponse(behind, 303, headers=dict(HEADERS))
    if not site.logins.is_token(str(form.get("token", "")).encode("utf-8", "surrogateescape")):
        return _asking(site, request, behind, "This is not the control token of the server.", 403)
    response = done(request, behind, "You are logged in.")
    set_cookie(response, request, "login", site.logins.begin(), max_age=SECONDS)
    return response


async def _log_out(site: Site, request: Request, _form: FormData) -> Response:
    if site.logins is not None:
        await site.logins.end(read_cookie(request, "login"))
    response = done(request, inspector_paths.login(), "You are logged out.")
    forget_cookie(response, request, "login")
    return response


def _asking(site: Site, request: Request, behind: str, wrong: str = "", status: int = 200) -> Response:
    return site.page(request, "login.html", title="Log in", status=status, behind=behind, wrong=wrong)
