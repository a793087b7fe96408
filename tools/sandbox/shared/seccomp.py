"""Filter system calls with a classic BPF program, assembled here, so that no library is needed at run time.

The filter is a list of what Python, numpy and pandas need; whatever is not on it fails with EPERM, also calls that
future kernels will invent. What no honest solution calls ends the process with SIGSYS, which is seen from outside.
"""

from __future__ import annotations

import ctypes
import platform
import struct

_ALLOWED = """
    access:21:- alarm:37:- arch_prctl:158:- brk:12:214 chdir:80:49 chmod:90:- clock_getres:229:114
    clock_gettime:228:113 clock_nanosleep:230:115 close:3:57 close_range:436:436 copy_file_range:326:285
    dup:32:23 dup2:33:- dup3:292:24 epoll_create:213:- epoll_create1:291:20 epoll_ctl:233:21
    epoll_pwait:281:22 epoll_pwait2:441:441 epoll_wait:232:- eventfd:284:- eventfd2:290:19 exit:60:93
    exit_group:231:94 faccessat:269:48 faccessat2:439:439 fchdir:81:50 fchmod:91:52 fchmodat:268:53
    fcntl:72:25 fdatasync:75:83 flock:73:32 fstat:5:80 fstatfs:138:44 fsync:74:82 ftruncate:77:46
    futex:202:98 get_robust_list:274:100 getcpu:309:168 getcwd:79:17 getdents:78:- getdents64:217:61
    getegid:108:177 geteuid:107:175 getgid:104:176 getgroups:115:158 getitimer:36:102 getpeername:52:205
    getpgid:121:155 getpgrp:111:- getpid:39:172 getppid:110:173 getpriority:140:141 getrandom:318:278
    getresgid:120:150 getresuid:118:148 getrlimit:97:163 getrusage:98:165 getsid:124:156
    getsockname:51:204 getsockopt:55:209 gettid:186:178 gettimeofday:96:169 getuid:102:174 ioctl:16:29
    link:86:- linkat:265:37 lseek:8:62 lstat:6:- madvise:28:233 membarrier:324:283 mincore:27:232
    mkdir:83:- mkdirat:258:34 mmap:9:222 mprotect:10:226 mremap:25:216 msync:26:227 munmap:11:215
    nanosleep:35:101 newfstatat:262:79 open:2:- openat:257:56 pipe:22:- pipe2:293:59 poll:7:- ppoll:271:73
    pread64:17:67 pselect6:270:72 pwrite64:18:68 read:0:63 readlink:89:- readlinkat:267:78
    readv:19:65 recvfrom:45:207 rename:82:- renameat:264:38 renameat2:316:276 restart_syscall:219:128
    rmdir:84:- rseq:334:293 rt_sigaction:13:134 rt_sigpending:127:136 rt_sigprocmask:14:135
    rt_sigreturn:15:139 rt_sigsuspend:130:133 rt_sigtimedwait:128:137 sched_get_priority_max:146:125
    sched_get_priority_min:147:126 sched_getaffinity:204:123 sched_getparam:143:121
    sched_getscheduler:145:120 sched_yield:24:124 select:23:- sendfile:40:71 sendto:44:206
    set_robust_list:273:99 set_tid_address:218:96 setitimer:38:103 setrlimit:160:164 shutdown:48:210
    sigaltstack:131:132 socketpair:53:199 stat:4:- statfs:137:43 statx:332:291 symlink:88:-
    symlinkat:266:36 sysinfo:99:179 time:201:- times:100:153 truncate:76:45 umask:95:166 uname:63:160
    unlink:87:- unlinkat:263:35 utime:132:- utimensat:280:88 utimes:235:- wait4:61:260 waitid:247:95
    write:1:64 writev:20:66
"""
"""name:number on x86_64:number on aarch64, `-` where the machine has no such call."""
_DEADLY = """
    add_key:248:217 bpf:321:280 chroot:161:51 delete_module:176:106 finit_module:313:273 fsmount:432:432
    fsopen:430:430 init_module:175:105 io_uring_enter:426:426 io_uring_register:427:427
    io_uring_setup:425:425 kcmp:312:272 kexec_file_load:320:294 kexec_load:246:104 keyctl:250:219
    mount:165:40 move_mount:429:429 name_to_handle_at:303:264 open_by_handle_at:304:265 open_tree:428:428
    pidfd_getfd:438:438 pidfd_open:434:434 pidfd_send_signal:424:424
    pivot_root:155:41 process_madvise:440:440 process_vm_readv:310:270 process_vm_writev:311:271
    ptrace:101:117 reboot:169:142 request_key:249:218 rt_sigqueueinfo:129:138 rt_tgsigqueueinfo:297:240
    seccomp:317:277 setns:308:268 swapoff:168:225 swapon:167:224 tkill:200:130 umount2:166:39
    unshare:272:97 userfaultfd:323:282
"""
"""Calls into other processes, the kernel's own programs, and the namespaces that hold the sandbox up."""
_FOR_ZYGOTES = """
    clone:56:220 kill:62:129 memfd_create:319:279 perf_event_open:298:241 pidfd_open:434:434
    prctl:157:167 prlimit64:302:261 recvmsg:47:212 sched_setaffinity:203:122 sendmsg:46:211 tgkill:234:131
"""
"""Further calls that a zygote needs; its children may apply them to themselves only, or not at all."""
_MACHINES = {"x86_64": (1, 0xC000003E), "aarch64": (2, 0xC00000B7)}
_ALLOW, _KILL = 0x7FFF0000, 0x80000000
_EPERM, _ENOSYS = 0x00050001, 0x00050026
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16  # offsets in struct seccomp_data
_CLONE_THREAD = 0x10000
_HARMLESS_PRCTL = (3, 15, 16, 0x53564D41)  # get dumpable, set and get the name, name a mapping
_CLONE3 = 435  # the same everywhere
_OWN_PID = 0xFFFFFFFF  # stands for the process id until the program is loaded
_PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS, _FILTER = 22, 38, 2


