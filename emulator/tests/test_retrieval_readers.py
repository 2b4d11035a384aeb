"""Reading files in processes: what takes one, what becomes of files that are too much, and that others go on."""

import asyncio
import json
import subprocess
import sys
import textwrap

import pytest

from contract_tests.benchmarks.bombs import slow_pdf
from emulator.retrieval import process, readers
from emulator.retrieval.extraction import MAX_BYTES, read_text
from emulator.retrieval.process import ReaderProcess
from emulator.retrieval.readers import MOST_BYTES_AT_ONCE, Readers
from emulator.retrieval.refusals import FileTooLarge, InvalidFile, UnreadableFileError, UnsupportedFile
from emulator.tests.documents.make import pdf
from emulator.tests.documents.questions import HERE

linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits the memory of a process as such")

# Processes that behave in other ways than the real one; {0} is what they do with a question.
PROCESS = "import json, os, signal, sys, time; print({{}}, flush=True); question = sys.stdin.readline(); {0}"
SLEEP = PROCESS.format("time.sleep(600)")
REAL = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from emulator.retrieval import child; {0}; child.main()"
)
LONG = "word " * 40_000


@pytest.fixture
async def reading():
    made = []

    def make(**seconds):
        made.append(Readers(**seconds))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def started(monkeypatch):
    """The processes that were started."""
    processes = []
    popen = subprocess.Popen

    def start(*arguments, **options):
        processes.append(popen(*arguments, **options))
        return processes[-1]

    monkeypatch.setattr(process.subprocess, "Popen", start)
    return processes


@pytest.fixture
def put(tmp_path):
    def put(data, name="file"):
        path = tmp_path / name
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        return path

    return put


async def until(condition):
    while not condition():  # noqa: ASYNC110 - what is waited for happens on threads and in processes
        await asyncio.sleep(0.01)


async def refusal(reading):
    with pytest.raises(UnreadableFileError) as refused:
        await reading
    return refused.value.code, refused.value.message


TOO_LARGE = ("invalid_file", FileTooLarge().message)
INVALID = ("invalid_file", InvalidFile().message)


# --- where ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a.txt", "a.py", "a.json", "a.md"])
async def test_short_plain_text_is_read_without_a_process(reading, put, started, name):
    text = "x" * MOST_BYTES_AT_ONCE
    assert await reading().read(name, put(text)) == text
    assert started == []


@pytest.mark.parametrize("name", ["a.txt", "a.json"])
async def test_longer_text_is_read_in_a_process_which_stays_for_the_next(reading, put, started, name):
    one = reading(quick=600)
    for _ in range(3):
        assert await one.read(name, put(LONG)) == LONG
    assert len(started) == 1


@pytest.mark.parametrize("name", ["lease.docx", "wind-farm.pptx", "astronomy.pdf", "herbs-zh.pdf", "returns.html"])
async def test_a_process_reads_what_is_read_here(reading, name):
    assert await reading().read(name, HERE / name) == read_text(name, (HERE / name).read_bytes())


async def test_text_in_an_unknown_encoding_is_read_in_a_process(reading, put, started):
    text = "Die Größe der Straße überrascht"
    assert await reading().read("a.txt", put(text.encode("latin-1"))) == text
    assert len(started) == 1


async def test_types_that_are_not_supported_need_no_process(reading, put, started):
    with pytest.raises(UnsupportedFile):
        await reading().read("a.png", put(b"x"))
    with pytest.raises(UnsupportedFile):
        await reading().read("a.csv", put(b"x"))
    assert await reading().read("a.csv", put(b"x"), v1=True) == "x"
    assert started == []


async def test_a_process_says_why_a_file_cannot_be_read(reading, put):
    assert await refusal(reading().read("a.pdf", put(b"no pdf"))) == INVALID
    assert await refusal(reading().read("a.txt", put(b"\x7fELF" + b"\x01\x02\x03" * 99_000))) == INVALID


async def test_a_file_that_is_not_there_is_not_the_files_fault(reading, tmp_path):
    for name in ("a.txt", "a.pdf"):
        with pytest.raises(FileNotFoundError):
            await reading().read(name, tmp_path / "gone")


async def test_a_file_of_more_bytes_than_the_service_took_is_not_even_opened(reading, put):
    path = put(b"")
    with path.open("wb") as sparse:
        sparse.truncate(MAX_BYTES + 1)
    assert await refusal(reading().read("a.pdf", path)) == TOO_LARGE


