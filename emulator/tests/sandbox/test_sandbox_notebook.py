"""Code is shown as a notebook shows it."""

import sys

import pytest


@pytest.mark.parametrize(
    "code, logs",
    [
        ("import math\nmath.sqrt(1234567)", "1111.1107055554814\n"),
        ("print('a')\n'b'", "a\n'b'\n"),
        ("x = 1", ""),
        ("None", ""),
        ("1;", ""),
        ("", ""),
        ("# nothing but words", ""),
        ("print('中文 ü')", "中文 ü\n"),
        ("print('one', end='')\n2", "one2\n"),
        ("import sys\nprint('a'); print('b', file=sys.stderr); print('c')", "a\nb\nc\n"),
        ("import os\nprint('a'); os.write(2, b'b\\n'); print('c')", "a\nb\nc\n"),
        ("if True:\n    5", ""),
        ("'\\ud800'", "'\\ud800'\n"),
        ("print('\\ud800')", "\\ud800\n"),
        ("x = 1\r\nx", "1\n"),
    ],
)
async def test_what_is_printed_and_the_last_expression_are_the_logs(run, code, logs):
    result = await run(code)
    assert (result.logs, result.error, result.files, result.images) == (logs, None, (), ())


async def test_variables_imports_and_the_last_value_stay_for_the_next_run(run):
    first = await run("import math\nx = 20\ndef f(): return x + 1")
    second = await run("x += 1\nf()")
    third = await run("_ * 2, math.pi > 3")
    assert (second.logs, third.logs) == ("22\n", "(44, True)\n")
    assert (first.fresh, second.fresh) == (True, False)


async def test_objects_can_be_pickled_and_the_source_of_functions_found(run):
    await run("class Point:\n    x = 1\n\ndef f():\n    return 2\n")
    result = await run("import inspect, pickle\nprint(pickle.loads(pickle.dumps(Point())).x)\ninspect.getsource(f)")
    assert result.logs == "1\n'def f():\\n    return 2\\n'\n"


async def test_a_traceback_tells_lines_and_functions(run):
    result = await run("def share(x):\n    return x / 0\n\nshare(1)")
    lines = result.logs.splitlines()
    assert lines[0] == "-" * 75
    assert lines[1] == "ZeroDivisionError" + " " * 25 + "Traceback (most recent call last)"
    assert "Cell In[1], line 4" in lines
    assert "----> 4 share(1)" in lines
    assert "Cell In[1], line 2, in share(x)" in lines
    assert "----> 2     return x / 0" in lines
    assert lines[-1] == result.error == "ZeroDivisionError: division by zero"


async def test_a_traceback_shows_no_path_of_the_host(run):
    result = await run("import json\njson.loads('{')")
    assert "File /opt/python/lib/" in result.logs
    for path in (sys.prefix, sys.base_prefix, __file__.rsplit("/emulator/", 1)[0]):
        assert path not in result.logs or path in {"/usr", "/opt/python"}


async def test_what_was_printed_before_an_exception_is_kept(run):
    result = await run("print('before')\nraise ValueError('no')")
    assert result.logs.startswith("before\n---")
    assert result.error == "ValueError: no"


async def test_a_cause_is_told_first(run):
    result = await run("try:\n    {}['a']\nexcept KeyError as e:\n    raise RuntimeError('b') from e")
    assert result.logs.index("KeyError: 'a'") < result.logs.index("direct cause") < result.logs.index("RuntimeError: b")


async def test_code_that_is_no_python_is_told_of(run):
    result = await run("x = = 2")
    assert result.error == "SyntaxError: invalid syntax"
    assert 'File "Cell In[1]", line 1' in result.logs


async def test_deep_recursion_is_told_briefly(run):
    result = await run("def f(): return f()\nf()")
    assert result.error.startswith("RecursionError")
    assert "skipping" in result.logs
    assert len(result.logs) < 10_000


@pytest.mark.parametrize(
    "code, error", [("exit(3)", "SystemExit: 3"), ("raise KeyboardInterrupt", "KeyboardInterrupt")]
)
async def test_a_notebook_outlives_an_exit(run, code, error):
    assert (await run(f"x = 1\n{code}")).error == error
    assert (await run("x")).logs == "1\n"


async def test_input_finds_nobody(run):
    result = await run("input('name? ')")
    assert result.error == "EOFError: EOF when reading a line"


async def test_each_run_gets_working_streams(run):
    await run("import sys, os\nsys.stdout.close()\nos.close(1); os.close(2)\nsys.stderr = None")
    assert (await run("print('still')")).logs == "still\n"


async def test_chance_and_order_of_sets_are_the_same_each_time(sessions):
    code = "hash('a'), list({'x', 'y', 'z', 'w'})"
    assert (await sessions.run("a", code)).logs == (await sessions.run("b", code)).logs
