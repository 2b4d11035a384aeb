"""A server of PostgreSQL for as long as a test needs it: databases in a moment, and bad days on demand."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from itertools import count
from pathlib import Path

import psycopg

from contract_tests.postgres.processes import descendants
from contract_tests.postgres.programs import NoPostgresError, folder, identity

_PATIENCE = 30.0
_USER = "postgres"
# Waits until whoever started it is gone, however that came, and lets nothing stay behind.
_GUARD = 'read -r _; kill -QUIT "$1" 2>/dev/null && rm -rf "$2"'
_OPTIONS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": 250,
    "shared_buffers": "64MB",
    "dynamic_shared_memory_type": "mmap",  # containers often have 64 MB of the other kind
    "max_wal_size": "1GB",
    "log_min_messages": "warning",
}
# What an operating system loses that goes down; the server's own processes may be killed without it.
_IN_A_HURRY = {"fsync": "off", "full_page_writes": "off"}


class Cluster:
    """A server on 127.0.0.1 and a free port, with its data in a folder of its own; a context manager.

    durable: write through to the disk, as servers for more than tests do. options: of postgresql.conf, by name.
    Raises NoPostgresError where there are no server programs.
    """

    def __init__(self, *, durable=False, **options):
        self._programs = folder()
        self._options = {**_OPTIONS, **({} if durable else _IN_A_HURRY), **options}
        self._process = self._guard = None
        self._numbers = count()
        self.port = None
        # Not below pytest's folder, which only its owner can enter.
        self.folder = Path(tempfile.mkdtemp(prefix="postgres-"))
        self.log = self.folder / "log"
        self._data = self.folder / "data"

    def __enter__(self):
        try:
            self._initialize()
            self.start()
        except BaseException:
            self._remove()
            raise
        return self

    def __exit__(self, *_):
        try:
            self.stop("immediate")
        finally:
            self._remove()

    @property
    def pid(self):
        """The process that started all others of the server."""
        return self._process.pid

    @property
    def pids(self):
        """All processes of the server."""
        return [self.pid, *descendants(self.pid)]

    # --- databases ----------------------------------------------------------------------------------------------------

    def url(self, database="postgres"):
        """Return the URL of a database."""
        return f"postgresql://{_USER}@127.0.0.1:{self.port}/{database}"

    def create(self, template="template0"):
        """Create a database, and return its URL. template: name of a database that it is a copy of."""
        name = f"test_{next(self._numbers)}"
        self.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return self.url(name)

    def drop(self, url):
        """Remove a database that `create` has made, whoever is still connected."""
        self.execute(f'DROP DATABASE IF EXISTS "{name_of(url)}" WITH (FORCE)')

    def execute(self, statement, database="postgres"):
        """Run a statement as the superuser, and return its rows."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    # --- good days and bad ones -----------------------------------------------------------------------------------

    def start(self):
        """Start the server, and return once it takes connections. It keeps its port."""
        deadline = time.monotonic() + _PATIENCE
        while True:
            self._launch()
            if self._answers_before(deadline):
                return
            self._dismiss_guard()
            # Processes of a server that was killed hold on to its memory until they notice.
            if time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL does not start:\n{self.log.read_text(errors='replace')[-2_000:]}")
            time.sleep(0.05)

    def stop(self, how="fast"):
        """Stop the server: `smart` waits for its clients, `fast` sends them away, `immediate` is like a crash."""
        if self._process is None:
            return
        self._dismiss_guard()
        signals = {"smart": signal.SIGTERM, "fast": signal.SIGINT, "immediate": signal.SIGQUIT}
        self._process.send_signal(signals[how])
        try:
            self._process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self.kill()
        self._process = None

    def restart(self, how="fast"):
        """Stop and start the server."""
        self.stop(how)
        self.start()

    def kill(self):
        """Kill every process of the server with SIGKILL."""
        self._dismiss_guard()
        for pid in self.pids:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        self._process.wait()
        self._process = None

    def disconnect(self, database):
        """End every connection to a database, as a network does that fails. Return how many there were."""
        ended = self.execute(
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}'"
            " AND pid <> pg_backend_pid()"
        )
        return len(ended)

    # --- its process ----------------------------------------------------------------------------------------------

    def _initialize(self):
        user = identity()
        if user:
            os.chown(self.folder, user["user"], user["group"])
        options = ("--username", _USER, "--auth", "trust", "--encoding", "UTF8", "--locale", "C", "--no-sync")
        done = self._run([self._programs / "initdb", "--pgdata", self._data, *options], stdout=subprocess.PIPE)
        output, _ = done.communicate(timeout=120)
        if done.returncode:
            raise NoPostgresError(f"initdb failed:\n{output.decode(errors='replace')[-2_000:]}")

    def _launch(self):
        self.port = self.port or free_port()
        settings = [part for name, value in self._options.items() for part in ("-c", f"{name}={value}")]
        command = [self._programs / "postgres", "-D", self._data, "-p", str(self.port), *settings]
        with self.log.open("ab") as log:
            self._process = self._run(command, stdout=log)
        guard = ("/bin/sh", "-c", _GUARD, "guard", str(self.pid), str(self.folder))
        self._guard = subprocess.Popen(guard, stdin=subprocess.PIPE, start_new_session=True)

    def _dismiss_guard(self):
        """Let nobody end the server but whoever is about to: its number may soon be that of another process."""
        if self._guard is not None:
            self._guard.kill()
            self._guard.wait()
            self._guard.stdin.close()
            self._guard = None

    def _run(self, command, *, stdout):
        # In a session of its own, so that Ctrl-C at the terminal reaches the tests first.
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        return subprocess.Popen(
            command,
            cwd=self.folder,
            env={**environment, "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            **identity(),
        )

    def _answers_before(self, deadline):
        while self._process.poll() is None and time.monotonic() < deadline:
            try:
                psycopg.connect(self.url(), connect_timeout=5).close()
            except psycopg.OperationalError:
                time.sleep(0.02)
            else:
                return True
        return False

    def _remove(self):
        if self._process is not None:
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


def name_of(url):
    """Return the name of the database of a URL."""
    return url.rpartition("/")[2]


def free_port():
    import socket

    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]
