"""What the model says in a namespace: scripts, and which of their turns a run would play."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from emulator.domain.ports import ScriptError, ScriptSource
from emulator.domain.replay import replay_choices
from emulator.harness.errors import ControlError
from emulator.harness.forms import form_of
from emulator.harness.methods import Methods, given
from emulator.harness.runs import id_of
from emulator.harness.scripts import backend_of, parts_of, read_scripts


class ScriptMethods(Methods):
    """Scripts of a namespace."""

    def load(
        self,
        *scripts: Any,
        set: Mapping[str, str] | None = None,  # noqa: A002 - as the option of the command is called
        add: bool = False,
        drift: str | None = None,
        ids: str | None = None,
    ) -> Sequence[str]:
        """Play these scripts, in place of all others; return what is to be known of them: what the loader noted.

        scripts: files, texts of several lines, or mappings as they would stand in a file; or, where the server runs in
        this process, scripts in Python: backends, and files that define some. Files may also be recordings, of which
        the notes say what was lost. Relative paths begin at `folder`, or else at the working directory. set: parameters
        of scenarios. add: beside the scenarios that are played already. drift, ids: how recordings are replayed,
        whatever their headers say. Raises `ScriptError`.
        """
        __tracebackhide__ = True
        choices = replay_choices(drift=drift, ids=ids)
        if (backend := backend_of(scripts, self.folder)) is None:
            sources, recordings = read_scripts(scripts, self.folder, choices)
            notes = self._load(sources, set or {}, choices, add=add)
            self.recordings = (*self.recordings, *recordings) if add else tuple(recordings)
            return [*(f"{one.files}: {note}" for one in recordings for note in one.notes), *notes]
        if add or set or choices:
            raise TypeError("scripts in Python take no parameters, and are combined with others by `Together`")
        if self._server.play is None:
            raise TypeError("scripts in Python are played by a server in this process; give that one to its start")
        self._server.play(self.name, backend)
        return ()

    def _load(
        self, sources: Sequence[ScriptSource], params: Mapping[str, str], choices: Mapping[str, str], *, add: bool
    ) -> Sequence[str]:
        __tracebackhide__ = True
        chosen = [f"set={quote(f'{name}={value}', safe='')}" for name, value in params.items()]
        query = "&".join([*chosen, *(f"{name}={choice}" for name, choice in choices.items())])
        path = f"/scripts?{query}" if query else "/scripts"
        try:
            answer = self._control.send("POST" if add else "PUT", path, *form_of(parts_of(sources)))
        except ControlError as error:
            if problems := error.body.get("problems"):
                raise ScriptError(problems) from None
            raise
        notes: Sequence[str] = answer["notes"]
        return notes

    def match(
        self,
        message: str | None = None,
        *,
        messages: Sequence[Mapping[str, Any]] | None = None,
        assistant: Any = None,
        thread: Any = None,
        tools: Sequence[Any] | None = None,
        model: str | None = None,
        instructions: str | None = None,
        metadata: Mapping[str, str] | None = None,
        turn: int | None = None,
        api: str | None = None,
    ) -> Mapping[str, Any]:
        """Return which turn would be played for a run like this, and why the others would not; nothing is played.

        {turn, script, place, turns: [{turn, script, matches, field, expected, got, used_up}]}.
        """
        about = {
            "message": message,
            "messages": messages,
            "assistant": None if assistant is None else id_of(assistant),
            "thread": None if thread is None else id_of(thread),
            "tools": tools,
            "model": model,
            "instructions": instructions,
            "metadata": metadata,
            "turn": turn,
            "api": api,
        }
        answer: Mapping[str, Any] = self._control.ask("POST", "/scripts/match", given(about))
        return answer
