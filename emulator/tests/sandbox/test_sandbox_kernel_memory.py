"""Attempts to make the kernel keep memory that no limit of the session counts; each is refused, or ends at a number."""

import dataclasses

import pytest

from emulator.sandbox import Sessions

CALL = """
import array, ctypes, errno, fcntl, mmap, os, select, signal, socket, sys, threading
library = ctypes.CDLL(None, use_errno=True)
def call(name, *arguments):
    result = getattr(library, name)(*arguments)
    if result == -1:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result
def count(step, most):
    # Take one more until that is refused; return how many there were.
    for number in range(most):
        try:
            step(number)
        except (OSError, RuntimeError):
            return number
    raise AssertionError(f"ESCAPED after {most}")
kept = []
NUMBERS = dict(zip(("landlock", "setxattrat", "file_handle"), (444, 463, 303)))
INTEL = os.uname().machine == "x86_64"
def map_memory(size, flags, descriptor=-1):
    library.mmap.restype = ctypes.c_void_p
    library.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
    place = library.mmap(None, size, mmap.PROT_READ | mmap.PROT_WRITE, flags, descriptor, 0)
    if place == ctypes.c_void_p(-1).value:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return place
"""

REFUSED = {
    "attributes of a file by its path": "os.setxattr('/mnt/data', 'user.a', b'x')",
    "attributes of a file in /tmp": "open('/tmp/f', 'w').close(); os.setxattr('/tmp/f', 'user.a', bytes(60000))",
    "attributes of a file in /dev/shm": "open('/dev/shm/f', 'w').close(); os.setxattr('/dev/shm/f', 'user.a', b'x')",
    "attributes of an open file": "os.setxattr(open('/tmp/f', 'w').fileno(), 'user.a', b'x')",
    "attributes of a link": "os.symlink('x', '/tmp/l'); os.setxattr('/tmp/l', 'user.a', b'x', follow_symlinks=False)",
    "attributes by the newest call": "call('syscall', NUMBERS['setxattrat'], -100, b'/tmp', 0, b'user.a', 0, 0)",
    "larger buffers to send": "socket.socketpair()[0].setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2**30)",
    "larger buffers to receive": "socket.socketpair()[0].setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2**30)",
    "a filter in a socket": "socket.socketpair()[0].setsockopt(socket.SOL_SOCKET, 26, bytes(16))",
    "groups of receivers": (
        "socket.socket(socket.AF_INET, socket.SOCK_DGRAM)"
        ".setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, bytes([224, 1, 1, 1, 127, 0, 0, 1]))"
    ),
    "a queue of connections": "s = socket.socket(socket.AF_UNIX); s.bind('\\0x'); s.listen(4096)",
    "a connection over TCP": "socket.socket()",
    "a connection over TCP, version 6": "socket.socket(socket.AF_INET6)",
    "a connection over SCTP": "socket.socket(socket.AF_INET, socket.SOCK_SEQPACKET)",
    "a socket of the kernel's cryptography": "socket.socket(38, 5, 0)",
    "a socket of netlink": "socket.socket(16, 3, 0)",
    "a socket of packets": "socket.socket(17, 3, 0)",
    "watches of files": "call('inotify_init')",
    "watches of files by the newer call": "call('inotify_init1', 0)",
    "watches of mounts": "call('fanotify_init', 0, 0)",
    "asynchronous reading": "call('syscall', 206 if os.uname().machine == 'x86_64' else 0, 65536, ctypes.byref(ctypes.c_ulong()))",
    "a set of rules": "call('syscall', NUMBERS['landlock'], bytes(8), 8, 0)",
    "memory without a name": "os.memfd_create('x')",
    "secret memory": "call('syscall', 447, 0)",
    "shared memory of System V": "call('shmget', 0, 2**20, 0o1600)",
    "messages of System V": "call('msgget', 0, 0o1600)",
    "semaphores of System V": "call('semget', 0, 100, 0o1600)",
    "a queue of messages": "call('syscall', 240 if os.uname().machine == 'x86_64' else 180, b'x', 0o102, 0o600, 0)",
    "keys": "call('syscall', 248 if os.uname().machine == 'x86_64' else 217, b'user', b'x', b'y', 1, -2)",
    "page faults by the program": "call('syscall', 323 if os.uname().machine == 'x86_64' else 282, 0)",
    "rings of requests": "call('syscall', 425, 8, bytes(200))",
    "programs of the kernel": "call('syscall', 321 if os.uname().machine == 'x86_64' else 280, 0, bytes(100), 100)",
    "counters of events": "call('syscall', 298 if os.uname().machine == 'x86_64' else 241, bytes(200), 0, -1, -1, 0)",
    "locked memory": "call('mlock', ctypes.create_string_buffer(2**24), 2**24)",
    "pages of the process in a pipe": (
        "a, b = os.pipe(); page = ctypes.create_string_buffer(4096)\n"
        "pieces = (ctypes.c_size_t * 2)(ctypes.addressof(page), 4096)\n"
        "call('vmsplice', b, pieces, 1, 0)"
    ),
    "pages of the process in a pipe, as a gift": "call('vmsplice', os.pipe()[1], (ctypes.c_size_t * 2)(), 0, 8)",
    "pages of a file in a pipe": (
        "open('f', 'wb').write(bytes(4096)); call('splice', os.open('f', 0), None, os.pipe()[1], None, 4096, 0)"
    ),
    "pages of a pipe in another": ("a, b = os.pipe(); c, d = os.pipe(); os.write(b, b'x'); call('tee', a, d, 1, 0)"),
    "shared memory that a page of it keeps": "map_memory(2**24, mmap.MAP_SHARED | mmap.MAP_ANONYMOUS)",
    "shared memory by the newer kind": "map_memory(2**24, 3 | mmap.MAP_ANONYMOUS)",
    "reserved huge pages": "map_memory(2**21, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x40000)",
    "reserved huge pages, shared": "map_memory(2**21, mmap.MAP_SHARED | mmap.MAP_ANONYMOUS | 0x40000)",
    "a policy for pages": "call('syscall', 237 if INTEL else 235, map_memory(4096, 0x22), 4096, 0, None, 0, 0)",
    "a policy for the process": "call('syscall', 238 if INTEL else 237, 0, None, 0)",
    "moving pages": "call('syscall', 279 if INTEL else 239, 0, 0, None, None, None, 0)",
    "moving all pages": "call('syscall', 256 if INTEL else 238, 0, 0, None, None)",
    "locks of an open file": "fcntl.fcntl(open('f', 'w'), 37, bytes(32))",
    "locks of an open file, waiting": "fcntl.fcntl(open('f', 'w'), 38, bytes(32))",
    "descriptors of its own": "call('unshare', 0x400)",
    "descriptors of its own by closing some": "call('syscall', 436, 100, 200, 2)",
    "a filter by prctl": "call('prctl', 22, 2, (ctypes.c_size_t * 2)(), 0, 0)",
    "a filter by seccomp": "call('syscall', 317 if INTEL else 277, 1, 0, (ctypes.c_size_t * 2)())",
    "a table of futexes": "call('prctl', 78, 1, 2**20, 0, 0)",
    "memory that the host cannot look at": "call('prctl', 4, 0, 0, 0, 0)",
    "huge pages again": "call('prctl', 41, 0, 0, 0, 0)",
    "huge pages with exceptions": "call('prctl', 41, 1, 2, 0, 0)",
}

