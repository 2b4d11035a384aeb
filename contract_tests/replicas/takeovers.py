"""How long a run stands still whose server was killed while it had it in hand."""

import threading
import time
from dataclasses import dataclass

import psycopg

# Seconds after which a worker that lives has said so again.
_SIGN_OF_LIFE = 2.5
_DOING = (
    "SELECT worker_id, args->>'run_id' FROM procrastinate_jobs WHERE status = 'doing' AND task_name = 'play'"
    " AND worker_id IS NOT NULL"
)
_NOW = "SELECT extract(epoch FROM clock_timestamp())::float8"
_ALIVE = "SELECT id FROM procrastinate_workers WHERE extract(epoch FROM last_heartbeat) > %s"


@dataclass(frozen=True)
class InHand:
    """A run that a worker had in hand when it was killed. at: seconds since the epoch, by the database's clock."""

    run_id: str
    at: float


class Takeovers:
    """Notes at each kill what was in hand. found: the runs; jobs: how many they were, also those of other kinds."""

    def __init__(self, url):
        self._url = url
        self.found = []
        self._looking = []

    def killed(self):
        """Note what was in hand of whoever does not live any more; to be called right after the kill."""
        with psycopg.connect(self._url, autocommit=True) as connection:
            (at,) = connection.execute(_NOW).fetchone()
            doing = connection.execute(_DOING).fetchall()
        looking = threading.Thread(target=self._look, args=(at, doing), daemon=True)
        looking.start()
        self._looking.append(looking)

    def _look(self, at, doing):
        time.sleep(_SIGN_OF_LIFE)
        with psycopg.connect(self._url, autocommit=True) as connection:
            alive = {worker for (worker,) in connection.execute(_ALIVE, (at + 0.5,))}
        self.found += [InHand(run_id, at) for worker, run_id in doing if worker not in alive]

    def seconds(self, changes):
        """Return how long each of these runs stood still. changes: when something of a run changed.

        A run of which nothing changed afterwards had been played as far as it went: only its job was left.
        """
        for looking in self._looking:
            looking.join()
        times = []
        for one in self.found:
            later = [at for at in changes.get(one.run_id, ()) if at > one.at]
            times += [min(later) - one.at] if later else []
        return sorted(times)
