"""What is kept of a namespace, copied in it and taken over into it."""

from collections.abc import Mapping, Sequence
from json import dumps
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import quote

from emulator.domain.replay import replay_choices
from emulator.harness.control import JSON
from emulator.harness.exports import parts_of_export, parts_of_recording
from emulator.harness.forms import Part, form_of
from emulator.harness.methods import Methods, given
from emulator.harness.runs import id_of
from emulator.harness.snapshots import Snapshot, path_of
from emulator.harness.threads import Fork

# The name under which a snapshot of another server is kept until it is restored.
_TAKEN_OVER: Final = "taken-over"


class CopyMethods(Methods):
    """Snapshots of a namespace, forks and imports."""

    def snapshot(self, name: str = "snapshot") -> Snapshot:
        """Keep the namespace as it is, under a name on the server."""
        return Snapshot(self._control, self._control.ask("POST", "/snapshots", {"name": name}))

    @property
    def snapshots(self) -> Sequence[Snapshot]:
        """What is kept of it."""
        return [Snapshot(self._control, one) for one in self._control.ask("GET", "/snapshots")["snapshots"]]

    def restore(self, snapshot: str | Path | Snapshot | bytes = "snapshot") -> None:
        """Become what was kept: by its name here, a snapshot of any namespace or server, or its file or bytes."""
        match snapshot:
            case str():
                self._control.ask("POST", f"{path_of(snapshot)}/restore")
            case Snapshot() if snapshot.control is self._control:
                self.restore(snapshot.name)
            case Snapshot():
                self.restore(snapshot.read())
            case Path():
                self.restore(snapshot.read_bytes())
            case _:
                taken = path_of(_TAKEN_OVER)
                self._control.send("PUT", taken, snapshot, "application/zip")
                self._control.ask("POST", f"{taken}/restore")
                self._control.ask("DELETE", taken)

    def fork(self, thread: Any, at: Any = None) -> Fork:
        """Copy a thread. at: its last message in the copy; None: all."""
        body = {} if at is None else {"at": id_of(at)}
        return Fork(**self._control.ask("POST", f"/threads/{id_of(thread)}/fork", body))

    def import_objects(
        self,
        *objects: Any,
        files: Mapping[str, bytes] | None = None,
        as_: Literal["threads", "conversation"] = "threads",
    ) -> Mapping[str, Any]:
        """Take over objects, and home-made exports of threads; return what was imported, and what was not, and why.

        objects: of the client, or mappings in the API's own JSON, or the paths of exports: files, and folders and zip
        files that an export of a thread made. files: the bytes of files, by the ids or names of these. as_: what
        threads become; a conversation is continued over Responses, and ``lost`` is what has no place there.
        """
        parts = [part for path in objects if isinstance(path, Path) for part in parts_of_export(self._place(path))]
        plain = [one if isinstance(one, Mapping) else one.to_dict() for one in objects if not isinstance(one, Path)]
        if plain or not parts:
            parts.insert(0, Part("objects", "objects.json", JSON, dumps({"objects": plain}).encode()))
        parts += [Part(name, name, "application/octet-stream", data) for name, data in (files or {}).items()]
        path = "/import" if as_ == "threads" else f"/import?as={as_}"
        answer: Mapping[str, Any] = self._control.send("POST", path, *form_of(parts))
        return answer

    def import_recording(
        self,
        path: str | Path | Sequence[str | Path],
        what: str | None = None,
        *,
        drift: str | None = None,
        ids: str | None = None,
    ) -> Mapping[str, Any]:
        """Take over a recording, or several; return what was imported, and its scripts.

        path: of a file, or of a folder or zip file that an export of a thread made; of several recordings, those that
        share a thread give one script. what: ``threads``, ``scripts`` (which are added to those that are played),
        ``both``, or ``conversation`` for what each thread becomes over Responses; by default both of recorded requests,
        and the threads of an export. drift, ids: how its scripts are replayed.
        """
        paths = [self._place(Path(one)) for one in ([path] if isinstance(path, str | Path) else path)]
        chosen = given({"as": what, **replay_choices(drift=drift, ids=ids)})
        query = "&".join(f"{name}={quote(value, safe='')}" for name, value in chosen.items())
        parts = [part for one in paths for part in parts_of_recording(one)]
        answer: Mapping[str, Any] = self._control.send("POST", f"/import?{query}", *form_of(parts))
        return answer

    def _place(self, path: Path) -> Path:
        return found if (found := self.folder / path).exists() else path