ENDING = {
    "sockets": ("kept.append(socket.socketpair())", 64),
    "full sockets": (
        ("a, b = socket.socketpair(); a.setblocking(False); kept.append((a, b))\n"
        "    try:\n        while True: a.send(bytes(100_000))\n    except BlockingIOError: pass"), 64),
    "full sockets of packets": (
        ("s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(('127.0.0.1', 0)); kept.append(s)\n"
        "    for _ in range(99): s.sendto(bytes(60_000), s.getsockname())"), 128),
    "sockets on their way in others": (
        ("a, b = socket.socketpair(); c, d = socket.socketpair(); kept.append((a, b))\n"
        "    a.sendmsg([b'x'], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', [c.fileno(), d.fileno()]))])\n"
        "    c.close(); d.close()"), 200),
    "full pipes": (
        ("a, b = os.pipe()\n    try: fcntl.fcntl(b, 1031, 2**20)\n    except PermissionError: pass\n"
        "    os.set_blocking(b, False)\n"
        "    try:\n        while True: os.write(b, bytes(65536))\n    except BlockingIOError: pass"), 64),
    "groups of descriptors": ("kept.append(select.epoll())", 128),
    "descriptors of events": ("kept.append(os.eventfd(0))", 128),
    "descriptors of processes": ("kept.append(os.pidfd_open(os.getpid()))", 128),
    "open files": ("kept.append(open('/dev/null'))", 128),
    "deleted files": (
        ("f = open('/tmp/x', 'wb', buffering=0); os.unlink('/tmp/x'); kept.append(f); "
        "assert f.write(bytes(2**20)) == 2**20 or os.write(99999, b'')"), 64),
    "timers": ("call('timer_create', 1, None, ctypes.create_string_buffer(8))", 1000),
    "signals": (
        ("signal.pthread_sigmask(signal.SIG_BLOCK, [50]); info = ctypes.create_string_buffer(128)\n"
        "    ctypes.c_int.from_buffer(info, 0).value = 50; ctypes.c_int.from_buffer(info, 8).value = -1\n"
        "    call('syscall', 129 if os.uname().machine == 'x86_64' else 138, os.getpid(), 50, info)"), 1000),
    "threads": ("threading.Thread(target=stop.wait).start()", 64),
    "shared memory": ("m = mmap.mmap(-1, 2**24); m[:] = bytes(2**24); kept.append(m)", 64),
    "long links": ("os.symlink('x' * 4000, f'/tmp/{number}')", 20_000),
}  # fmt: skip


