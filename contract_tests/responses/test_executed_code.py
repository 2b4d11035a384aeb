"""Code of responses that really runs: one session in each container, which reads its files and leaves others there."""

import openai
import pytest

from contract_tests.harness import Namespace
from emulator import LiveServer, Settings
from emulator.sandbox import available

READ = "open('/mnt/data/table.csv').read()"
WRITE = "open('/mnt/data/out.txt', 'w').write('seven')"
SCRIPT = {
    "emulator": 1,
    "turns": [
        {"when": {"message": "set"}, "steps": [{"code": "number = 7", "execute": True}, {"say": "set"}]},
        {"when": {"message": "get"}, "steps": [{"code": "number", "execute": True}, {"say": "{{ code.logs }}"}]},
        {"when": {"message": "read"}, "steps": [{"code": READ, "execute": True}, {"say": "{{ code.logs }}"}]},
        {
            "when": {"message": "names"},
            "steps": [
                {"code": "import os\nprint(*sorted(os.listdir('/mnt/data')))", "execute": True},
                {"say": "{{ code.logs }}"},
            ],
        },
        {
            "when": {"message": "write"},
            "steps": [{"code": WRITE, "execute": True}, {"say": "There: sandbox:/mnt/data/out.txt."}],
        },
    ],
}


@pytest.fixture(scope="module")
def executing():
    found = available()
    if not found.ok:
        pytest.skip(found.why)
    with LiveServer(Settings(execute_code=True)) as running:
        yield running


@pytest.fixture
def here(executing, http):
    namespace = Namespace("responses-executing", executing.url, http)
    namespace.freeze()
    namespace.load(SCRIPT)
    yield namespace
    namespace.control("DELETE")


@pytest.fixture
def running(here):
    transport = openai.DefaultHttpxClient(trust_env=False, verify=False)
    with openai.OpenAI(api_key=here.key, base_url=f"{here.url}/v1", http_client=transport) as client:
        yield client


@pytest.fixture
def ask(running):
    def create(text, container=None, **more):
        tool = {"type": "code_interpreter", "container": container or {"type": "auto"}}
        return running.responses.create(model="gpt-4.1", input=text, tools=[tool], **more)

    return create


def test_a_dialogue_keeps_its_variables_and_another_has_none(ask):
    first = ask("set")
    assert ask("get", previous_response_id=first.id).output_text == "7"
    assert "NameError" in ask("get").output_text


def test_whoever_names_a_container_shares_its_session(ask, running):
    container = running.containers.create(name="shared")
    ask("set", container.id)
    assert ask("get", container.id).output_text == "7"
    running.containers.delete(container.id)
    with pytest.raises(openai.NotFoundError):
        ask("get", container.id)


def test_code_reads_files_by_their_names_ids_and_paths(ask, running):
    file = running.files.create(file=("table.csv", b"x,y"), purpose="assistants")
    given = {"type": "auto", "file_ids": [file.id]}
    assert ask("read", given).output_text == "'x,y'"
    assert ask("names", given).output_text == f"{file.id} {file.id}-table.csv table.csv"


def test_code_reads_what_was_sent_to_its_container(ask, running):
    container = running.containers.create(name="sent")
    file = running.containers.files.create(container.id, file=("table.csv", b"sent"))
    assert ask("read", container.id).output_text == "'sent'"
    assert file.path.rpartition("/")[2] in ask("names", container.id).output_text.split()


def test_code_reads_the_files_of_the_input(running):
    file = running.files.create(file=("table.csv", b"input"), purpose="user_data")
    content = [{"type": "input_file", "file_id": file.id}, {"type": "input_text", "text": "read"}]
    tool = {"type": "code_interpreter", "container": {"type": "auto"}}
    response = running.responses.create(model="gpt-4.1", input=[{"role": "user", "content": content}], tools=[tool])
    assert response.output_text == "'input'"


def test_what_code_writes_is_cited_and_read_from_the_container(ask, running):
    response = ask("write")
    (citation,) = response.output[1].content[0].annotations
    said = response.output_text
    assert citation.type == "container_file_citation"
    assert said[citation.start_index : citation.end_index] == "sandbox:/mnt/data/out.txt"
    assert citation.container_id == response.output[0].container_id
    content = running.containers.files.content.retrieve(citation.file_id, container_id=citation.container_id)
    assert content.read() == b"seven"
    (file,) = running.containers.files.list(citation.container_id)
    assert (file.id, file.path, file.source) == (citation.file_id, "/mnt/data/out.txt", "assistant")
    assert running.files.list().data == []


def test_a_script_may_run_code_that_no_tool_offers(running):
    response = running.responses.create(model="gpt-4.1", input="set")
    call = response.output[0]
    assert running.containers.retrieve(call.container_id).status == "running"
