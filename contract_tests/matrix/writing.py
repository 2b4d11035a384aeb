"""The page of the documentation that shows what the matrix found."""

from collections.abc import Sequence

from contract_tests.matrix.running import Outcome

_HEAD = """\
# Client libraries

The same conversations are held with client libraries of three years, each by itself in an environment with the companions
of its time. A check compares what the library handed to a program with what such a program relies on. This page is
written by `python -m contract_tests.matrix --write`.

| library | version | | checks | failed |
| --- | --- | --- | ---: | ---: |
"""
_TAIL = """
Newer versions can do more, so they are checked more. Each goes through assistants, threads, messages, pages, runs, steps,
function calls, the code interpreter, file search, files, errors and retries; and, as far as it has them, through v1's file
lists, vector stores and batches, uploads in parts, poll helpers, streams, stream helpers with handlers, and the client for
Azure with an endpoint, a deployment, a token or a base URL.

## What a program sees of its version

- **Beta v1 or v2.** openai-python up to 1.20 and openai-node of that time speak v1: `file_ids`, `retrieval`, no vector
  stores. The server answers each request in the shape that its header asks for, so both may work side by side.
- **Runs that stay incomplete.** v1 told them as completed ones. openai-python from 1.21 to 1.29 speaks v2 but does not
  know the status: its pollers go on for ever, and its streams end with a run that is still `in_progress`. That is the
  library's own mistake, and the emulator shows it as the service did.
- **Pages.** openai-python before 1.62, and openai-node 4.16, ask for one more page, which is empty.
- **Retries.** openai-python before 1.9 does not know `retry-after-ms`, and pauses for half a second.
- **Citations.** openai-python 1.3 on pydantic 1 cannot read a message whose citations have no `quote`; v1 always has one,
  here an empty one.
- **Attachments.** openai-python 1.21 leaves the tools of an attachment as plain dictionaries.
- **Streams that are not closed.** httpcore of 2024 may wait for itself for ever when Python tidies up a stream that
  nobody closed. Close a stream that ends with an error.
- **Azure.** With `azure_deployment`, openai-python before 1.65.2 puts the deployment into the path of every request. The
  service did not find those paths; the emulator does.
- **azure-ai-agents** refuses plain HTTP: start the server with `--certfile` and `--keyfile`, and hand the certificate to
  the client as `connection_verify`.
- **openai-node 7** asks for Node 22. Its flows pass on Node 20 too.

## Run it

```sh
make matrix                                                          # everything; the first time it fills .matrix/
python -m contract_tests.matrix --oldest-and-newest                  # both ends of each language
python -m contract_tests.matrix --python 1.20.0,1.21.0 --only pages  # some versions, some flows
```

The versions and their companions stand in `contract_tests/matrix/sdks.py`, what the model says in `scenario.yaml` beside
it. Where Node or npm is missing, its libraries are left out, and that is said.
"""


def page(outcomes: Sequence[Outcome]) -> str:
    """Return the page as Markdown."""
    rows = (
        f"| {one.sdk.kind} | {one.sdk.version} | {one.sdk.note} | {one.checks} | {len(one.failed)} |\n"
        for one in outcomes
    )
    return _HEAD + "".join(rows) + _TAIL
