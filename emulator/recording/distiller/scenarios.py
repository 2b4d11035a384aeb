"""One scenario of one conversation, or of several in one file: header, fixtures, turns and the files beside it."""

from collections.abc import Sequence
from typing import Any, Final

import orjson

from emulator.recording.distiller.assistants import Assistants
from emulator.recording.distiller.files import Files
from emulator.recording.distiller.fixtures import exported, fixtures_of
from emulator.recording.distiller.header import fidelity_of, header, notes_of
from emulator.recording.distiller.names import Names, file_name, words_of
from emulator.recording.distiller.options import Distilled, Options
from emulator.recording.distiller.texts import Texts
from emulator.recording.distiller.turns import CANCELLED, Turns
from emulator.recording.evidence import Evidence
from emulator.recording.evidence.known import KnownRun, KnownThread
from emulator.recording.secrets import Secrets

# Beyond either, the turns lie beside the scenario, one a line.
MOST_TURNS: Final = 2_000
MOST_BYTES: Final = 4_000_000


def scenario_of(
    evidence: Evidence,
    numbers: Sequence[int],
    threads: Sequence[KnownThread],
    runs: Sequence[KnownRun],
    options: Options,
    secrets: Secrets,
) -> Distilled:
    """Return the scenario of some threads. numbers: of the recordings that show them. runs: in their order."""
    recordings = [evidence.recordings[number] for number in numbers]
    name = file_name(recordings[0].path.name)
    texts = Texts(secrets, times=options.times)
    files = Files(evidence.documents, texts, secrets, f"{name}.files")
    assistants = Assistants(evidence.documents, texts)
    maker = Turns(texts, files, assistants)
    chains = _chains(runs, texts)
    counts: dict[int, int] = {}
    turns, remarks = [], []
    for run in runs:
        chain = chains[id(run.thread)]
        counts[id(run.thread)] = counts.get(id(run.thread), 0) + 1
        turns.append(maker.turn(run, f"{chain} {counts[id(run.thread)]}", chain))
        remarks.append(_remark(run, recordings[0].path.name if len(recordings) == 1 else _source(evidence, run)))
    fixtures = fixtures_of(evidence.documents, threads, runs, assistants, texts) if options.ids else {}
    if files.fixtures:
        fixtures.setdefault("files", {}).update(files.fixtures)
    assets = dict(files.assets)
    objects = exported(recordings, secrets) if options.threads else b""
    if objects:
        assets[f"{name}.objects.json"] = objects
        fixtures["exports"] = [f"{name}.objects.json"]
    tallies = [evidence.tallies[number] for number in numbers]
    notes = [texts.plain(note) for note in notes_of(recordings, tallies, runs, maker.lost, files, texts.masked)]
    if not runs:
        notes.append("it shows threads and no run: there is nothing to play")
    document: dict[str, Any] = {
        "emulator": 1,
        "name": name,
        "recording": header(recordings, runs, options, notes, assistants),
        **({"fixtures": fixtures} if fixtures else {}),
        "turns": turns,
    }
    comments: dict[tuple[str | int, ...], str] = {("turns", place): remark for place, remark in enumerate(remarks)}
    lines = b"".join(orjson.dumps(turn) + b"\n" for turn in turns)
    if len(turns) > MOST_TURNS or len(lines) > MOST_BYTES:
        assets[f"{name}.turns.jsonl"] = lines
        document["turns"], comments = {"file": f"{name}.turns.jsonl"}, {}
    return Distilled(
        name=name,
        document=document,
        comments=comments,
        assets=assets,
        fidelity=fidelity_of(runs),
        notes=notes,
        sources=[recording.path for recording in recordings],
        kind=recordings[0].kind,
        threads=len(threads),
        runs=len(runs),
    )


def _chains(runs: Sequence[KnownRun], texts: Texts) -> dict[int, str]:
    """Return the names of threads with runs: by what was asked first, else by their number."""
    names = Names()
    chains: dict[int, str] = {}
    for run in runs:
        if id(run.thread) not in chains:
            asked = words_of(texts.plain(run.prompt.text)) if run.prompt else None
            chains[id(run.thread)] = names.unique(asked or f"thread {len(chains) + 1}")
    return chains


def _source(evidence: Evidence, run: KnownRun) -> str:
    return evidence.recordings[run.sources[0]].path.name


def _remark(run: KnownRun, source: str) -> str:
    """Return where a turn comes from."""
    where = source if run.line is None else f"{source}:{run.line}"
    told = [run.status or "end not recorded"]
    if run.end is None and run.status is not None:
        told = [f"{run.status} when last seen"]
    if run.cancelled and run.end != CANCELLED:
        told.append("cancelled by the client")
    if run.streamed:
        told.append("streamed")
    if run.polls:
        told.append(f"polled {run.polls} time{'s' * (run.polls != 1)}")
    about = "known by its messages alone" if run.stand_in else ", ".join(told)
    return f"{run.id} ({where}): {about}"
