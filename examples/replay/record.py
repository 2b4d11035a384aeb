"""Records the returns desk, and distils the recording: what is done once, while the service still answers.

The service of this story is an emulator that plays service.yaml. For a project of Foundry, leave that part out and give
`record` the endpoint of the project. Files go to the folder named on the command line, or beside this one.
"""

import json
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

from openai import OpenAI
from returns import ReturnsDesk

from emulator import LiveServer

HERE = Path(__file__).parent
COMMAND = (sys.executable, "-m", "emulator")


@contextmanager
def recording(upstream, file):
    """Yield the URL of a recorder in front of a server."""
    with tempfile.TemporaryDirectory() as folder:
        ready = Path(folder) / "ready.json"
        options = ("--upstream", upstream, "-o", str(file), "--port", "0", "--ready-file", str(ready))
        recorder = subprocess.Popen([*COMMAND, "record", *options], stdout=subprocess.DEVNULL)
        while not ready.exists():
            time.sleep(0.05)
        yield json.loads(ready.read_text())["url"]
        recorder.send_signal(signal.SIGINT)
        if recorder.wait():
            sys.exit("something was left out of the recording")


def talk(client):
    """Two customers come to the desk."""
    desk = ReturnsDesk(client)
    print(desk.ask("Can I return order 4711?"))
    print(desk.ask("Thank you."))
    print(ReturnsDesk(client).ask("What about order 4712?"))


def main(folder):
    file = folder / "returns.jsonl"
    file.unlink(missing_ok=True)
    with LiveServer(script=HERE / "service.yaml") as service, recording(service.url, file) as url:
        talk(OpenAI(base_url=f"{url}/v1", api_key="sk-emu-default"))
    subprocess.run([*COMMAND, "distil", str(file), "-o", str(folder), "--force"], check=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
