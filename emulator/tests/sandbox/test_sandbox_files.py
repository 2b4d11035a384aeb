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
