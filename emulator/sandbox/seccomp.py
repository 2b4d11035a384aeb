"""The system calls that are forbidden in the sandbox, as a program for the kernel's filter.

Namespaces decide what the code sees; this decides what it may do. The most important rule: no second process. Limits
on memory and processor time apply per process, so they apply to the session only while it is a single process.
"""

import errno
import platform
import struct
from typing import Final

# Jump and load instructions of classic BPF (linux/bpf_common.h).
_LOAD: Final = 0x20
_EQUAL: Final = 0x15
_AT_LEAST: Final = 0x35
_ANY_BIT: Final = 0x45
_ANSWER: Final = 0x06
# Answers (linux/seccomp.h) and places in struct seccomp_data, of a little-endian machine.
_ALLOW: Final = 0x7FFF0000
_ERROR: Final = 0x00050000
_KILL: Final = 0x80000000
_NUMBER, _MACHINE, _ARGUMENTS = 0, 4, 16
_X32: Final = 0x40000000  # the second table of calls on x86-64
# A thread shares the descriptors of the others; with a table of its own it could open as many files once more.
_CLONE_THREAD, _CLONE_FILES, _CLOSE_RANGE_UNSHARE = 0x00010000, 0x00000400, 2
# Locks of an open file stay after its descriptor is closed if the file is mapped, and then the host cannot count them.
_F_OFD_SETLK, _F_OFD_SETLKW = 37, 38
# Shared memory without a file stays as a whole until its last page is unmapped, but the limit on address space counts
# only what is mapped. Pages of hugetlb are a reserve of the host that no limit counts.
_MAP_SHARED, _MAP_ANONYMOUS, _MAP_HUGETLB = 0x01, 0x20, 0x40000
# All that libraries ask of prctl. Others add filters or tables of any size, or hide the process from the host.
_OPTIONS: Final = {
    "PR_SET_NAME": 15,
    "PR_GET_NAME": 16,
    "PR_GET_THP_DISABLE": 42,
    "PR_SVE_GET_VL": 51,  # arm64: the size of vectors
    "PR_SET_VMA": 0x53564D41,  # names of memory
}
_PR_SET_THP_DISABLE: Final = 41  # only to disable huge pages, and without exceptions
# Unix and internet sockets belong to the network namespace; others, such as vsock, are shared with the host.
_UNIX, _IPV4, _IPV6 = 1, 2, 10
# Kinds of sockets are numbers: 1 and 5 make connections (TCP, SCTP), 2 and 3 send single packets.
_CONNECTION, _PACKETS = 1, 2

# name -> number on (x86-64, arm64), from the kernel's tables; None: the machine has no such call.
_FORBIDDEN: Final[dict[str, tuple[int | None, int | None]]] = {
    # a second process
    "fork": (57, None),
    "vfork": (58, None),
    # new or other namespaces, mounts, roots
    "unshare": (272, 97),
    "setns": (308, 268),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "open_tree_attr": (467, 467),
    "mknod": (133, None),
    "mknodat": (259, 33),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    # other processes
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "kcmp": (312, 272),
    "pidfd_getfd": (438, 438),
    # memory that no limit counts
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "shmget": (29, 194),
    "semget": (64, 190),
    "msgget": (68, 186),
    "mq_open": (240, 180),
    # as above: up to 64 kB of attributes for each of any number of files, watches that keep files in memory, queues of
    # connections with all that they were sent, larger buffers, rules
    "setxattr": (188, 5),
    "lsetxattr": (189, 6),
    "fsetxattr": (190, 7),
    "setxattrat": (463, 463),
    "inotify_init": (253, None),
    "inotify_init1": (294, 26),
    "listen": (50, 201),
    "setsockopt": (54, 208),
    "io_setup": (206, 0),
    # as above: pages that stay in a pipe after they are unmapped, each with the whole huge page that it is part of
    "vmsplice": (278, 75),
    "splice": (275, 76),
    "tee": (276, 77),
    # as above: rules on which nodes the pages of a process or file lie, one for each page
    "mbind": (237, 235),
    "set_mempolicy": (238, 237),
    "set_mempolicy_home_node": (450, 450),
    "migrate_pages": (256, 238),
    "move_pages": (279, 239),
    "landlock_create_ruleset": (444, 444),
    "seccomp": (317, 277),
    # large attack surfaces of the kernel that no calculation needs
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "personality": (135, 92),
    "modify_ldt": (154, None),
    "iopl": (172, None),
    "ioperm": (173, None),
    "fanotify_init": (300, 262),
    # administration of the machine
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "reboot": (169, 142),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "acct": (163, 89),
    "quotactl": (179, 60),
    "syslog": (103, 116),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "adjtimex": (159, 171),
    "clock_adjtime": (305, 266),
    "sethostname": (170, 161),
    "setdomainname": (171, 162),
}
# Likewise, but libraries have another way where the kernel has no such call, which is what they are answered.
_ABSENT: Final[dict[str, tuple[int, int]]] = {
    "clone3": (435, 435),  # its flags are in memory, which a filter cannot read; the other way is clone
    "sendfile": (40, 71),  # does what splice does; the other way is to read and write
}
# Likewise, of calls that are allowed or refused by their arguments.
_CLONE, _SOCKET, _MMAP, _PRCTL, _FCNTL, _CLOSE_RANGE = (56, 220), (41, 198), (9, 222), (157, 167), (72, 25), (436, 436)
# machine -> (column above, its number in linux/audit.h)
_MACHINES: Final = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}


