"""The filter of system calls, tried out on paper for both machines."""

import errno
import struct

import pytest

from emulator.sandbox.seccomp import program

ALLOW, KILL = 0x7FFF0000, 0x80000000
AUDIT = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}


def verdict(machine, number, *arguments, audit=None):
    """What the kernel would answer; it steps through the program as the kernel does."""
    six = (*arguments, 0, 0, 0, 0, 0, 0)[:6]
    seen = struct.pack("<IIQ6Q", number, AUDIT[machine] if audit is None else audit, 0, *six)
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
    assert verdict(machine, clone, 0x3D0F00 & ~0x400) == error(errno.EPERM)  # a thread with descriptors of its own
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


@pytest.mark.parametrize(
    "machine, numbers",
    [
        ("x86_64", (278, 275, 276, 237, 238, 256, 279, 450, 317)),
        ("aarch64", (75, 76, 77, 235, 237, 238, 239, 450, 277)),
    ],
)
def test_pages_that_stay_after_they_are_unmapped_are_refused(machine, numbers):
    assert {verdict(machine, number) for number in numbers} == {error(errno.EPERM)}
    assert verdict(machine, {"x86_64": 40, "aarch64": 71}[machine]) == error(errno.ENOSYS)  # sendfile
    assert verdict(machine, {"x86_64": 326, "aarch64": 285}[machine]) == ALLOW  # copy_file_range


@pytest.mark.parametrize("machine, mmap", [("x86_64", 9), ("aarch64", 222)])
def test_shared_memory_needs_a_file_and_huge_pages_are_refused(machine, mmap):
    shared, private, validated, anonymous, huge = 1, 2, 3, 0x20, 0x40000
    for other in (0, 0x100, 0x4000, 0x20000):
        for allowed in (private | anonymous, private, shared, validated):
            assert verdict(machine, mmap, 0, 4096, 3, allowed | other) == ALLOW
            assert verdict(machine, mmap, 0, 4096, 3, allowed | other | huge) == error(errno.EPERM)
        for kind in (shared, validated):
            assert verdict(machine, mmap, 0, 4096, 3, kind | anonymous | other) == error(errno.EPERM)


@pytest.mark.parametrize("machine, prctl", [("x86_64", 157), ("aarch64", 167)])
def test_of_prctl_only_what_libraries_need_is_left(machine, prctl):
    left = [option for option in range(100) if verdict(machine, prctl, option, 1) == ALLOW]
    assert left == [15, 16, 41, 42, 51]
    assert verdict(machine, prctl, 0x53564D41) == ALLOW
    for arguments in ((0,), (2,), (1, 2)):  # huge pages again, or with exceptions
        assert verdict(machine, prctl, 41, *arguments) == error(errno.EPERM)


@pytest.mark.parametrize("machine, fcntl", [("x86_64", 72), ("aarch64", 25)])
def test_locks_belong_to_the_process_and_not_to_open_files(machine, fcntl):
    refused = [command for command in range(2000) if verdict(machine, fcntl, 3, command) != ALLOW]
    assert refused == [37, 38]


@pytest.mark.parametrize("machine", AUDIT)
def test_closing_descriptors_does_not_make_a_second_table_of_them(machine):
    assert [verdict(machine, 436, 3, 9, flags) for flags in (0, 4)] == [ALLOW, ALLOW]
    assert {verdict(machine, 436, 3, 9, flags) for flags in (2, 6)} == {error(errno.EPERM)}


def test_calls_of_another_machine_end_the_process():
    assert verdict("x86_64", 0, audit=0x40000003) == KILL  # 32 bit numbers mean other calls
    assert verdict("x86_64", 0x40000000 + 57) == error(errno.ENOSYS)


def test_a_machine_that_nobody_knows_has_no_filter():
    assert program("pdp11") is None
