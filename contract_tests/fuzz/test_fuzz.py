import pytest

from contract_tests.fuzz.running import fuzz

# Other plugins' tests do not share this process with schemathesis' own: it runs as a command.
pytestmark = pytest.mark.timeout(300)


def test_no_request_that_the_document_allows_or_forbids_surprises_the_server():
    done = fuzz(examples=4)
    assert done.complete, done.text
    assert not done.failures, done.text
    assert done.operations == 57
    assert done.cases > 1000