def program(machine: str | None = None) -> bytes | None:
    """Return the filter for ``machine`` (default: this one), or None if the numbers of its calls are not known."""
    known = _MACHINES.get(machine or platform.machine())
    if known is None:
        return None
    column, audit = known
    lines = [_step(_LOAD, _MACHINE), _step(_EQUAL, audit, 1, 0), _step(_ANSWER, _KILL), _step(_LOAD, _NUMBER)]
    if column == 0:
        lines += [_step(_AT_LEAST, _X32, 0, 1), _refuse(errno.ENOSYS)]
    for forbidden in _FORBIDDEN.values():
        if (number := forbidden[column]) is not None:
            lines += [_step(_EQUAL, number, 0, 1), _refuse(errno.EPERM)]
    for absent in _ABSENT.values():
        lines += [_step(_EQUAL, absent[column], 0, 1), _refuse(errno.ENOSYS)]
    for numbers, rules in (
        (_CLONE, _threads()),
        (_SOCKET, _sockets()),
        (_MMAP, _mappings()),
        (_PRCTL, _options()),
        (_FCNTL, _locks()),
        (_CLOSE_RANGE, _descriptors()),
    ):
        lines += [_step(_EQUAL, numbers[column], 0, len(rules)), *rules]
    return b"".join([*lines, _allow()])


def _threads() -> list[bytes]:
    """Return the rules for clone. Like those of the other calls, they answer in any case."""
    return [
        _argument(0),
        _step(_ANY_BIT, _CLONE_THREAD, 0, 1),
        _step(_ANY_BIT, _CLONE_FILES, 1, 0),
        _refuse(errno.EPERM),
        _allow(),
    ]


def _sockets() -> list[bytes]:
    """Allow unix sockets, and single packets to nobody.

    A connection over TCP needs no partner: a socket can connect to itself, and then the kernel lets its buffers grow to
    tens of megabytes each.
    """
    return [
        _argument(0),
        _step(_EQUAL, _UNIX, 7, 0),
        _step(_EQUAL, _IPV4, 2, 0),
        _step(_EQUAL, _IPV6, 1, 0),
        _refuse(errno.EAFNOSUPPORT),
        _argument(1),
        _step(_ANY_BIT, _PACKETS, 2, 0),
        _step(_ANY_BIT, _CONNECTION, 0, 1),
        _refuse(errno.ENETUNREACH),
        _allow(),
    ]


def _mappings() -> list[bytes]:
    return [
        _argument(3),
        _step(_ANY_BIT, _MAP_HUGETLB, 2, 0),
        _step(_ANY_BIT, _MAP_SHARED, 0, 2),
        _step(_ANY_BIT, _MAP_ANONYMOUS, 0, 1),
        _refuse(errno.EPERM),
        _allow(),
    ]


def _options() -> list[bytes]:
    lines = [_argument(0)]
    for option in _OPTIONS.values():
        lines += [_step(_EQUAL, option, 0, 1), _allow()]
    return [
        *lines,
        _step(_EQUAL, _PR_SET_THP_DISABLE, 0, 4),
        _argument(1),
        _step(_EQUAL, 1, 0, 2),
        _argument(2),
        _step(_EQUAL, 0, 1, 0),
        _refuse(errno.EPERM),
        _allow(),
    ]


def _locks() -> list[bytes]:
    return [
        _argument(1),
        _step(_EQUAL, _F_OFD_SETLK, 1, 0),
        _step(_EQUAL, _F_OFD_SETLKW, 0, 1),
        _refuse(errno.EPERM),
        _allow(),
    ]


def _descriptors() -> list[bytes]:
    return [_argument(2), _step(_ANY_BIT, _CLOSE_RANGE_UNSHARE, 0, 1), _refuse(errno.EPERM), _allow()]


def _argument(place: int) -> bytes:
    """Load the lower half of an argument; the kernel reads no more of those that are looked at here."""
    return _step(_LOAD, _ARGUMENTS + 8 * place)


def _step(code: int, value: int, when_true: int = 0, when_false: int = 0) -> bytes:
    return struct.pack("<HBBI", code, when_true, when_false, value)


def _allow() -> bytes:
    return _step(_ANSWER, _ALLOW)


def _refuse(number: int) -> bytes:
    return _step(_ANSWER, _ERROR | number)
