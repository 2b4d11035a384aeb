import re
from pathlib import Path

import pytest

from scripted_models import write
from scripted_models.documents import document_of
from scripted_models.grammar import parse
from scripted_models.reader import read

SCENARIO = """\
emulator: 1
name: bakery
defaults: {usage: {prompt_tokens: 80}}

fixtures:
  assistants:
    clerk: {id: asst_clerk, model: gpt-4o}
  threads:
    old:
      messages:
      - {role: user, content: Hello}
      runs:
        first: {assistant: clerk, steps: [{code: print(1), logs: "1"}]}

recording:
  drift: template
  notes: [7 polls collapsed]

turns:
- name: bread
  chain: bread
  when: {message: bread, model: {glob: gpt-*}, tools: [stock, {not: pay}]}
  uses: 1
  steps:
  - call: stock
    args: {item: bread}
    as: here
    recorded: "4"
  - call:
    - {name: stock, args: {item: cake}}
  - tool: map
    input: {region: north}
  - say: There is some.
    stream: {chunk: [There, " is some."], ttft: 1.0}
  - choose:
    - {if: "true", steps: [{stop: content_filter}]}
  - fail: server_error
    message: Oh no.
  usage: {prompt_tokens: 1, completion_tokens: 2}
  goto: done
"""


def test_the_document_of_a_scenario_is_the_one_that_it_was_read_from():
    document = read("bakery.yaml", SCENARIO)
    spec, _ = parse(document)
    assert document_of(spec) == document.data
    assert write(document_of(spec)) == write(document.data)


@pytest.mark.parametrize("step", ["{args: {}, recorded: x, call: f}", "{message: x, fail: server_error}"])
def test_the_keys_of_a_step_stand_in_the_order_of_the_grammar(step):
    spec, _ = parse(read("f.yaml", f"emulator: 1\nturns: [{{steps: [{step}]}}]"))
    keys = list(document_of(spec)["turns"][0]["steps"][0])
    assert keys in (["call", "args", "recorded"], ["fail", "message"])


DOCS = Path(__file__).parents[2] / "docs"
EXAMPLES = re.findall(r"```yaml\n(emulator: .*?)```", (DOCS / "scripting.md").read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize("text", EXAMPLES)
def test_a_scenario_that_is_written_anew_is_the_same(text):
    spec, _ = parse(read("docs.yaml", text))
    again, problems = parse(read("docs.yaml", write(document_of(spec))))
    assert (again, problems) == (spec, [])
