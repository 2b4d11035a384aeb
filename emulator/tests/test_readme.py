import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from emulator import LiveServer, cli

README = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")


def block(language, holding):
    return next(body for body in re.findall(rf"^```{language}\n(.*?)^```$", README, re.DOTALL | re.MULTILINE) if holding in body)  # fmt: skip


def run(source, folder, **environment):
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", source]
    clean = {key: value for key, value in os.environ.items() if not key.lower().endswith("_proxy")}
    return subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=folder, env={**clean, **environment}
    )


@pytest.fixture
def orders(tmp_path):
    file = tmp_path / "orders.yaml"
    file.write_text(block("yaml", "emulator: 1"))
    return file


def test_the_first_program_of_a_newcomer_runs(tmp_path):
    with LiveServer() as server:
        done = run(
            block("python", "Is anybody there?"),
            tmp_path,
            OPENAI_BASE_URL=server.base_url,
            OPENAI_API_KEY="sk-emu-default",
        )
    assert (done.stdout, done.stderr) == ("completed Is anybody there?\n", "")


def test_the_scenario_has_no_fault(orders, capsys):
    assert cli.main(["lint", str(orders)]) == 0
    assert capsys.readouterr().out == ""


def test_the_server_inside_a_test_plays_the_scenario(orders):
    source = block("python", "LiveServer(script=") + (
        "    tool = {'type': 'function', 'function': {'name': 'look_up_sales'}}\n"
        "    assistant = client.beta.assistants.create(model='gpt-4o', tools=[tool])\n"
        "    thread = client.beta.threads.create(messages=[{'role': 'user', 'content': 'What is our income?'}])\n"
        "    runs = client.beta.threads.runs\n"
        "    run = runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)\n"
        "    call = run.required_action.submit_tool_outputs.tool_calls[0]\n"
        "    given = [{'tool_call_id': call.id, 'output': '412.80'}]\n"
        "    runs.submit_tool_outputs_and_poll(run_id=run.id, thread_id=thread.id, tool_outputs=given)\n"
        "    print(client.beta.threads.messages.list(thread.id).data[0].content[0].text.value)\n"
    )
    done = run(source, orders.parent)
    assert (done.stdout, done.stderr) == ("The income was 412.80.\n", "")