@pytest.mark.parametrize("attempt", REFUSED)
async def test_the_kernel_refuses(attempt, run):
    result = await run(f"{CALL}\n{REFUSED[attempt]}\nprint('ESC' + 'APED')")
    assert "ESCAPED" not in result.logs
    assert result.error.startswith(("PermissionError", "OSError: [Errno 97]", "OSError: [Errno 101]")), result.error
    assert (await run("1")).logs == "1\n"


async def test_shared_memory_of_the_device_of_zeros_is_refused(run):
    result = await run(f"{CALL}\nmap_memory(2**24, mmap.MAP_SHARED, os.open('/dev/zero', os.O_RDWR))")
    assert result.error.startswith("OSError: [Errno 19]"), result.error
    assert (await run("open('/dev/zero', 'rb').read(3)")).logs == "b'\\x00\\x00\\x00'\n"


async def test_sending_files_between_descriptors_is_unknown_so_that_libraries_copy(run):
    result = await run(f"{CALL}\nos.sendfile(os.pipe()[1], os.open('/etc/passwd', 0), 0, 9)")
    assert result.error.startswith("OSError: [Errno 38]"), result.error


async def test_memory_never_consists_of_huge_pages(run):
    code = """
place = map_memory(2**25, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
library.madvise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
for advice in (14, 25):  # to use huge pages, and to make them at once
    library.madvise(place, 2**25, advice)
    ctypes.memset(place, 1, 2**25)
sum(int(line.split()[1]) for line in open("/proc/self/smaps") if "HugePages" in line or "PmdMapped" in line)
"""
    result = await run(f"{CALL}\n{code}")
    assert (result.error, result.logs) == (None, "0\n")


