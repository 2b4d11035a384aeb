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
