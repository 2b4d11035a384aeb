"""One scenario of one conversation, or of several in one file: header, fixtures, turns and the files beside it."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from io import BytesIO
from typing import Any, Final

from emulator.recording.distiller.assistants import Assistants
from emulator.recording.distiller.conversation import Conversation
from emulator.recording.distiller.fidelity import fidelity_of
from emulator.recording.distiller.files import Files
from emulator.recording.distiller.fixtures import as_file, exported, fixtures_of, is_older
from emulator.recording.distiller.header import header
from emulator.recording.distiller.names import Names, file_name, words_of
from emulator.recording.distiller.notes import count, notes_of
from emulator.recording.distiller.options import Comments, Distilled, Options
from emulator.recording.distiller.pasts import past_of
from emulator.recording.distiller.pinned_ids import pinned_ids
from emulator.recording.distiller.texts import Texts
from emulator.recording.distiller.turns import Turns
from emulator.recording.evidence.known import KnownRun, KnownThread
from emulator.recording.recordings import Export
from emulator.recording.secrets import Secrets
from scripted_models.suggestions import suggest_all

# Beyond either, the turns lie beside the scenario, one a line.
MOST_TURNS: Final = 2_000
MOST_BYTES: Final = 4_000_000
# Beyond so many, pinned ids lie beside it.
_MOST_IDS: Final = 40


class ScenarioMaker:
    """Makes the scenario of one conversation. name: that no other one has."""

    def __init__(self, found: Conversation, name: str, options: Options, secrets: Secrets) -> None:
        pasts = [past for thread in found.threads if options.threads and (past := past_of(thread)) is not None]
        self._pasts = {past.thread.id: past for past in pasts}
        older = {id(run) for past in pasts for run in past.runs}
        self._found = found = replace(found, runs=[run for run in found.runs if id(run) not in older])
        self._name = name
        self._options = options
        self._secrets = secrets
        self._texts = Texts(secrets, times=options.times)
        is_export = options.threads and any(isinstance(one, Export) for one in found.recordings)
        self._files = Files(found.documents, self._texts, secrets, f"{name}.files", makes_files=not is_export)
        self._assistants = Assistants(found.documents, self._texts)
        self._assets: dict[str, bytes] = {}
        self._chains = _chains(found.runs, self._texts)

    def make(self) -> Distilled:
        """Return the scenario."""
        found, maker = self._found, Turns(self._texts, self._files, self._assistants)
        turns = self._turns(maker)
        fixtures = self._fixtures()
        notes = [self._texts.plain(note) for note in dict.fromkeys(notes_of(found, maker.lost, self._files))]
        if self._texts.masked:
            notes.append(f"{count(self._texts.masked, 'text')} held keys or other secrets, which are masked")
        about = header(found, self._options, notes)
        if self._options.ids == "pin":
            about |= self._pinned()
        if known := {name: one for name, one in self._assistants.named.items() if one}:
            about["assistants"] = known
        document: dict[str, Any] = {"emulator": 1, "name": self._name, "recording": self._texts.plain_value(about)}
        if fixtures:
            document["fixtures"] = fixtures
        if chains := self._chains_of_old_threads():
            document["chains"] = chains
        document["turns"] = turns
        comments: Comments = {("turns", place): self._remark(run) for place, run in enumerate(found.runs)}
        templates = 0
        if self._options.suggest_templates:
            suggested = suggest_all(document, comments)
            document, comments, templates = suggested.document, suggested.comments, suggested.count
        beside = self._beside(document["turns"])
        if beside is not None:
            document["turns"] = {"file": beside}
        return Distilled(
            name=self._name,
            document=document,
            comments=comments if beside is None else {},
            assets={**self._files.assets, **self._assets},
            fidelity=fidelity_of(found.runs),
            notes=notes,
            sources=[path for recording in found.recordings for path in recording.paths],
            kind=found.recordings[0].kind,
            threads=len(found.threads),
            runs=len(found.runs),
            templates=templates,
        )

    def _turns(self, maker: Turns) -> list[dict[str, Any]]:
        names, played = Names(), Counter[str]()
        turns = []
        for run in self._found.runs:
            chain = self._chains[id(run.thread)]
            played[chain] += 1
            name = _asked(run, self._texts) or f"{chain} {played[chain]}"
            turns.append(maker.turn(run, names.unique(name), chain))
        return turns

    def _fixtures(self) -> dict[str, Any]:
        fixtures = fixtures_of(self._found, self._assistants, self._pasts)
        objects = exported(self._found.recordings) if self._options.threads else []
        objects = [one for one in objects if one["object"] != "file" or not self._files.bring_along(str(one["id"]))]
        if self._files.fixtures:
            fixtures = {"files": self._files.fixtures, **fixtures}
        objects += (one for past in self._pasts.values() for one in past.objects())
        if not objects:
            return fixtures
        return {**fixtures, "exports": [self._keep("objects.json", as_file(objects, self._secrets))]}

    def _chains_of_old_threads(self) -> dict[str, Any]:
        """Return which chains belong to threads that are there before the first request, with their ids."""
        comes_back = {number for number, one in enumerate(self._found.all_recordings) if isinstance(one, Export)}
        return {
            self._chains[id(thread)]: {"thread": thread.id, **self._after(thread)}
            for thread in self._found.threads
            if id(thread) in self._chains
            and (is_older(thread) or (self._options.threads and comes_back & set(thread.sources)))
        }

    def _after(self, thread: KnownThread) -> dict[str, int]:
        past = self._pasts.get(thread.id)
        return {"after": past.run_count} if past is not None and past.run_count else {}

    def _pinned(self) -> dict[str, Any]:
        ids = pinned_ids(self._found)
        if sum(map(len, ids.values())) <= _MOST_IDS:
            return {"pinned": ids}
        return {"pinned": self._keep("ids.json", json.dumps(ids, indent=1).encode() + b"\n")}

    def _beside(self, turns: list[dict[str, Any]]) -> str | None:
        """Put many turns into a file beside the scenario, one a line, and return its name; None where they are few."""
        lines = BytesIO()
        for turn in turns:
            lines.write((json.dumps(turn, ensure_ascii=False) + "\n").encode())
        if len(turns) <= MOST_TURNS and lines.tell() <= MOST_BYTES:
            return None
        return self._keep("turns.jsonl", lines.getvalue())

    def _keep(self, ending: str, data: bytes) -> str:
        name = f"{self._name}.{ending}"
        self._assets[name] = data
        return name

    def _remark(self, run: KnownRun) -> str:
        """Return where a turn comes from."""
        source = self._found.source_of(run)
        where = source if run.line is None else f"{source}:{run.line}"
        if run.stand_in:
            return self._texts.plain(f"{run.id} ({where}): known by its messages alone")
        told = [run.status or "end not recorded"]
        if run.end is None and run.status is not None:
            told = [f"{run.status} when last seen"]
        if run.cancelled and run.end != "cancelled":
            told.append("cancelled by the client")
        if run.streamed:
            told.append("streamed" if run.stream_error is None else "streamed until an error of the server")
        if run.polls:
            told.append(f"polled {count(run.polls, 'time')}")
        return self._texts.plain(f"{run.id} ({where}): {', '.join(told)}")


def scenario_name(found: Conversation, names: Names) -> str:
    """Return the name of a scenario: that of its first recording."""
    return names.unique(file_name(found.recordings[0].path.name), "{name}-{number}")


def _chains(runs: Iterable[KnownRun], texts: Texts) -> dict[int, str]:
    """Return the names of threads with runs: by what was asked first, else by their number."""
    names = Names()
    chains: dict[int, str] = {}
    for run in runs:
        if id(run.thread) not in chains:
            chains[id(run.thread)] = names.unique(_asked(run, texts) or f"thread {len(chains) + 1}")
    return chains


def _asked(run: KnownRun, texts: Texts) -> str | None:
    return words_of(texts.plain(run.prompt.text)) if run.prompt else None