async def test_a_session_with_very_many_locks_ends(isolation, limits):
    limits = dataclasses.replace(limits, locks=300, wall_seconds=60, cpu_seconds=30)
    code = """
import fcntl, time
file = open("f", "w")
for number in range(400): fcntl.lockf(file, fcntl.LOCK_EX, 1, 2 * number)
print(number)
time.sleep(60)
"""
    async with Sessions(limits=limits) as sessions:
        result = await sessions.run("a", code)
        assert result.logs == "399\n[emulator] stopped: more than 300 locked parts of files; variables are lost\n"
        assert (await sessions.run("a", "1")).logs == "1\n"


@pytest.mark.parametrize("attempt", ENDING)
async def test_there_is_an_end_of(attempt, run):
    step, most = ENDING[attempt]
    code = (
        f"stop = threading.Event()\ndef step(number):\n    {step}\ntry: print(count(step, {most}))\nfinally: stop.set()"
    )
    result = await run(f"{CALL}\n{code}")
    assert result.error is None, result.logs
    assert 0 < int(result.logs) < most
    assert (await run("kept.clear(); 1")).logs == "1\n"


@pytest.mark.parametrize("place", ["/mnt/data", "/tmp", "/dev/shm"])
@pytest.mark.parametrize(
    "make",
    ["os.mkdir(name)", "os.close(os.open(name, os.O_CREAT))", "os.link('first', name)", "os.symlink('x', name)",
     "os.mkfifo(name)"],
)  # fmt: skip
async def test_a_session_with_very_many_files_ends(isolation, limits, place, make):
    limits = dataclasses.replace(limits, entries=3000, wall_seconds=60, cpu_seconds=30)
    code = f"import os\nos.chdir({place!r})\nopen('first', 'w').close()\nfor number in range(10**9):\n    name = 'n' * 200 + str(number)\n"
    if "mkfifo" in make:
        code = code.replace("for number", "try: os.mkfifo('f')\nexcept PermissionError: make = None\nfor number")
        make = "os.mkfifo(name)"
    async with Sessions(limits=limits) as sessions:
        result = await sessions.run("a", f"{code}    {make}")
        if result.error.startswith("PermissionError"):
            assert "mkfifo" in make  # not a call of the sandbox's kernel
        else:
            assert result.error == "[emulator] stopped: more than 3000 files"
            assert not result.timed_out
        assert (await sessions.run("a", "import os\nlen(os.listdir('/mnt/data'))")).error is None


async def test_a_session_with_memory_in_very_many_places_ends(run):
    code = """
library.mmap.restype = ctypes.c_void_p
library.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
for number in range(60_000):
    ctypes.memset(library.mmap(0x100000000000 + number * 2**30, 4096, 3, 0x32, -1, 0), 1, 1)
threading.Event().wait(30)
"""
    result = await run(f"{CALL}\n{code}")
    assert result.error == "[emulator] stopped: more than 64 MiB of page tables"
    assert (await run("1")).logs == "1\n"


async def test_many_files_are_fine(run):
    result = await run(
        "import os\nfor n in range(5000): open(f'/tmp/{n}', 'w').close()\nlen(os.listdir('/tmp')) >= 5000"
    )
    assert result.logs == "True\n"


async def test_programs_that_use_sockets_among_themselves_work(run):
    code = """
import asyncio, concurrent.futures, shutil, socket, tempfile, threading, queue
async def main():
    reader, writer = await asyncio.open_connection(sock=a)
    b.sendall(b'hello')
    return (await reader.read(5)).decode(), await asyncio.to_thread(sum, [1, 2])
a, b = socket.socketpair()
print(asyncio.run(main()))
open('x.txt', 'w').write('x')
shutil.copy2('x.txt', '/tmp/y.txt')
with concurrent.futures.ThreadPoolExecutor(2) as pool: print(list(pool.map(abs, [-1, -2])))
"""
    result = await run(code)
    assert (result.error, result.logs) == (None, "('hello', 3)\n[1, 2]\n")


