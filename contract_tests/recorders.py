"""The recorder as a process, in front of an emulator that speaks TLS, and what it has written."""

import base64
import gzip
import json
import os
import re
import ssl
import subprocess
import sys
import time
import zipfile
from contextlib import contextmanager
from pathlib import Path

import trustme

LONGEST = 90
OFFLINE = Path(__file__).parent / "offline"


class Certificates:
    """A certificate authority of a test, and a certificate of it for this machine."""

    def __init__(self, folder):
        authority = trustme.CA()
        self.authority, self.own = folder / "authority.pem", folder / "own.pem"
        authority.cert_pem.write_to_path(self.authority)
        authority.issue_cert("127.0.0.1", "localhost", "foundry.example").private_key_and_cert_chain_pem.write_to_path(
            self.own
        )

    def context(self):
        return ssl.create_default_context(cafile=self.authority)


class Recorder:
    """A recorder that runs. Its output is read at its end."""

    def __init__(self, process, file, url):
        self.process = process
        self.file = file
        self.url = url
        self._forgotten = 0

    def lines(self):
        return lines_of(self.file)[self._forgotten :]

    def forget(self):
        """Let lines begin with the next."""
        self._forgotten = len(lines_of(self.file))

    def stop(self, signal=15):
        """Stop it; return how it ended, what it said, and what it warned of."""
        self.process.send_signal(signal)
        said, warned = self.process.communicate(timeout=LONGEST)
        return self.process.returncode, said, warned


def lines_of(file):
    return [json.loads(line) for line in file.read_bytes().splitlines()]


def command(upstream, file, *options):
    return [sys.executable, "-m", "emulator", "record", "--upstream", upstream, "-o", str(file), *map(str, options)]


def ended(upstream, file, *options, **more):
    """Run a recorder that ends by itself; return how."""
    line = command(upstream, file, *options)
    return subprocess.run(line, capture_output=True, text=True, timeout=LONGEST, check=False, env=environment(**more))


def environment(**more):
    clean = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    return {**clean, "PYTHONPATH": str(OFFLINE), **more}


@contextmanager
def recording(upstream, file, *options, **more):
    """Run a recorder; it is killed at the end unless it has stopped."""
    ready = file.with_name(f"{file.name}.ready")
    ready.unlink(missing_ok=True)
    line = command(upstream, file, "--port", "0", "--ready-file", ready, *options)
    pipe = subprocess.PIPE
    with subprocess.Popen(line, stdout=pipe, stderr=pipe, text=True, env=environment(**more)) as process:
        try:
            yield Recorder(process, file, _wait_for(ready, process)["url"])
        finally:
            process.kill()


def _wait_for(ready, process):
    deadline = time.monotonic() + LONGEST
    while not ready.exists():
        assert process.poll() is None, process.stderr.read()
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return json.loads(ready.read_text())


def holds(folder, secret):
    """Return the files below a folder in which a secret stands, plain, or in base64 from any place."""
    plain = secret.encode()
    hidden = [base64.b64encode(b"." * offset + plain)[4 if offset else 0 : -4].rstrip(b"=") for offset in range(3)]
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [path.name for path in files if any(one in text for text in _texts(path) for one in (plain, *hidden))]


def _texts(path):
    """Yield what a file says, and what it holds compressed."""
    data = path.read_bytes()
    yield data
    yield data.replace(b"\0", b"")
    yield re.sub(rb"\\u00(..)", lambda escape: bytes.fromhex(escape[1].decode()), data)
    if data.startswith(b"\x1f\x8b"):
        yield gzip.decompress(data)
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            yield from map(archive.read, archive.namelist())
