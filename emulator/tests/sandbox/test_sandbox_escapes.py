"""Attempts to get out, or to leave something behind; each must fail, and nothing may remain (the fixture looks)."""

import os
import socket
import threading
from pathlib import Path

import pytest

from emulator.sandbox import InputFile

# Each attempt fails with an exception of this kind; where it does not, "ESCAPED" is printed.
ATTEMPTS = {
    "read the password file": ("open('/etc/shadow').read()", "FileNotFoundError"),
    "read the host's accounts": ("assert 'root' in open('/etc/passwd').read()", "AssertionError"),
    "read a file of the checkout": (f"open({__file__!r}).read()", "FileNotFoundError"),
    "read the checkout from the root of another process": (f"open('/proc/1/root' + {__file__!r})", "PermissionError"),
    "list the home folder": (f"import os; os.listdir({str(Path.home())!r})", "FileNotFoundError"),
    "list all homes": ("import os; os.listdir('/home')", "FileNotFoundError"),
    "list the system's settings": ("import os; os.listdir('/sys')", "FileNotFoundError"),
    "read the environment of the first process": ("open('/proc/1/environ').read()", "PermissionError"),
    "read the environment of the parent": (
        "import os; open(f'/proc/{os.getppid()}/environ').read()",
        "PermissionError",
    ),
    "read the command line of the parent": (
        "import os; open(f'/proc/{os.getppid()}/cmdline').read()",
        "PermissionError",
    ),
    "find a variable of the host": ("import os; os.environ['EMULATOR_TEST_SECRET']", "KeyError"),
    "write into the memory of the first process": ("open('/proc/1/mem', 'r+b')", "PermissionError"),
    "write into the root folder": ("open('/file', 'w')", "Error"),
    "write into the system's libraries": ("open('/usr/lib/file', 'w')", "Error"),
    "write beside the data": ("open('/mnt/file', 'w')", "Error"),
    "write beside the data by a path": ("open('/mnt/data/../file', 'w')", "Error"),
    "write into the interpreter's library": ("import os; open(os.__file__, 'a')", "Error"),
    "write into the interpreter's program": ("import sys; open(sys.executable, 'r+b')", "Error"),
    "write into the packages": ("open('/opt/packages/0/evil.pth', 'w')", "Error"),
    "write into the sandbox's own code": ("open('/opt/kernel/emulator/sandbox/inside/main.py', 'a')", "Error"),
    "make all writable": ("import os; os.chmod('/usr/lib', 0o777)", "Error"),
    "change the kernel's settings": ("open('/proc/sys/kernel/core_pattern', 'w')", "Error"),
    "press the kernel's panic button": ("open('/proc/sysrq-trigger', 'w')", "Error"),
    "escape from being killed first": (
        "import os; os.write(os.open('/proc/self/oom_score_adj', os.O_WRONLY), b'-1000')",
        "Error",
    ),
    "connect to the outside": ("import socket; socket.create_connection(('192.0.2.1', 80), 2)", "OSError"),
    "ask the name service": ("import socket; socket.getaddrinfo('example.com', 80)", "gaierror"),
    "send a packet to the outside": (
        "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('192.0.2.1', 53))",
        "OSError",
    ),
    "talk to the virtual machine's host": ("import socket; socket.socket(40, socket.SOCK_STREAM)", "OSError"),
    "write packets by hand": ("import socket; socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)", "PermissionError"),
    "fork": ("import os; os.fork()", "PermissionError"),
    "start a program": ("import subprocess; subprocess.run(['/bin/sh', '-c', 'id'])", "PermissionError"),
    "start a process the other way": ("import os; os.posix_spawn('/opt/python/bin/python3', ['x'], {})", "Error"),
    "start a pool of processes": ("import multiprocessing as m; m.get_context('fork').Pool(2)", "PermissionError"),
    "mount": ("call('mount', b'none', b'/tmp', b'tmpfs', 0, 0)", "PermissionError"),
    "unmount": ("call('umount2', b'/proc/1', 2)", "PermissionError"),
    "enter a new user namespace": ("call('unshare', 0x10000000)", "PermissionError"),
    "enter a namespace of another process": (
        "import os; call('setns', os.open('/proc/self/ns/net', 0), 0)",
        "PermissionError",
    ),
    "change the root": ("import os; os.chroot('/tmp')", "PermissionError"),
    "become root": ("import os; os.setuid(0)", "Error"),
    "become a member of root's group": ("import os; os.setgid(0)", "Error"),
    "trace the first process": ("call('ptrace', 16, 1, 0, 0)", "PermissionError"),
    "read another process's memory": ("call('process_vm_readv', 1, 0, 0, 0, 0, 0)", "PermissionError"),
    "make a device": ("import os; os.mknod('/tmp/disk', 0o60666, os.makedev(254, 0))", "PermissionError"),
    "make a device among the devices": ("import os; os.mknod('/dev/disk', 0o60666, os.makedev(254, 0))", "Error"),
    "open a disk": (
        "import os; [os.open('/dev/' + n, 0) for n in ('sda', 'vda', 'nvme0n1', 'mem')]",
        "FileNotFoundError",
    ),
    "open memory that no limit counts": ("import os; os.memfd_create('x')", "PermissionError"),
    "load a program into the kernel": ("call('syscall', 321, 0, 0, 0)", "PermissionError|OSError"),
    "raise a limit": ("import resource as r; r.setrlimit(r.RLIMIT_AS, (-1, -1))", "ValueError"),
    "raise the limit of threads": ("import resource as r; r.setrlimit(r.RLIMIT_NPROC, (999, 999))", "ValueError"),
    "set the clock": ("import time; time.clock_settime(time.CLOCK_REALTIME, 0)", "PermissionError"),
    "rename the machine": ("import socket; socket.sethostname('x')", "PermissionError"),
    "kill the first process": (
        "import os; os.kill(1, 9); os.kill(1, 0); open('/proc/1/status').read()",
        "PermissionError",
    ),
    "kill processes outside": (f"import os; os.kill({os.getpid()}, 9)", "ProcessLookupError"),
    "link to a device by a mount point": ("import os; os.link('/etc/passwd', '/mnt/data/passwd')", "Error"),
}

