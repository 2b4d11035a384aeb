"""The filter of system calls, tried out on paper for both machines."""

import errno
import struct

import pytest

from emulator.sandbox.seccomp import program

ALLOW, KILL = 0x7FFF0000, 0x80000000
AUDIT = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}


def verdict(machine, number, argument=0, second=0, *, audit=None):
    """What the kernel would answer; it steps through the program as the kernel does."""
    seen = struct.pack("<IIQQQ", number, AUDIT[machine] if audit is None else audit, 0, argument, second)
    lines = list(struct.iter_unpack("<HBBI", program(machine)))
    loaded, place = 0, 0
    while True:
        code, when_true, when_false, value = lines[place]
        place += 1
        if code == 0x20:
            (loaded,) = struct.unpack_from("<I", seen, value)
        elif code == 0x06:
            return value
        else:
            fits = {0x15: loaded == value, 0x35: loaded >= value, 0x45: bool(loaded & value)}[code]
            place += when_true if fits else when_false


def error(number):
    return 0x50000 | number


@pytest.mark.parametrize(
    "machine, calls",
    [("x86_64", (57, 56, 435, 41, 165, 0, 101)), ("aarch64", (1079, 220, 435, 198, 40, 63, 117))],
)
def test_threads_files_and_own_sockets_are_all_that_is_left(machine, calls):
    fork, clone, clone3, socket, mount, read, ptrace = calls
    assert verdict(machine, read) == ALLOW
    assert verdict(machine, mount) == verdict(machine, ptrace) == error(errno.EPERM)
    assert verdict(machine, fork) == (error(errno.EPERM) if machine == "x86_64" else ALLOW)  # arm64 has no fork
    assert verdict(machine, clone, 0x11) == error(errno.EPERM)
    assert verdict(machine, clone, 0x4111) == error(errno.EPERM)  # vfork
    assert verdict(machine, clone, 0x3D0F00) == ALLOW  # a thread
    assert verdict(machine, clone3) == error(errno.ENOSYS)
    for family in (1, 2, 10):
        assert verdict(machine, socket, family) == ALLOW
    for family in (0, 3, 16, 17, 38, 40):  # netlink, packets, kernel cryptography, the virtual machine's host, …
        assert verdict(machine, socket, family) == error(errno.EAFNOSUPPORT)


@pytest.mark.parametrize("machine, socket", [("x86_64", 41), ("aarch64", 198)])
def test_sockets_of_the_internet_send_packets_and_make_no_connections(machine, socket):
    for flags in (0, 0x800, 0x80000):
        for family in (2, 10):
            for kind in (1, 5):
                assert verdict(machine, socket, family, kind | flags) == error(errno.ENETUNREACH)
            for kind in (2, 3):
                assert verdict(machine, socket, family, kind | flags) == ALLOW
        for kind in (1, 2, 5):
            assert verdict(machine, socket, 1, kind | flags) == ALLOW


@pytest.mark.parametrize(
    "machine, numbers",
    [("x86_64", (188, 189, 190, 463, 50, 54, 253, 294, 206, 444)), ("aarch64", (5, 6, 7, 463, 201, 208, 26, 0, 444))],
)
def test_memory_that_no_limit_counts_is_refused(machine, numbers):
    assert {verdict(machine, number) for number in numbers} == {error(errno.EPERM)}


def test_calls_of_another_machine_end_the_process():
    assert verdict("x86_64", 0, audit=0x40000003) == KILL  # 32 bit numbers mean other calls
    assert verdict("x86_64", 0x40000000 + 57) == error(errno.ENOSYS)


def test_a_machine_that_nobody_knows_has_no_filter():
    assert program("pdp11") is None
