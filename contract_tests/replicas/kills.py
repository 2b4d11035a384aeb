"""``python -m contract_tests.replicas.kills``: kill replicas and their database under load, and see what was kept.

Programs work through a proxy, with the official client and its retries, while a replica is killed with SIGKILL again and
again, and PostgreSQL is stopped and started, every other time as if it had crashed. Each replica is started again. In the
end everything that was acknowledged is looked for, through the API.
"""

import argparse
import contextlib
import random
import statistics
import tempfile
import threading
import time
import warnings
from pathlib import Path

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from contract_tests.postgres.cluster import Cluster
from contract_tests.replicas.acknowledged import WRONG, Findings
from contract_tests.replicas.audit import audit
from contract_tests.replicas.load import SCENARIO, Librarian, Talker
from contract_tests.replicas.proxy import Proxy
from contract_tests.replicas.servers import Replicas
from contract_tests.replicas.takeovers import Takeovers

# Seconds between two bad moments.
_BETWEEN = (2.5, 4.5)
_NAMESPACES = ("north", "south")


def main():
    """Return the status of the process: 0 if nothing was lost, doubled, or stuck."""
    arguments = _arguments()
    warnings.simplefilter("ignore", DeprecationWarning)
    dice, findings = random.Random(arguments.seed), Findings()
    started = time.perf_counter()
    with contextlib.ExitStack() as stack:
        cluster = stack.enter_context(Cluster(durable=arguments.durable))
        db = cluster.create()
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kills-")))
        script = folder / "load.yaml"
        script.write_text(SCENARIO)
        replicas = stack.enter_context(Replicas(db, arguments.replicas, str(script), folder=folder))
        proxy = stack.enter_context(Proxy(replicas.ports))
        talkers, librarians = _programs(stack, proxy.url, findings, arguments)
        takeovers = Takeovers(db)
        with _working((*talkers, *librarians), findings):
            for moment in _moments(arguments, dice):
                time.sleep(dice.uniform(*_BETWEEN))
                if moment == "kill":
                    _kill(dice.choice(replicas.all), takeovers, dice)
                else:
                    cluster.restart(moment)
            time.sleep(_BETWEEN[1])
        changes = audit(talkers, librarians, findings)
        tracebacks = sum(one.log.read_text(errors="replace").count("Traceback (most recent") for one in replicas)
        if arguments.logs:
            arguments.logs.mkdir(exist_ok=True, parents=True)
            for one in replicas:
                (arguments.logs / one.log.name).write_bytes(one.log.read_bytes())
    _print(arguments, findings, takeovers.seconds(changes), tracebacks, time.perf_counter() - started)
    return 1 if findings.wrong.total() else 0


def _arguments():
    parser = argparse.ArgumentParser(prog="python -m contract_tests.replicas.kills", description=__doc__)
    parser.add_argument("--kills", type=int, default=30, help="how often a replica is killed (default: 30)")
    parser.add_argument("--restarts", type=int, default=5, help="how often PostgreSQL is started again (default: 5)")
    parser.add_argument("--replicas", type=int, default=3, help="how many replicas there are (default: 3)")
    parser.add_argument("--programs", type=int, default=3, help="how many talk in each of two namespaces (default: 3)")
    parser.add_argument("--durable", action="store_true", help="let PostgreSQL write through to the disk")
    parser.add_argument("--seed", type=int, default=1, help="of what is killed when, and of what programs do")
    parser.add_argument("--logs", type=Path, metavar="DIR", help="keep what the replicas have logged")
    return parser.parse_args()


def _programs(stack, url, findings, arguments):
    made = []
    for kind, number in ((Talker, arguments.programs), (Librarian, 1)):
        programs = [
            kind(url, ns, findings, random.Random(f"{arguments.seed} {ns} {place}"))
            for ns in _NAMESPACES
            for place in range(number)
        ]
        for one in programs:
            stack.callback(one.close)
        made.append(programs)
    return made


@contextlib.contextmanager
def _working(programs, findings):
    """Let programs work; each has ended in the end."""
    over = threading.Event()

    def work(program):
        try:
            program.work(over)
        except Exception as error:
            findings.complain("stuck", f"a program has failed: {error!r}")
            raise

    threads = [threading.Thread(target=work, args=(program,)) for program in programs]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()


def _moments(arguments, dice):
    restarts = [("immediate", "fast")[number % 2] for number in range(arguments.restarts)]
    moments = ["kill"] * arguments.kills + restarts
    dice.shuffle(moments)
    return moments


def _kill(replica, takeovers, dice):
    replica.kill()
    takeovers.killed()
    time.sleep(dice.uniform(0, 1))
    replica.start()


def _print(arguments, findings, seconds, tracebacks, took):
    table = Table(title=f"{arguments.kills} kills of replicas, {arguments.restarts} restarts of PostgreSQL", box=SIMPLE)
    table.add_column("what")
    table.add_column("", justify="right")
    for what, number in sorted(findings.acknowledged.items()):
        table.add_row(f"acknowledged: {what}", f"{number:,}")
    for what, number in findings.refused.most_common():
        table.add_row(f"not acknowledged: {what}", f"{number:,}")
    for kind in WRONG:
        table.add_row(kind, str(findings.wrong[kind]), style="bold red" if findings.wrong[kind] else "bold")
    table.add_row("tracebacks in the logs", str(tracebacks))
    table.add_row("runs in hand at a kill, and gone on with", str(len(seconds)))
    if seconds:
        table.add_row("from the kill to the run's next change, median", f"{statistics.median(seconds):.2f} s")
        table.add_row("from the kill to the run's next change, longest", f"{seconds[-1]:.2f} s")
    table.add_row("all of it took", f"{took:.0f} s")
    Console(highlight=False, width=110).print(table)


if __name__ == "__main__":
    raise SystemExit(main())
