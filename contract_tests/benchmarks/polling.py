"""The clients' own pollers: how long a run takes that needs three polls, with and without the header of the emulator."""

import json
import shutil
import subprocess
import time
import warnings
from functools import partial
from pathlib import Path

import openai

from contract_tests.benchmarks.figures import Figure, compare, in_turn
from contract_tests.benchmarks.material import Material
from contract_tests.benchmarks.servers import ROOT
from emulator import LiveServer, Settings

_NODE = """
import OpenAI from "openai";
const [baseURL, times] = process.argv.slice(2);
const client = new OpenAI({ baseURL, apiKey: "sk-emu-default" });
const assistant = await client.beta.assistants.create({ model: "gpt-4o" });
const seconds = [];
for (let n = 0; n < Number(times); n++) {
  const thread = await client.beta.threads.create({ messages: [{ role: "user", content: "How far is the lighthouse?" }] });
  const started = performance.now();
  const run = await client.beta.threads.runs.createAndPoll(thread.id, { assistant_id: assistant.id });
  if (run.status !== "completed") throw new Error(run.status);
  seconds.push((performance.now() - started) / 1000);
}
console.log(JSON.stringify(seconds));
"""


def polling(inputs: Material, rounds: int) -> list[Figure]:
    """Poll runs at the pace `polls`, with clients in Python and in Node, if that is installed for the matrix."""
    with (
        LiveServer(Settings(scripts=(inputs.script,))) as hasty,
        LiveServer(Settings(scripts=(inputs.script,), poll_after_ms=None)) as patient,
    ):
        for server in (hasty, patient):
            server.namespace("default", pace={"progression": "polls", "times": 1})
        what = "create_and_poll of a run that needs three polls, without our header, over that with it"
        series = in_turn([partial(_python, patient), partial(_python, hasty)], rounds)
        figures = [compare(f"{what}: openai-python", "ms", *series, scale=1e3)]
        for folder in sorted(ROOT.glob(".matrix/openai-node-*"), reverse=True)[:1]:
            if node := shutil.which("node"):
                one, other = (_node(node, folder, server.base_url, rounds) for server in (patient, hasty))
                figures.append(compare(f"{what}: {folder.name}", "ms", one, other, scale=1e3))
    return figures


def _python(server: LiveServer) -> float:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        transport = openai.DefaultHttpxClient(trust_env=False)
        with openai.OpenAI(base_url=server.base_url, api_key="sk-emu-default", http_client=transport) as client:
            assistant = client.beta.assistants.create(model="gpt-4o")
            thread = client.beta.threads.create(messages=[{"role": "user", "content": "How far is the lighthouse?"}])
            started = time.perf_counter()
            run = client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
            elapsed = time.perf_counter() - started
    if run.status != "completed":
        raise RuntimeError(run.status)
    return elapsed


def _node(node: str, folder: Path, base_url: str, times: int) -> list[float]:
    program = folder / "polling.mjs"
    program.write_text(_NODE)
    try:
        done = subprocess.run([node, program, base_url, str(times)], capture_output=True, text=True, check=False)
    finally:
        program.unlink()
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    seconds: list[float] = json.loads(done.stdout)
    return seconds
