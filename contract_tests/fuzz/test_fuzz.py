import pytest

from contract_tests.fuzz.running import fuzz


@pytest.mark.timeout(300)
@pytest.mark.parametrize("phases", ["coverage", "fuzzing,stateful"])
def test_no_request_that_the_document_allows_or_forbids_surprises_the_server(phases):
    done = fuzz(examples=3, phases=phases)
    assert done.complete, done.text
    assert not done.failures, done.text
    assert done.operations == 57
    assert done.cases > 200