def test_the_main_module_of_the_program_is_not_run_again(tmp_path):
    (tmp_path / "json.py").write_text("raise ImportError('of the current folder')")
    text = tmp_path / "long.txt"
    text.write_text(LONG)
    (tmp_path / "program").mkdir()
    program = tmp_path / "program" / "main.py"
    program.write_text(
        textwrap.dedent(f"""
        import asyncio, pathlib
        from emulator.retrieval.readers import Readers
        print("main")
        async def read():
            readers = Readers()
            print(len(await readers.read("long.txt", pathlib.Path({str(text)!r}))))
            readers.close()
        asyncio.run(read())
        """)
    )
    done = subprocess.run([sys.executable, program], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert (done.stdout.split(), done.stderr) == (["main", str(len(LONG))], "")


# --- how long, and how much -------------------------------------------------------------------------------------------


async def test_a_file_that_takes_too_long_is_too_large_and_others_are_read_meanwhile(
    reading, put, started, monkeypatch
):
    monkeypatch.setattr(process, "_START", SLEEP)
    one = reading(quick=0.05, slow=600)
    slow = [asyncio.create_task(one.read("a.pdf", put(b"slow"))) for _ in range(6)]
    await until(lambda: len(one._slow._busy) == 2 and all(each._process for each in one._slow._busy))
    await until(lambda: len(one._slow._turns._waiters or ()) == 4)
    monkeypatch.undo()
    one._quick._seconds = 600  # the time that other files get is not what this is about
    assert await one.read("b.txt", put("short")) == "short"
    assert await one.read("b.pdf", put(pdf([["words within"]]))) == "words within"
    assert not any(task.done() for task in slow)
    for task in slow:
        task.cancel()
    assert len(await asyncio.gather(*slow, return_exceptions=True)) == 6


async def test_the_second_lane_has_an_end_too(reading, put, started, monkeypatch):
    monkeypatch.setattr(process, "_START", SLEEP)
    assert await refusal(reading(quick=0.05, slow=0.05).read("a.pdf", put(b"slow"))) == TOO_LARGE
    for ended in started:
        ended.wait(60)
    assert len(started) == 2


@linux
async def test_the_processor_time_of_a_file_is_limited(reading, put, monkeypatch):
    monkeypatch.setattr(process, "_START", REAL.format("child.MAX_PROCESSOR_SECONDS = 1"))
    assert await refusal(reading(quick=600).read("a.pdf", put(slow_pdf()))) == TOO_LARGE


@linux
async def test_the_memory_of_a_file_is_limited(reading, put, monkeypatch):
    monkeypatch.setattr(process, "_START", REAL.format("child.MAX_MEMORY = 160 << 20"))
    assert await refusal(reading(quick=600).read("a.txt", put("word " * 12_000_000))) == TOO_LARGE
    assert await reading(quick=600).read("a.txt", put(LONG)) == LONG


@linux
async def test_a_process_that_has_grown_large_is_replaced(reading, put, started, monkeypatch):
    monkeypatch.setattr(process, "_START", REAL.format("child.LASTING_MEMORY = 0"))
    one = reading(quick=600)
    for _ in range(2):
        await one.read("a.txt", put(LONG))
    assert len(started) == 2


@pytest.mark.parametrize(
    "end, refused",
    [("os._exit(1)", INVALID), ("os._exit(3)", TOO_LARGE), ("os.kill(os.getpid(), signal.SIGKILL)", TOO_LARGE)],
)
async def test_a_process_that_ends_instead_fails_its_file_and_no_other(reading, put, monkeypatch, end, refused):
    one = reading(quick=600)
    with monkeypatch.context() as changed:
        changed.setattr(process, "_START", PROCESS.format(end))
        assert await refusal(one.read("a.pdf", put(b"evil"))) == refused
    assert await one.read("b.pdf", put(pdf([["words within"]]))) == "words within"


async def test_a_process_that_has_ended_while_idle_is_replaced(reading, put, started):
    one = reading(quick=600)
    await one.read("a.txt", put(LONG))
    started[0].kill()
    started[0].wait(60)
    assert await one.read("a.txt", put(LONG)) == LONG


async def test_a_process_that_cannot_start_is_not_the_files_fault(reading, put, monkeypatch):
    monkeypatch.setattr(process, "_START", "raise SystemExit(1)")
    with pytest.raises(process.LostReaderError):
        await reading(quick=600).read("a.pdf", put(b"x"))


# --- the end ----------------------------------------------------------------------------------------------------------


async def test_reading_that_is_cancelled_or_closed_ends_its_process(reading, put, started, monkeypatch):
    monkeypatch.setattr(process, "_START", SLEEP)
    one = reading(quick=600)
    task = asyncio.create_task(one.read("a.pdf", put(b"slow")))
    other = asyncio.create_task(one.read("a.pdf", put(b"slow")))
    await until(lambda: len(started) == 2)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    one.close()
    await asyncio.gather(other, return_exceptions=True)
    for ended in started:
        ended.wait(60)


def test_a_process_ends_with_its_server_even_while_it_reads(tmp_path):
    path = tmp_path / "slow.pdf"
    path.write_bytes(slow_pdf())
    running = subprocess.Popen(
        [sys.executable, "-P", "-c", process._START, json.dumps(sys.path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with running:
        assert running.stdout.readline() == b"{}\n"
        question = {"filename": "slow.pdf", "path": str(path), "v1": False, "any_text": True, "is_slow": False}
        running.stdin.write(json.dumps(question).encode() + b"\n")
        running.stdin.close()
        assert running.stdout.read() == b""  # no answer: it did not read to the end
        assert running.wait(60) == 0


def test_nothing_is_started_before_a_file_is_read(started):
    readers.Readers().close()
    ReaderProcess().kill()
    assert started == []