class Unsupported(Exception):
    """Signal that there is no table of system calls for this machine."""


class Filter:
    """Hold a BPF program that, once loaded, binds this process and its children for good."""

    def __init__(self, program: list[bytes]) -> None:
        self._code = bytearray(b"".join(program))
        self._pid_fields = [at + 4 for at in range(0, len(self._code), 8) if self._code[at + 4 : at + 8] == b"\xff" * 4]
        self._buffer = (ctypes.c_char * len(self._code)).from_buffer(self._code)
        self._header = struct.pack("HL", len(self._code) // 8, ctypes.addressof(self._buffer))
        self._prctl = ctypes.CDLL(None, use_errno=True).prctl
        self._prctl.argtypes = [ctypes.c_int, ctypes.c_ulong, ctypes.c_char_p, ctypes.c_ulong, ctypes.c_ulong]

    def load(self, pid: int) -> None:
        """Put this process, whose id is `pid`, behind the filter; OSError when the kernel refuses."""
        for field in self._pid_fields:
            struct.pack_into("I", self._code, field, pid)
        if self._prctl(_PR_SET_NO_NEW_PRIVS, 1, None, 0, 0) or self._prctl(
            _PR_SET_SECCOMP, _FILTER, self._header, 0, 0
        ):
            raise OSError(ctypes.get_errno(), "the system-call filter was refused")


def call_list() -> Filter:
    """Build the filter of all calls that either side of the sandbox may make: for the zygotes and all their forks.

    Raises Unsupported on machines other than x86_64 and aarch64.
    """
    column, architecture = _machine()
    actions = dict.fromkeys(_numbers(_DEADLY, column).values(), _KILL)
    actions.update(dict.fromkeys(_numbers(_ALLOWED + _FOR_ZYGOTES, column).values(), _ALLOW))
    actions[_CLONE3] = _ENOSYS  # its flags are out of a filter's reach; libc falls back to clone
    start = [_step(_LOAD, _ARCHITECTURE), *_unless(_EQUAL, architecture, _KILL), _step(_LOAD, _NUMBER)]
    return Filter([*start, *_ranges(actions)])


def own_process() -> Filter:
    """Build the stricter filter of a candidate: threads but no processes, signals and limits for itself only.

    A filter of its own because it is loaded for every test: the kernel takes longer over a long one.
    """
    column, _ = _machine()
    calls = _numbers(_FOR_ZYGOTES, column)
    refused = [_guard(calls[name], [], _EPERM) for name in ("memfd_create", "recvmsg", "sched_setaffinity", "sendmsg")]
    return Filter([
        _step(_LOAD, _NUMBER),
        *_guard(calls["clone"], [(_ANY_BIT, _CLONE_THREAD)], _EPERM),
        *_guard(calls["kill"], [(_EQUAL, _OWN_PID)], _KILL),
        *_guard(calls["tgkill"], [(_EQUAL, _OWN_PID)], _KILL),
        *_guard(calls["prlimit64"], [(_EQUAL, 0), (_EQUAL, _OWN_PID)], _KILL),
        *_guard(calls["prctl"], [(_EQUAL, option) for option in _HARMLESS_PRCTL], _EPERM),
        *_guard(calls["pidfd_open"], [], _KILL),
        *_guard(calls["perf_event_open"], [], _KILL),
        *[step for steps in refused for step in steps],
        _step(_RETURN, _ALLOW),
    ])  # fmt: skip


def _machine() -> tuple[int, int]:
    machine = platform.machine()
    if machine not in _MACHINES:
        raise Unsupported(f"no table of system calls for {machine}")
    return _MACHINES[machine]


def _numbers(table: str, column: int) -> dict[str, int]:
    rows = [row.split(":") for row in table.split()]
    return {row[0]: int(row[column]) for row in rows if row[column] != "-"}


def _step(operation: int, operand: int, then: int = 0, otherwise: int = 0) -> bytes:
    return struct.pack("HBBI", operation, then, otherwise, operand)


def _unless(test: int, operand: int, action: int) -> list[bytes]:
    return [_step(test, operand, 1, 0), _step(_RETURN, action)]


def _guard(number: int, allowed: list[tuple[int, int]], action: int) -> list[bytes]:
    """Allow call `number` when its first argument meets one of the conditions; else apply the action."""
    if not allowed:
        return [_step(_EQUAL, number, 0, 1), _step(_RETURN, action)]
    checks = [_step(test, operand, len(allowed) - place, 0) for place, (test, operand) in enumerate(allowed)]
    body = [_step(_LOAD, _FIRST_ARGUMENT), *checks, _step(_RETURN, action), _step(_RETURN, _ALLOW)]
    return [_step(_EQUAL, number, 0, len(body)), *body]


def _ranges(actions: dict[int, int]) -> list[bytes]:
    """Return ascending ranges of call numbers with one action each; beyond the last number everything is refused."""
    program: list[bytes] = []
    current = actions.get(0, _EPERM)
    for number in range(1, max(actions) + 2):
        action = actions.get(number, _EPERM)
        if action != current:
            program += [_step(_AT_LEAST, number, 1, 0), _step(_RETURN, current)]
            current = action
    return [*program, _step(_RETURN, current)]
