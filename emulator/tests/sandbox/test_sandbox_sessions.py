"""A session keeps variables and files, as long as it lives."""

import asyncio

import pytest

from emulator.sandbox import InputFile, SandboxError, Sessions, run


async def test_sessions_know_nothing_of_each_other(sessions):
    await sessions.run("a", "x = 1\nopen('/mnt/data/secret', 'w').write('s');")
    other = await sessions.run("b", "import os\nprint(os.listdir('/mnt/data'))\nx")
    assert other.logs.startswith("[]\n")
    assert other.error == "NameError: name 'x' is not defined"


async def test_after_a_loop_without_end_files_are_there_again_and_variables_are_not(run):
    await run("x = 1\nopen('/mnt/data/kept', 'w').write('k');")
    ended = await run("print('on we go')\nwhile True: pass")
    assert ended.timed_out
    assert ended.logs.startswith("on we go\n[emulator] ")
    assert ended.error in ended.logs
    after = await run("print(open('/mnt/data/kept').read())\nx")
    assert after.logs.startswith("k\n")
    assert (after.fresh, after.error) == (True, "NameError: name 'x' is not defined")


async def test_waiting_is_ended_by_the_clock_on_the_wall(isolation, limits):
    limits = type(limits)(wall_seconds=1.0, memory=limits.memory)
    result = await run("import time\ntime.sleep(60)", limits=limits)
    assert (result.timed_out, result.error) == (True, "[emulator] stopped after 1 s")


async def test_an_interpreter_that_ends_itself_is_told_of(run):
    result = await run("import os\nos._exit(3)")
    assert (result.error, result.timed_out) == ("[emulator] the interpreter ended (status 3)", False)
    assert (await run("1")).logs == "1\n"


async def test_a_crash_is_told_of(run):
    result = await run("import ctypes\nctypes.string_at(0)")
    assert result.error == "[emulator] the interpreter ended (status 139)"


async def test_a_deleted_file_does_not_come_back(run):
    await run("open('/mnt/data/a', 'w').write('a');")
    await run("import os\nos.remove('/mnt/data/a')")
    await run("os._exit(0)")
    assert (await run("import os\nos.listdir('/mnt/data')")).logs == "[]\n"


async def test_a_given_file_that_was_changed_stays_changed_over_a_restart(run):
    table = InputFile("file-abc", "table.csv", b"old")
    await run("open('/mnt/data/table.csv', 'w').write('new');", [table])
    await run("import os\nos._exit(0)", [table])
    assert (await run("open('/mnt/data/table.csv').read()", [table])).logs == "'new'\n"


async def test_after_an_hour_a_session_begins_anew(run):
    await run("x = 1\nopen('/mnt/data/a', 'w').write('a');", now=0.0)
    assert (await run("x", now=3599.0)).logs == "1\n"
    late = await run("import os\nos.listdir('/mnt/data'), 'x' in globals()", now=3599.0 + 3600)
    assert (late.logs, late.fresh) == ("([], False)\n", True)


async def test_an_ended_session_is_forgotten(sessions):
    await sessions.run("a", "x = 1")
    await sessions.end("a")
    await sessions.end("never there")
    assert (await sessions.run("a", "'x' in globals()")).logs == "False\n"


async def test_runs_of_one_session_wait_for_each_other(run):
    results = await asyncio.gather(*(run("n = globals().get('n', 0) + 1\nn") for _ in range(5)))
    assert sorted(result.logs for result in results) == ["1\n", "2\n", "3\n", "4\n", "5\n"]


async def test_only_so_many_interpreters_live_and_others_keep_their_files(isolation, limits):
    async with Sessions(limits=limits, most=2) as sessions:
        for key in "abc":
            await sessions.run(key, f"x = {key!r}\nopen('/mnt/data/f', 'w').write(x);")
        assert (await sessions.run("c", "x")).fresh is False
        again = await sessions.run("a", "print(open('/mnt/data/f').read())\n'x' in globals()")
        assert (again.logs, again.fresh) == ("a\nFalse\n", True)


async def test_a_cancelled_run_leaves_a_session_that_works(sessions):
    task = asyncio.ensure_future(sessions.run("a", "import time\ntime.sleep(60)"))
    await asyncio.sleep(0.5)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await sessions.run("a", "1")).logs == "1\n"


async def test_a_single_run_needs_no_session(isolation, limits):
    assert (await run("6 * 7", limits=limits)).logs == "42\n"


async def test_an_interpreter_that_is_none_is_refused():
    with pytest.raises(SandboxError, match=r"cannot be run in isolation|does not run"):
        await run("1", interpreter="/nonexistent/python")


async def test_the_sessions_that_were_not_used_for_longest_lose_their_files_where_all_are_too_many(isolation, limits):
    write = "open('/mnt/data/a', 'w').write('x' * 400);"
    async with Sessions(limits=limits, most=1, most_saved=1_000) as sessions:
        for key in ("first", "second", "first", "third"):
            await sessions.run(key, write)
        left = {
            key: (await sessions.run(key, "import os\nos.listdir('/mnt/data')")).logs for key in ("second", "first")
        }
    assert left == {"second": "[]\n", "first": "['a']\n"}


async def test_sessions_end_by_the_beginning_of_their_keys(sessions):
    for key in ("a/1", "a/2", "b/1"):
        await sessions.run(key, "x = 1")
    await sessions.end_all("a/")
    assert [(await sessions.run(key, "1")).fresh for key in ("a/1", "a/2", "b/1")] == [True, True, False]