CALL = """
import ctypes, os
def call(name, *arguments):
    library = ctypes.CDLL(None, use_errno=True)
    if getattr(library, name)(*arguments) == -1:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
"""


@pytest.mark.parametrize("attempt", ATTEMPTS)
async def test_it_is_impossible_to(attempt, run, monkeypatch):
    monkeypatch.setenv("EMULATOR_TEST_SECRET", "secret")
    code, kind = ATTEMPTS[attempt]
    result = await run(f"{CALL}\n{code}\nprint('ESC' + 'APED')")
    assert "ESCAPED" not in result.logs
    assert any(word in result.error.split(":")[0] for word in kind.split("|")), result.error
    assert (await run("1")).logs == "1\n"


async def test_it_sees_only_itself(run):
    result = await run("import os\nos.getpid(), sorted(int(name) for name in os.listdir('/proc') if name.isdigit())")
    assert result.logs == "(2, [1, 2])\n"


async def test_its_environment_is_a_fixed_one(run, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    result = await run(
        "import os\nprint(open('/proc/self/environ').read() if os.access('/proc/self/environ', 4) else '', dict(os.environ))"
    )
    assert "secret" not in result.logs
    assert "OPENAI_API_KEY" not in result.logs


async def test_a_server_of_the_host_cannot_be_reached(run):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        result = await run(f"import socket\nsocket.create_connection(('127.0.0.1', {port}), 2)")
    assert result.error.startswith("OSError: [Errno 101]")  # network is unreachable


async def test_a_nameless_socket_of_the_host_cannot_be_reached(run):
    name = f"\0emulator-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(name)
        server.listen()
        result = await run(f"import socket\nsocket.socket(socket.AF_UNIX).connect({name!r})")
    assert result.error.startswith("ConnectionRefusedError")


async def test_threads_end_at_a_number_of_them(run, limits):
    result = await run(
        "import threading\nstop = threading.Event()\nthreads = 0\n"
        "try:\n    while True:\n        threading.Thread(target=stop.wait).start()\n        threads += 1\n"
        "finally:\n    stop.set()\n    print(threads)"
    )
    assert result.error.startswith("RuntimeError: can't start new thread")
    assert 0 < int(result.logs.split("\n")[0]) < limits.threads


@pytest.mark.parametrize(
    "code",
    ["bytearray(2 * 2**30)", "x = []\nwhile True: x.append(bytearray(2**24))", "import mmap\nmmap.mmap(-1, 2 * 2**30)"],
)
async def test_memory_ends_at_its_limit(run, code):
    result = await run(code)
    assert result.error.startswith(("MemoryError", "OSError: [Errno 12]"))
    assert (await run("globals().pop('x', 0)\n1")).logs == "1\n"


async def test_printing_without_end_is_cut(run, limits):
    result = await run("while True: print('x' * 1000)")
    assert result.timed_out
    assert len(result.logs) < limits.log_bytes + 500
    assert "more bytes were printed and are not kept" in result.logs


async def test_much_printing_is_cut_and_the_session_lives(run, limits):
    result = await run("x = 1\nprint('x' * 1_000_000)")
    assert result.logs == "x" * limits.log_bytes + "\n[emulator] 900001 more bytes were printed and are not kept\n"
    assert (await run("x")).logs == "1\n"


@pytest.mark.parametrize("place", ["/mnt/data", "/tmp", "/dev/shm"])
async def test_a_huge_file_finds_no_room(run, place):
    result = await run(f"import os\nwith open('{place}/huge', 'wb') as f:\n    while True: f.write(bytes(2**20))")
    assert result.error.startswith("OSError: [Errno 2")  # no space left, or file too large
    assert result.files == ()


async def test_many_files_find_no_room(run):
    result = await run("for n in range(99): open(f'/mnt/data/{n}', 'wb').write(bytes(2**20))")
    assert result.error.startswith("OSError: [Errno 28]")


async def test_links_to_files_of_the_host_are_not_followed(run, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("secret")
    result = await run(
        f"import os\nos.symlink({str(secret)!r}, '/mnt/data/a')\nos.symlink('/etc/passwd', '/mnt/data/b')\nos.symlink('/', '/mnt/data/c')"
    )
    assert (result.files, result.error) == ((), None)


async def test_pipes_sockets_and_odd_names_are_not_handed_out(run):
    result = await run(
        "import os, socket\ntry: os.mkfifo('/mnt/data/pipe')\nexcept PermissionError: pass\nsocket.socket(socket.AF_UNIX).bind('/mnt/data/socket')\n"
        "open(b'/mnt/data/\\xff', 'w').close()\nopen('/mnt/data/new\\nline', 'w').close()"
    )
    assert (result.files, result.error) == ((), None)


async def test_a_given_file_is_a_copy(run, tmp_path):
    original = tmp_path / "table.csv"
    original.write_bytes(b"1")
    await run("open('/mnt/data/file-abc', 'w').write('2')", [InputFile("file-abc", "table.csv", original.read_bytes())])
    assert original.read_bytes() == b"1"


async def test_a_thread_left_behind_stands_still_between_runs(run):
    await run(
        "import threading\nn = 0\ndef count():\n    global n\n    while True: n += 1\nthreading.Thread(target=count, daemon=True).start()"
    )
    before = int((await run("n")).logs)
    threading.Event().wait(0.5)
    # As fast as it counts, half a second would be millions.
    assert int((await run("n")).logs) - before < 2_000_000


async def test_another_program_in_its_place_ends_the_session(run):
    result = await run(
        "import os, sys\nos.execv('/opt/python/bin/' + os.listdir('/opt/python/bin')[0], ['python', '-c', 'print(1)'])"
    )
    assert result.error.startswith("[emulator] the interpreter ended")
    assert (await run("2")).logs == "2\n"


FIND = "import os, stat\npipes = [n for n in range(3, 60) if os.path.exists(f'/proc/self/fd/{n}') or not fails(n)]\n"
FAILS = "def fails(n):\n    import os\n    try: os.fstat(n)\n    except OSError: return True\n"


@pytest.mark.parametrize(
    "code",
    [
        "for n in pipes: os.close(n)",
        "for n in pipes:\n    try: os.write(n, b'\\xff' * 64)\n    except OSError: pass",
        "for n in pipes:\n    try: os.write(n, b'\\0\\0\\0\\x02{}')\n    except OSError: pass",
        "for n in pipes:\n    try: os.write(n, b'\\0\\0\\0\\x02')\n    except OSError: pass\nwhile True: pass",
        "for n in pipes:\n    try:\n        while True: os.write(n, bytes(65536))\n    except OSError: pass",
    ],
)
async def test_garbling_the_pipes_ends_only_the_session(run, code):
    result = await run(f"{FAILS}{FIND}{code}")
    assert result.error.startswith("[emulator] ")
    assert result.files == ()
    assert (await run("2")).logs == "2\n"


async def test_a_forged_answer_names_no_file_outside(run):
    forged = (
        "import json, struct\n"
        "header = json.dumps({'error': None, 'images': 0, 'files': ['../../x', '/etc/x', 'ok'], 'left_out': [],"
        " 'gone': [], 'blobs': [1, 1, 1]}).encode()\n"
        "for n in pipes:\n    try: os.write(n, struct.pack('>I', len(header)) + header + b'abc')\n    except OSError: pass"
    )
    result = await run(f"{FAILS}{FIND}{forged}")
    assert [(file.name, file.content) for file in result.files] in ([("ok", b"c")], [])
    await run("os._exit(0)")
    assert (await run("2")).logs == "2\n"


@pytest.mark.parametrize(
    "code, error",
    [
        ("class A:\n    def __repr__(self): raise ValueError('no')\nA()", "ValueError: no"),
        ("class A:\n    def __repr__(self): return 5\nA()", "TypeError: __repr__ returned non-string (type int)"),
        ("class A:\n    def __repr__(self): exit(1)\nA()", "SystemExit: 1"),
        ("class E(Exception):\n    def __str__(self): raise E()\nraise E()", "E: <exception str() failed>"),
        ("class E(Exception):\n    def __str__(self): exit(1)\nraise E()", "E: <exception str() failed>"),
        (
            "import sys\nclass S:\n    def __getattr__(self, n): raise MemoryError\nsys.stdout = sys.stderr = S()\n1 / 0",
            "ZeroDivisionError: division by zero",
        ),
        (
            "import pickle\nclass P:\n    def __reduce__(self): return (eval, ('1 / 0',))\npickle.loads(pickle.dumps(P()))",
            "ZeroDivisionError: division by zero",
        ),
    ],
)
async def test_hostile_objects_are_reported_like_any_error(run, code, error):
    assert (await run(code)).error == error
    assert (await run("2")).logs == "2\n"


async def test_a_replaced_interpreter_ends_at_worst_itself(run):
    await run("import builtins, os, json\nos.walk = json.dumps = builtins.len = builtins.open = None")
    result = await run("1")
    assert result.logs == "1\n" or result.error.startswith("[emulator]")
    await run("os._exit(0)")
    assert (await run("2")).logs == "2\n"
