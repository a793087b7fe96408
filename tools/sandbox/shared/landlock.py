"""Restrict file access with Landlock, the kernel's own sandbox, usable without any privilege since Linux 5.13.

Source of the numbers: the kernel's include/uapi/linux/landlock.h.
"""

from __future__ import annotations

import ctypes
import os
import stat
import struct

_CREATE, _ADD_RULE, _RESTRICT = 444, 445, 446
_VERSION_FLAG, _PATH_BENEATH = 1, 1
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1, 2, 4, 8
_FILE_RIGHTS = _EXECUTE | _WRITE_FILE | _READ_FILE | 1 << 14  # 1 << 14: truncate
_RIGHTS_BY_VERSION = {1: 13, 2: 14, 3: 15, 4: 15}
_READING = _EXECUTE | _READ_FILE | _READ_DIR
_PR_SET_NO_NEW_PRIVS = 38


def version() -> int:
    """Return the version of Landlock that this kernel has; 0 for none."""
    return max(0, int(_libc().syscall(_CREATE, None, 0, _VERSION_FLAG)))


def restrict(readable: list[str], writable: list[str], devices: list[str]) -> None:
    """Restrict this process and its children to these paths, for good; raise OSError when the kernel refuses."""
    libc = _libc()
    handled = (1 << _RIGHTS_BY_VERSION.get(version(), 15)) - 1
    ruleset = _checked(libc.syscall(_CREATE, struct.pack("Q", handled), 8, 0))
    for paths, rights in ((readable, _READING), (writable, handled & ~_EXECUTE), (devices, _READ_FILE | _WRITE_FILE)):
        for path in paths:
            _allow(libc, ruleset, path, rights & handled)
    _checked(libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
    _checked(libc.syscall(_RESTRICT, ruleset, 0))
    os.close(ruleset)


def _allow(libc: ctypes.CDLL, ruleset: int, path: str, rights: int) -> None:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    except PermissionError as error:
        raise PermissionError(
            f"the sandbox's own user cannot reach {path}: run orps as an ordinary user, or with a Python outside of "
            "root's home"
        ) from error
    if not stat.S_ISDIR(os.fstat(descriptor).st_mode):
        rights &= _FILE_RIGHTS
    _checked(libc.syscall(_ADD_RULE, ruleset, _PATH_BENEATH, struct.pack("=Qi", rights, descriptor), 0))
    os.close(descriptor)


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _checked(result: int) -> int:
    if result < 0:
        raise OSError(ctypes.get_errno(), "Landlock refused")
    return result