@pytest.mark.parametrize(
    "code",
    [
        "m = mmap.mmap(-1, 5000); m[:3] = b'abc'; m.seek(0); print(m.read(3), len(m), type(m))",
        "m = mmap.mmap(-1, 5000, mmap.MAP_SHARED, mmap.PROT_WRITE); m[:3] = b'abc'; print(m[:3], len(m), type(m))",
        "m = mmap.mmap(fileno=-1, length=5000, access=mmap.ACCESS_WRITE); m[:3] = b'abc'; print(m[:3], len(m), type(m))",
        "with mmap.mmap(-1, length=5000, flags=33) as m: m.write(b'abc'); print(m[:3], len(m), type(m))",
    ],
)
async def test_anonymous_memory_is_to_be_had_by_the_module(run, code):
    result = await run(f"import mmap\n{code}")
    assert (result.error, result.logs) == (None, "b'abc' 5000 <class 'mmap.mmap'>\n")


async def test_what_is_written_to_a_mapped_file_is_in_the_file(run):
    code = """
import mmap
with open("f", "w+b") as file:
    file.write(bytes(5000)); file.flush()
    with mmap.mmap(file.fileno(), 0) as m: m[:3] = b"abc"
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY) as m: m[:3] = b"xyz"
open("f", "rb").read(4)
"""
    result = await run(code)
    assert (result.error, result.logs) == (None, "b'abc\\x00'\n")


async def test_databases_temporary_files_archives_and_copies_work(run):
    code = """
import pathlib, shutil, socket, sqlite3, tempfile, threading, zipfile
with sqlite3.connect("a.db") as base:
    base.execute("pragma journal_mode = wal")
    base.execute("create table t (n)")
    base.executemany("insert into t values (?)", [(n,) for n in range(1000)])
print(base.execute("select sum(n) from t").fetchone())
with tempfile.NamedTemporaryFile() as file, tempfile.TemporaryDirectory() as folder:
    file.write(bytes(200_000)); file.flush()
    for copy in (shutil.copyfile, shutil.copy, shutil.copy2): copy(file.name, f"{folder}/copy")
    print(pathlib.Path(folder, "copy").stat().st_size)
    with zipfile.ZipFile(f"{folder}/z.zip", "w") as archive: archive.write(f"{folder}/copy", "copy")
    shutil.unpack_archive(f"{folder}/z.zip", f"{folder}/unpacked"); shutil.copytree(f"{folder}/unpacked", "/tmp/tree")
    a, b = socket.socketpair()
    reader = threading.Thread(target=lambda: print(len(b.recv(9, socket.MSG_WAITALL))))
    reader.start(); a.sendfile(open(file.name, "rb"), count=9); reader.join()
pathlib.Path("a.db").unlink()
"""
    result = await run(code)
    assert (result.error, result.logs) == (None, "(499500,)\n200000\n9\n")


async def test_tables_and_charts_work(run):
    pytest.importorskip("pandas")
    pytest.importorskip("matplotlib")
    code = """
import numpy, pandas
import matplotlib.pyplot as plt
values = numpy.memmap("/tmp/values", dtype="float64", mode="w+", shape=(1000,)); values[:] = numpy.arange(1000)
table = pandas.DataFrame({"a": values, "b": values % 7})
table.to_csv("/tmp/t.csv"); table = pandas.read_csv("/tmp/t.csv", memory_map=True)
print(table.groupby("b").a.mean().sum().round(), numpy.linalg.solve(numpy.eye(300) * 2, numpy.ones(300)).sum())
table.plot(x="a", y="b"); plt.show()
"""
    result = await run(code)
    assert (result.error, result.logs, len(result.images)) == (None, "3496.0 150.0\n", 1)
