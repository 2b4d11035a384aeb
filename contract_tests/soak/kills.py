"""kill -9 under mixed load, again and again: what was acknowledged is looked for after each restart."""

import random
import subprocess
from pathlib import Path

from contract_tests.benchmarks import kills, lateness
from contract_tests.soak import watch
from contract_tests.soak.holder import Holder
from contract_tests.soak.report import Report


class _Server(kills.Server):
    """A server that says which process it is now."""

    def __init__(self, folder: Path, log: Path) -> None:
        super().__init__(folder, log)
        self.pid = 0
        self.pid_file = folder / "pid"

    def launch(self) -> "subprocess.Popen[bytes]":
        process = super().launch()
        self.pid = process.pid
        self.pid_file.write_text(str(self.pid))
        return process


def run(report: Report, folder: Path, times: int, seed: int = 1) -> None:
    """Kill a server so many times."""
    log = folder / "kills.log"
    server = _Server(folder, log)
    with lateness.watched(server.port, server.pid_file) as seen, watch.measured(lambda: server.pid) as memory:
        findings = kills.kill(server, times, random.Random(seed), [Holder, Holder])
    about = ", ".join(f"{count:,} {what}" for what, count in findings.acknowledged.most_common())
    report.figure(f"acknowledged in {times} lives", findings.acknowledged.total())
    print(f"{report.section:<9}   {about}")
    for kind in ("lost", "doubled", "stuck"):
        report.count(kind, findings.wrong[kind], "see above")
        report.figure(kind, findings.wrong[kind], most=0)
    report.watched(seen, memory.peak, log)
