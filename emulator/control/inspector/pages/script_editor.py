"""The editor of scripts: checked while somebody writes, put, added, replaced, deleted, and counted anew."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Final

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from emulator.control.inspector.headers import HEADERS
from emulator.control.inspector.routing import does, done
from emulator.control.inspector.script_drafts import MOST_EDITED, MOST_LIVE, Findings, ScriptDraft, check, number_of
from emulator.control.inspector.site import Site
from emulator.domain import inspector_paths as to
from emulator.domain.errors import ApiError
from emulator.domain.keys import has_key
from emulator.domain.ports import LoadedScripts, ScriptError, ScriptSource
from emulator.domain.view import ModelView
from emulator.engine.namespace import Namespace
from emulator.service import run_records
from emulator.service.script_records import ScriptRecord, is_of_recording, retrieve

_MOST_OPTIONS: Final = 60


def routes(site: Site) -> list[Route]:
    """Return the routes: what forms do stands at the address of the page, which comes back where they are refused."""
    path = "/ns/{ns}/scripts"
    return [does(site, path, _do), does(site, f"{path}/lint", _lint), does(site, f"{path}/hints", _hint)]


def why_not(record: ScriptRecord, source: ScriptSource) -> str | None:
    """Return why a source cannot be edited in a page; None where it can."""
    if len(source.text) > MOST_EDITED:
        return f"It is longer than {MOST_EDITED // 1024} KiB, too long for an editor in a page."
    if is_of_recording(source):
        return "It is made of a recording whenever that is loaded. distil writes it into a file, which can be edited."
    if record.plays_python and "python:" in source.text:
        return "It goes on in Python, which no script may that is put over HTTP: edit its file."
    if has_key(source.text):
        return "There is a key of the service in it, which no page shows: saved from here, it would lose that."
    return None


# --- pages ----------------------------------------------------------------------------------------------------------


async def show(site: Site, request: Request, record: ScriptRecord, at: int) -> Response:
    """Show a source in the editor."""
    source = record.sources[at]
    if (why := why_not(record, source)) is not None:
        raise ApiError(400, f"{source.name} cannot be edited here. {why}")
    draft = ScriptDraft(source.name, source.text, _parameters(record), record.version, at)
    findings = await _findings(site, record, draft) if draft.is_live else Findings()
    return _editor(site, request, record, draft, findings, is_checked=draft.is_live)


async def show_new(site: Site, request: Request, namespace: Namespace, record: ScriptRecord) -> Response:
    """Show the editor with a small example, or with a turn for a run."""
    run_id = request.query_params.get("for")
    text = site.scenarios.example() if not run_id else await _for_run(site, namespace, run_id)
    draft = ScriptDraft(_new_name(record, run_id), text, _parameters(record), record.version)
    return _editor(site, request, record, draft, await _findings(site, record, draft), run_id=run_id)


async def _for_run(site: Site, namespace: Namespace, run_id: str) -> str:
    """Return a script for a run; where a turn has answered it, one that comes before that."""
    view = ModelView.from_json(await run_records.view(namespace, run_id))
    about = await run_records.retrieve(namespace, run_id)
    draft = partial(site.scenarios.draft, view, priority=1 if about["turn"] else 0)
    return await site.namespaces.scripts.workers.compute(draft)


def _new_name(record: ScriptRecord, run_id: str | None) -> str:
    taken = {source.name for source in record.sources}
    stem = f"for-{run_id[:60]}" if run_id else "script"
    names = (f"{stem}{'' if number == 1 else f'-{number}'}.yaml" for number in range(1, len(taken) + 2))
    return next(name for name in names if name not in taken)


def _parameters(record: ScriptRecord) -> str:
    return "".join(f"{name}={value}\n" for name, value in record.params.items())


async def _findings(site: Site, record: ScriptRecord, draft: ScriptDraft) -> Findings:
    """Return what is wrong with a draft; of one that could not be put at all, nothing."""
    try:
        return await check(site, record, draft)
    except ApiError:
        return Findings()


def _editor(
    site: Site,
    request: Request,
    record: ScriptRecord,
    draft: ScriptDraft,
    findings: Findings,
    *,
    run_id: str | None = None,
    refusal: Sequence[str] = (),
    status: int = 200,
    is_checked: bool = True,
) -> Response:
    source = None if draft.at is None or draft.at >= len(record.sources) else record.sources[draft.at]
    return site.page(
        request,
        "script_editor.html",
        title="New script" if draft.at is None else f"Edit {draft.name}",
        status=status,
        record=record,
        draft=draft,
        findings=findings,
        source=source,
        run=run_id,
        refusal=refusal,
        is_checked=is_checked,
        most_live=MOST_LIVE,
    )


# --- what forms do --------------------------------------------------------------------------------------------------


async def _do(site: Site, request: Request, form: FormData) -> Response:
    """Do what the pressed button says; where that is refused, the editor comes back with all that was typed."""
    namespace = await site.namespace(request)
    what = form.get("do")
    if what in ("put", "replace", "check"):
        return await _write(site, request, namespace, ScriptDraft.of_form(form), str(what))
    version = ScriptDraft.of_form(form).version
    match what:
        case "delete":
            return await _delete(site, request, namespace, ScriptDraft.of_form(form))
        case "count":
            await site.namespaces.edit_scripts(namespace.name, lambda sources: sources, version=version, fresh=True)
            said = "Use counts begin at nothing again, and all chains are free."
        case "own":
            await site.namespaces.remove_scripts(namespace.name)
            said = "The namespace plays the scripts again that the server was started with."
        case _:
            raise ApiError(400, "do: there is no such action.")
    return done(request, to.scripts(namespace.name), said)


async def _write(site: Site, request: Request, namespace: Namespace, draft: ScriptDraft, what: str) -> Response:
    try:
        if what != "check":
            return await _put(site, request, namespace, draft, what)
        record = await retrieve(site.namespaces.scripts, namespace, 0, 0)
        findings, refusal, status = await check(site, record, draft), [], 200
    except ScriptError as error:
        record = await retrieve(site.namespaces.scripts, namespace, 0, 0)
        findings, status = await _findings(site, record, draft), 422
        is_listed = findings.count("error") > 0
        refusal = ["It was not put, because it does not load.", *(() if is_listed else error.problems[:20])]
    except ApiError as error:
        record = await retrieve(site.namespaces.scripts, namespace, 0, 0)
        findings, status = await _findings(site, record, draft), error.status
        refusal = [f"It {'could not be' if what == 'check' else 'was not'} put. {error.message}"]
        if record.version != draft.version:
            refusal.append("Nothing that you typed is lost. Put it again to overwrite what was changed.")
            draft = replace(draft, version=record.version)
    return _editor(site, request, record, draft, findings, refusal=refusal, status=status)


async def _put(site: Site, request: Request, namespace: Namespace, draft: ScriptDraft, what: str) -> Response:
    is_all = what == "replace"
    edit = draft.put_alone if is_all else draft.put_into
    loaded = await site.namespaces.edit_scripts(namespace.name, edit, version=draft.version, fresh=is_all)
    counts = "Use counts begin at nothing." if is_all else "Use counts stay."
    said = f"{draft.name} plays from the next run on (version {namespace.script_version}). {counts}{_noted(loaded)}"
    # One that was there stays where it is: another of its name may come behind it.
    stays = draft.at is not None and not is_all and "edit" in request.query_params
    address = f"{request.url.path}?{request.url.query}" if stays else to.scripts(namespace.name, edit=draft.name)
    return done(request, address, said)


def _noted(loaded: LoadedScripts) -> str:
    count = len(loaded.notes)
    return "" if not count else f" There {'is a warning' if count == 1 else f'are {count} warnings'} about the scripts."


async def _delete(site: Site, request: Request, namespace: Namespace, draft: ScriptDraft) -> Response:
    def without(sources: Sequence[ScriptSource]) -> list[ScriptSource]:
        if draft.at is None or draft.at >= len(sources) or sources[draft.at].name != draft.name:
            raise ApiError(409, f"The script {draft.name!r} is not there any more.")
        if len(sources) == 1:
            raise ApiError(
                409,
                "It is the only script: without any, no run would find a turn. Go back to the server's, or edit it.",
            )
        return [one for place, one in enumerate(sources) if place != draft.at]

    await site.namespaces.edit_scripts(namespace.name, without, version=draft.version)
    return done(request, to.scripts(namespace.name), f"{draft.name} is deleted. Use counts of the others stay.")


# --- while somebody types -------------------------------------------------------------------------------------------


async def _lint(site: Site, request: Request, form: FormData) -> Response:
    """Return what is wrong with what stands in the editor now."""
    namespace = await site.namespace(request)
    record = await retrieve(site.namespaces.scripts, namespace, 0, 0)
    draft = ScriptDraft.of_form(form)
    findings, refusal = Findings(), ""
    try:
        if draft.is_live:
            findings = await check(site, record, draft)
    except ApiError as error:
        refusal = error.message
    html = site.rendering.draw(
        "script_problems.html",
        findings=findings,
        why_not=refusal,
        is_checked=draft.is_live,
        most_live=MOST_LIVE,
        ns=namespace.name,
    )
    return HTMLResponse(html, headers=dict(HEADERS))


async def _hint(site: Site, request: Request, form: FormData) -> Response:
    """Return what may be written where the cursor is."""
    await site.namespace(request)
    text = str(form.get("text", "")).replace("\r\n", "\n")
    offset = number_of(str(form.get("offset")))
    if len(text) > MOST_EDITED or offset is None:
        return HTMLResponse("", headers=dict(HEADERS))
    found = await site.namespaces.scripts.workers.compute(partial(site.scenarios.hints, text, offset))
    html = site.rendering.draw("script_hints.html", found=found, most=_MOST_OPTIONS)
    return HTMLResponse(html, headers=dict(HEADERS))
