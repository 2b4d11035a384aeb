"""Replicas as processes of their own: started, stopped, killed and started again, one by one."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from contract_tests.postgres.cluster import free_port

_PATIENCE = 60.0


class Replica:
    """A server in a process of its own, on the same port in each of its lives.

    db: URL or file, None: in memory. folder: for its log and what it says when it is ready. options: of the command. env: beside this process's own.
    """

    def __init__(self, name, db, folder, *options, env=None, python=sys.executable, cwd=None):
        self.name, self.port = name, free_port()
        self.log = folder / f"{name}.log"
        self._ready = folder / f"{name}.json"
        self._command = [str(python), "-m", "emulator", "serve", "--port", str(self.port)]
        self._command += ["--db", str(db)] if db else []
        self._command += ["--ready-file", str(self._ready), *options]
        self._env, self._cwd = {**os.environ, **(env or {})}, cwd
        self._process = None

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self):
        return self._process.pid

    @property
    def runs(self):
        return self._process is not None and self._process.poll() is None

    def launch(self):
        """Start the process, without waiting for it."""
        self._ready.unlink(missing_ok=True)
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, cwd=self._cwd, env=self._env, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        return self

    def wait(self):
        """Return once requests are answered. Raises RuntimeError, with what the process said."""
        deadline = time.monotonic() + _PATIENCE
        while not self._is_ready():
            if not self.runs or time.monotonic() > deadline:
                raise RuntimeError(f"{self.name} does not start:\n{self.said}")
            time.sleep(0.01)
        return self

    def _is_ready(self):
        with contextlib.suppress(OSError, ValueError):
            return json.loads(self._ready.read_text())["pid"] == self.pid
        return False

    def start(self):
        return self.launch().wait()

    def terminate(self):
        """Ask it to stop, as a deployment does, without waiting."""
        self._process.send_signal(signal.SIGTERM)

    def stop(self):
        """Ask it to stop, and return its exit status."""
        self.terminate()
        return self.ended()

    def kill(self):
        """Kill it with SIGKILL."""
        self._process.kill()
        self._process.wait()

    def ended(self):
        """Return its exit status once it has ended."""
        return self._process.wait(_PATIENCE)

    @property
    def said(self):
        """The last of what it printed and logged, in all its lives."""
        return self.log.read_text(errors="replace")[-4_000:] if self.log.exists() else ""


class Replicas:
    """So many replicas on one database; a context manager that starts all, and ends those that still run."""

    def __init__(self, db, number, *options, folder=None, **more):
        self._stack = contextlib.ExitStack()
        self.folder = Path(folder or self._stack.enter_context(tempfile.TemporaryDirectory(prefix="replicas-")))
        self.all = [Replica(f"replica-{place}", db, self.folder, *options, **more) for place in range(number)]

    def __iter__(self):
        return iter(self.all)

    def __getitem__(self, place):
        return self.all[place]

    def __enter__(self):
        try:
            for one in self.all:
                one.launch()
            for one in self.all:
                one.wait()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        with self._stack:
            for one in self.all:
                if one.runs:
                    one.terminate()
            for one in self.all:
                if one.runs:
                    try:
                        one.ended()
                    except subprocess.TimeoutExpired:
                        one.kill()

    @property
    def ports(self):
        return [one.port for one in self.all]
