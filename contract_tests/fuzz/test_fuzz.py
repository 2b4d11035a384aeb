import pytest

from contract_tests.fuzz.runner import fuzz


@pytest.mark.timeout(300)
@pytest.mark.parametrize("phases", ["coverage", "fuzzing,stateful"])
def test_the_server_handles_every_valid_and_invalid_fuzzed_request(phases):
    outcome = fuzz(examples=3, phases=phases)
    assert outcome.complete, outcome.text
    assert not outcome.failures, outcome.text
    assert outcome.operations == 57 + 23
    assert outcome.cases > 200
