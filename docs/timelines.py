"""Draws the picture of a run that the documents show: ``python docs/timelines.py [--check]``.

The clock stands still but for what is told here, and the ids come from a seed, so the picture is the same each time.
With ``--check`` nothing is written; a stale picture is reported and the exit code is 1.
"""

import sys
import warnings
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PICTURE = ROOT / "docs" / "pictures" / "timeline.svg"
SCRIPT = """
emulator: 1
turns:
  - name: income
    steps:
      - call: ask_database
        args: {month: October}
      - wait: 3s
      - say: It was 136.25.
"""
TOOL = {"type": "function", "function": {"name": "ask_database"}}


def main(*, check: bool) -> int:
    """Draw the picture, or compare it; return the exit code."""
    sys.path.insert(0, str(ROOT))
    warnings.simplefilter("ignore", DeprecationWarning)  # the client says at each call that the service has ended
    drawn = _drawn()
    there = PICTURE.read_text(encoding="utf-8") if PICTURE.exists() else ""
    if check:
        print("picture: up to date" if there == drawn else "a picture is stale; run python docs/timelines.py")
        return int(there != drawn)
    PICTURE.parent.mkdir(exist_ok=True)
    PICTURE.write_text(drawn, encoding="utf-8")
    return 0


def _drawn() -> str:
    from emulator import LiveServer, Settings  # noqa: PLC0415 - this checkout's, wherever the script is run

    with LiveServer(Settings()) as server:
        namespace = server.namespace("shown")
        namespace.configure(seed=7, clock="2026-01-05T12:00:00Z", pace={"progression": "time", "seconds": "1s"})
        namespace.load(SCRIPT)
        client = namespace.client()
        assistant = client.beta.assistants.create(model="gpt-4o")
        thread = client.beta.threads.create(messages=[{"role": "user", "content": "October income?"}])
        runs = client.beta.threads.runs
        run = runs.create(thread.id, assistant_id=assistant.id, tools=[TOOL])
        while run.status != "requires_action":
            namespace.clock.advance("700ms")
            run = runs.retrieve(run.id, thread_id=thread.id)
        namespace.clock.advance("1500ms")
        (call,) = run.required_action.submit_tool_outputs.tool_calls
        outputs = [{"tool_call_id": call.id, "output": "[[136.25]]"}]
        runs.submit_tool_outputs(run.id, thread_id=thread.id, tool_outputs=outputs)
        while run.status != "completed":
            namespace.clock.advance("700ms")
            run = runs.retrieve(run.id, thread_id=thread.id)
        return namespace.runs.timeline_svg(run)


if __name__ == "__main__":
    sys.exit(main(check="--check" in sys.argv[1:]))
