"""Input files, and files that the code writes."""

import pytest

from emulator.sandbox import InputFile, SandboxError

TABLE = InputFile("file-abc", "table.csv", b"a,b\n1,2\n")


async def test_a_given_file_has_its_id_and_its_name(run):
    result = await run(
        "import os\nprint(sorted(os.listdir('/mnt/data')))\nprint(open('/mnt/data/file-abc').read())", [TABLE]
    )
    assert result.logs == "['file-abc', 'table.csv']\na,b\n1,2\n\n"
    assert result.files == ()


async def test_written_files_are_handed_out_by_name(run):
    code = "import os\nos.makedirs('/mnt/data/out')\nopen('/mnt/data/out/b.txt', 'w').write('b')\nopen('a.bin', 'wb').write(b'\\0');"
    result = await run(code)
    assert [(file.name, file.content) for file in result.files] == [("a.bin", b"\0"), ("out/b.txt", b"b")]


async def test_a_changed_file_is_handed_out_under_its_name_and_the_original_is_unharmed(run):
    result = await run("open('/mnt/data/file-abc', 'a').write('3,4');", [TABLE])
    assert [(file.name, file.content) for file in result.files] == [("table.csv", b"a,b\n1,2\n3,4")]
    assert TABLE.content == b"a,b\n1,2\n"
    assert (await run("open('/mnt/data/table.csv').read()", [TABLE])).logs == "'a,b\\n1,2\\n3,4'\n"


async def test_a_file_is_handed_out_only_by_the_run_that_wrote_it(run):
    await run("open('/mnt/data/a', 'w').write('x');")
    assert (await run("open('/mnt/data/a').read()")).files == ()


async def test_a_file_that_comes_later_is_there_later(run):
    await run("x = 1", [TABLE])
    later = InputFile("file-def", "later.txt", b"late")
    assert (await run("open('/mnt/data/later.txt').read(), x", [TABLE, later])).logs == "('late', 1)\n"


async def test_of_two_files_of_one_name_the_later_gets_it_and_both_keep_their_ids(run):
    files = [InputFile("file-1", "a.txt", b"1"), InputFile("file-2", "a.txt", b"2")]
    result = await run("[open('/mnt/data/' + name).read() for name in ('file-1', 'file-2', 'a.txt')]", files)
    assert result.logs == "['1', '2', '2']\n"


@pytest.mark.parametrize(
    "name, expected",
    [("../../etc/passwd", "passwd"), ("C:\\x\\y.csv", "y.csv"), ("..", None), ("", None), ("a\0b", None)],
)
async def test_the_name_of_an_input_file_stays_in_the_folder(run, name, expected):
    result = await run("import os\nsorted(os.listdir('/mnt/data'))", [InputFile("file-abc", name, b"x")])
    assert result.logs == f"{sorted(['file-abc', expected] if expected else ['file-abc'])}\n"


@pytest.mark.parametrize("name", ["../x", "a/b", "", ".."])
async def test_an_id_that_is_a_path_is_refused(run, name):
    with pytest.raises(SandboxError, match="cannot be the name of a file"):
        await run("1", [InputFile(name, "a", b"")])
    assert (await run("1")).logs == "1\n"


async def test_files_that_do_not_fit_are_refused_before_anything_runs(run, limits):
    with pytest.raises(SandboxError, match="larger than /mnt/data may be"):
        await run("1", [InputFile("file-1", "big", bytes(limits.data + 1))])


async def test_files_that_find_no_room_any_more_are_refused(run, limits):
    await run("for n in range(3): open(f'/mnt/data/{n}', 'wb').write(bytes(5 * 2**20))")
    with pytest.raises(SandboxError, match="No space left"):
        await run("1", [InputFile("file-1", "big", bytes(5 * 2**20))])


async def test_files_over_the_limits_are_named_and_not_handed_out(run, limits):
    result = await run(
        "for n in range(7): open(f'/mnt/data/{n}', 'wb').write(b'x')\nopen('/mnt/data/big', 'wb').write(bytes(5 * 2**20));"
    )
    assert [file.name for file in result.files] == ["0", "1", "2", "3", "4"]
    assert result.left_out == ("5", "6", "big")
    assert result.error is None


DEEP = """
import os
x = 5
print("kept")
def make(levels):
    os.chdir("/mnt/data")
    for _ in range(levels):
        os.mkdir("d")
        os.chdir("d")
    open("bottom", "w").close()
    os.chdir("/mnt/data")
"""


async def test_folders_of_any_depth_cost_neither_variables_nor_output_nor_other_files(run):
    await run("open('/mnt/data/old', 'w').write('old');")
    first = await run(f"{DEEP}make(3000)\nopen('new', 'w').write('new');")
    assert (
        first.logs == "kept\n[emulator] not searched for written files: folders more than 100 levels below /mnt/data\n"
    )
    assert (first.error, [file.name for file in first.files]) == (None, ["new"])
    second = await run("print(x, sorted(os.listdir()), end='')")
    assert second.logs == (
        "5 ['d', 'new', 'old']\n[emulator] not searched for written files: folders more than 100 levels below /mnt/data\n"
    )
    assert (await run("os.rename('d', '/mnt/data/e')\nx")).error is None


async def test_folders_of_a_usual_depth_need_no_note(run):
    assert (await run(f"{DEEP}make(50)")).logs == "kept\n"


async def test_the_rest_of_very_many_files_is_not_searched_which_is_noted(run):
    code = "for n in range({}): open(f'/mnt/data/{{n}}', 'w').close()"
    assert "[emulator]" not in (await run(code.format(10_000))).logs
    result = await run(code.format(10_001))
    assert result.logs == "[emulator] not searched for written files: files after the first 10000 below /mnt/data\n"


@pytest.mark.parametrize("breaking", ["sys.setrecursionlimit(sys.getrecursionlimit() - 930)", "os.walk = None"])
async def test_code_that_breaks_the_search_keeps_its_variables_and_output(run, breaking):
    await run("open('/mnt/data/old', 'w').write('old');")
    result = await run(f"import os, sys\nx = 5\nprint('kept')\nos.makedirs('d/' * 90)\n{breaking}")
    assert result.logs.startswith("kept\n[emulator] not searched for written files: /mnt/data (")
    assert (await run("x")).logs.startswith("5\n")
    await run("import os\nos._exit(0)")
    assert (await run("open('/mnt/data/old').read()")).logs == "'old'\n"


async def test_files_that_are_not_found_for_want_of_descriptors_are_still_there(run):
    await run("open('/mnt/data/old', 'w').write('old');")
    await run("kept = []\ntry:\n    while True: kept.append(open('/dev/null'))\nexcept OSError: pass")
    await run("import os\nos._exit(0)")
    assert (await run("open('/mnt/data/old').read()")).logs == "'old'\n"
    await run("import os\nos.unlink('/mnt/data/old')")
    await run("import os\nos._exit(0)")
    assert (await run("import os\nos.listdir('/mnt/data')")).logs == "[]\n"


async def test_a_file_that_finds_no_memory_on_its_way_out_is_left_out(run):
    code = """
import mmap
open("/mnt/data/big", "wb").write(bytes(3 * 2**20))
open("/mnt/data/small", "wb").write(b"x")
kept = []
for size in (2**24, 2**20, 2**18):
    try:
        while True: kept.append(mmap.mmap(-1, size))
    except OSError: pass
print("kept")
"""
    result = await run(code)
    assert (result.logs, result.error) == ("kept\n", None)
    assert "big" in result.left_out
    assert (await run("len(kept) > 1")).logs == "True\n"
