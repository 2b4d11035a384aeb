import subprocess
import sys

from hypothesis import given
from hypothesis import strategies as st

from emulator.domain.ports import Usage
from emulator.domain.tokens import estimate
from emulator.domain.view import ContextMessage, ModelView
from emulator.transcripts.usage import UsageMeter

VIEW = ModelView("run_1", "thread_1", "gpt-4o", "Be brief.", {}, (ContextMessage("user", "How tall is it?"),))
tokens = st.integers(0, 5000)
COUNTED = ("prompt_tokens", "completion_tokens", "total_tokens")


def summed(steps):
    return {name: sum(step[name] for step in steps) for name in COUNTED}


def counted(usage):
    return {name: usage[name] for name in COUNTED}


@given(tokens, tokens, st.lists(st.text(max_size=9), min_size=1, max_size=6))
def test_the_steps_sum_to_what_the_script_says(prompt, completion, written):
    meter = UsageMeter(VIEW, Usage(prompt, completion))
    steps = [meter.step(text, last=place == len(written) - 1) for place, text in enumerate(written)]
    total = {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}
    assert summed(steps) == counted(meter.total()) == total
    assert all(step[name] >= 0 for step in steps for name in COUNTED)


@given(st.lists(st.text(max_size=30), max_size=6))
def test_without_a_script_the_run_is_the_sum_of_its_steps(written):
    meter = UsageMeter(VIEW, None)
    steps = [meter.step(text, last=False) for text in written]
    assert summed(steps) == counted(meter.total())


@given(st.none() | st.builds(Usage, tokens, tokens), st.lists(st.text(max_size=9), min_size=1, max_size=6), st.data())
def test_a_meter_that_recalls_its_steps_goes_on_as_if_nothing_had_happened(scripted, written, data):
    whole = UsageMeter(VIEW, scripted)
    steps = [whole.step(text, last=place == len(written) - 1) for place, text in enumerate(written)]
    cut = data.draw(st.integers(0, len(written)))
    again = UsageMeter(VIEW, scripted)
    for step in steps[:cut]:
        again.recall(step)
    rest = [again.step(text, last=cut + place == len(written) - 1) for place, text in enumerate(written[cut:])]
    assert steps[:cut] + rest == steps
    assert again.total() == whole.total()


def test_a_script_whose_run_has_no_step_still_gets_its_usage():
    assert counted(UsageMeter(VIEW, Usage(7, 3)).total()) == {
        "prompt_tokens": 7,
        "completion_tokens": 3,
        "total_tokens": 10,
    }


def test_a_run_that_did_nothing_cost_nothing():
    assert counted(UsageMeter(VIEW, None).total()) == dict.fromkeys(COUNTED, 0)


def test_each_step_pays_for_the_whole_context_again():
    meter = UsageMeter(VIEW, None)
    first, second = meter.step("x" * 40, last=False), meter.step("y", last=True)
    assert second["prompt_tokens"] == first["prompt_tokens"] + first["completion_tokens"] == first["prompt_tokens"] + 10


@given(st.text(max_size=50))
def test_a_text_costs_something_and_no_text_nothing(text):
    assert (estimate(text) > 0) == bool(text)


def test_counting_needs_neither_the_engine_nor_the_store():
    source = "import sys, emulator.transcripts.usage; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True)
    rooms = {"emulator.engine", "emulator.service", "emulator.store"}
    assert not set(done.stdout.split()) & {*rooms, "fastapi", "sqlalchemy", "starlette"}
