"""Process that isolates itself from the machine and then starts code written by a model. Linux only.

Run as a file by ``python -I -S``; imports no module of FTCompare, and reads ``system_calls.json`` beside it.
The request is one JSON object on stdin. The argument is the read end of a pipe that the parent keeps open:
when it closes, the code ends. The answer is one JSON object on stdout: either ``setup`` (why isolation
failed; nothing was run), or ``status``, ``late`` and ``report``.

Isolation consists of: separate namespaces for users, mounts, processes, network, IPC and host names; a new
root directory (pivot_root) with only the interpreter, read-only, and a small empty folder in memory; no
privileges; a filter of system calls; limits of time, memory, files and threads. All processes that it starts
end with this process, and all of them end with its parent.
"""

from __future__ import annotations

import ctypes
import json
import math
import os
import platform
import resource
import select
import signal
import sys
import time
from pathlib import Path
from typing import Any, NoReturn

CLONE_NEWNS, CLONE_NEWCGROUP, CLONE_NEWUTS = 0x00020000, 0x02000000, 0x04000000
CLONE_NEWIPC, CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x08000000, 0x10000000, 0x20000000, 0x40000000
CLONE_THREAD = 0x00010000
APART = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWPID | CLONE_NEWNET

MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_BIND, MS_REC, MS_PRIVATE = 2, 4, 8, 4096, 16384, 1 << 18
MNT_DETACH = 2
ATTR_RDONLY, ATTR_NOSUID, ATTR_NODEV, ATTR_NOEXEC = 1, 2, 4, 8
AT_FDCWD, AT_RECURSIVE = -100, 0x8000
MOUNT_SETATTR = 442  # this system call has the same number on every architecture

PR_SET_PDEATHSIG, PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS = 1, 22, 38
SECCOMP_MODE_FILTER = 2

NEW_ROOT = "/proc"  # the new root is first mounted here, in a folder that exists on every system
INNER = 1000  # the user and group id inside the user namespace
NOBODY = 65534
SIGNALLED = 128  # added to the number of the signal that ended the code, as shells do
REPORT_BYTES = 65536
MOST_FILES = 1000
SETUP_SECONDS = 30
LOOK_SECONDS = 0.005

_libc = ctypes.CDLL(None, use_errno=True)

# --- system calls that the code may not make ---------------------------------------------------------

_CALLS = json.loads(Path(__file__).with_name("system_calls.json").read_bytes())


def _refused(machine: str) -> tuple[int, ...]:
    return (*_CALLS["everywhere"].values(), *_CALLS[machine].values())


# By architecture: AUDIT_ARCH, refused system calls, clone, first number of another calling convention.
MACHINES = {
    "x86_64": (0xC000003E, _refused("x86_64"), 56, 0x40000000),
    "aarch64": (0xC00000B7, _refused("aarch64"), 220, 0xFFFFFFFF),
}
CLONE3 = 435
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_KILL, _ALLOW, _REFUSE, _UNKNOWN = 0x80000000, 0x7FFF0000, 0x00050001, 0x00050026  # EPERM, ENOSYS


class _Instruction(ctypes.Structure):
    _fields_ = (
        ("code", ctypes.c_ushort),
        ("jt", ctypes.c_ubyte),
        ("jf", ctypes.c_ubyte),
        ("k", ctypes.c_uint32),
    )


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.POINTER(_Instruction)))


def filter_instructions(machine: str) -> list[tuple[int, int, int, int]]:
    """Return the filter as classic BPF: EPERM, threads only; other calling conventions are killed."""
    arch, refused, clone, foreign = MACHINES[machine]
    lines = [(_LOAD, 0, 0, 4), (_EQUAL, 1, 0, arch), (_RETURN, 0, 0, _KILL), (_LOAD, 0, 0, 0)]
    lines += [(_AT_LEAST, 0, 1, foreign), (_RETURN, 0, 0, _KILL)]
    for number in refused:
        lines += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, _REFUSE)]
    lines += [(_EQUAL, 0, 1, CLONE3), (_RETURN, 0, 0, _UNKNOWN)]  # the C library then falls back to clone
    lines += [(_EQUAL, 0, 3, clone), (_LOAD, 0, 0, 16), (_ANY_BIT, 1, 0, CLONE_THREAD)]
    return [*lines, (_RETURN, 0, 0, _REFUSE), (_RETURN, 0, 0, _ALLOW)]


# --- shutting off ----------------------------------------------------------------------------------


def _call(name: str, *arguments: Any) -> None:
    """Call a function of the C library that returns -1 on failure. Raises `OSError` if the call failed."""
    if getattr(_libc, name)(*arguments) == -1:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


def _mount(source: str, target: str, kind: str, flags: int, options: str = "") -> None:
    _call("mount", source.encode(), target.encode(), kind.encode(), ctypes.c_ulong(flags), options.encode())


def _restrict(target: str, attributes: int, *, below: bool = True) -> None:
    """Set attributes of a mount and, with ``below``, of all mounts below it."""
    values = (ctypes.c_uint64 * 4)(attributes, 0, 0, 0)
    number, where, size = ctypes.c_long(MOUNT_SETATTR), ctypes.c_int(AT_FDCWD), ctypes.sizeof(values)
    _call("syscall", number, where, target.encode(), AT_RECURSIVE if below else 0, ctypes.byref(values), size)


def _leave_the_machine() -> None:
    """Enter new namespaces. Without root, a user namespace with one user gives the necessary rights."""
    user, group = os.geteuid(), os.getegid()
    _call("unshare", APART if user == 0 else APART | CLONE_NEWUSER)
    if user == 0:
        return
    maps = (("setgroups", "deny"), ("uid_map", f"{INNER} {user} 1"), ("gid_map", f"{INNER} {group} 1"))
    for name, text in maps:
        Path(f"/proc/self/{name}").write_text(text, encoding="ascii")


def _make_root(request: dict[str, Any]) -> None:
    """Replace the root by one with only the interpreter, ``/dev/null`` and an empty ``/work``."""
    _mount("none", "/", "", MS_REC | MS_PRIVATE)
    _mount("tmpfs", NEW_ROOT, "tmpfs", MS_NOSUID | MS_NODEV, "mode=755,size=1m")
    for path in request["paths"]:
        _show(path, ATTR_RDONLY | ATTR_NOSUID | ATTR_NODEV)
    _show("/dev/null", ATTR_NOSUID | ATTR_NOEXEC)
    for name, target in request["links"]:
        link = Path(NEW_ROOT + name)
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(target)
    Path(f"{NEW_ROOT}/runner.py").write_text(request["runner"], encoding="utf-8")
    Path(f"{NEW_ROOT}/work").mkdir()
    options = f"mode=777,size={request['limits']['file_bytes']},nr_inodes={MOST_FILES}"
    _mount("tmpfs", f"{NEW_ROOT}/work", "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, options)
    os.chdir(NEW_ROOT)
    _call("pivot_root", b".", b".")
    _call("umount2", b".", MNT_DETACH)
    _restrict("/", ATTR_RDONLY | ATTR_NOSUID | ATTR_NODEV, below=False)
    os.chdir("/work")


def _show(path: str, attributes: int) -> None:
    """Mount a file or folder of the machine in the new root under the same path."""
    target = Path(NEW_ROOT + path)
    if Path(path).is_dir():
        target.mkdir(parents=True, exist_ok=True)
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.touch()
    _mount(path, str(target), "", MS_BIND | MS_REC)
    _restrict(str(target), attributes)


def _limit(limits: dict[str, int]) -> None:
    wanted = {
        resource.RLIMIT_AS: limits["memory_bytes"],
        resource.RLIMIT_CPU: limits["seconds"],
        resource.RLIMIT_FSIZE: limits["file_bytes"],
        resource.RLIMIT_NOFILE: limits["open_files"],
        resource.RLIMIT_NPROC: limits["threads"],
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_MEMLOCK: 0,
    }
    for kind, most in wanted.items():
        resource.setrlimit(kind, (most, most))


def _end_with_parent() -> None:
    """Have the kernel kill this process when its parent ends. A change of the user clears this."""
    _call("prctl", PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def _give_up_rights() -> None:
    """Drop privileges: root becomes nobody; without root, the namespace's rights end at exec."""
    if os.geteuid() == 0:
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
    _end_with_parent()
    _call("prctl", PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


# --- the three processes: this one, the first of the new process namespace, and the code itself ------


def _become_code(request: dict[str, Any], source: int, report: int) -> None:
    """Replace this process by the interpreter that runs the code; return only on an error."""
    os.setsid()
    null = os.open("/dev/null", os.O_RDWR)
    for target, own in ((0, source), (1, null), (2, null)):
        os.dup2(own, target)
    os.set_inheritable(report, True)
    _limit(request["limits"])
    _give_up_rights()
    lines = filter_instructions(platform.machine())
    array = (_Instruction * len(lines))(*(_Instruction(*line) for line in lines))
    program = _Program(len(lines), array)
    _call("prctl", PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0)
    python = request["python"]
    os.execve(python, [python, "-I", "-S", "-B", "/runner.py", str(report)], {})  # noqa: S606  (no shell)


def _first_process(request: dict[str, Any], setup: int, report: int, watched: list[int]) -> NoReturn:
    """Create the new root, start the code in it and exit with its status; this ends all other processes.

    It also exits when a ``watched`` pipe closes, which covers a parent that ends before the kernel was
    asked to end this process with it.
    """
    try:
        _end_with_parent()
        _make_root(request)
        source, feed = os.pipe()
        code = os.fork()
        if code == 0:
            os.close(feed)
            _become_code(request, source, report)
        for unused in (setup, report, source):
            os.close(unused)
        _give_up_rights()
        os.set_blocking(feed, True)
        _write(feed, json.dumps(request["program"]).encode())
        ended = _ended(code, math.inf, watched)
        os._exit(1 if ended is None else ended if ended >= 0 else SIGNALLED - ended)
    except BaseException as error:  # noqa: BLE001  (told to the process that waits)
        _write(setup, f"{type(error).__name__}: {error}".encode())
        os._exit(1)


def _write(target: int, text: bytes) -> None:
    """Write all of the text and close the descriptor; a reader that is gone is ignored."""
    try:
        with os.fdopen(target, "wb") as file:
            file.write(text)
    except BrokenPipeError:
        pass


def _read(source: int, until: float) -> tuple[bytes, bool]:
    """Return the first bytes read, and whether the input ended before ``until`` of `time.monotonic`."""
    kept = b""
    while (left := until - time.monotonic()) > 0:
        if select.select([source], [], [], left)[0]:
            part = os.read(source, REPORT_BYTES)
            if not part:
                return kept, True
            kept = (kept + part)[:REPORT_BYTES]
    return kept, False


def run(request: dict[str, Any], parent: int) -> dict[str, Any]:
    """Run the program of a request in isolation; return ``setup`` if isolation failed, else how it ended.

    ``request`` has the program, its limits, and the paths that it can see. ``parent`` is the read end of
    a pipe; the code ends when the write end closes.
    """
    _end_with_parent()
    if platform.machine() not in MACHINES or sys.maxsize < 2**32:
        return {"setup": f"the system call filter does not support this machine, {platform.machine()}"}
    report_end, report = os.pipe()
    setup_end, setup = os.pipe()
    own_end, own = os.pipe()  # never written; closes when this process ends
    try:
        _leave_the_machine()
    except OSError as error:
        return {"setup": str(error)}
    first = os.fork()
    if first == 0:
        os.close(report_end)
        os.close(setup_end)
        os.close(own)
        _first_process(request, setup, report, [parent, own_end])
    os.close(report)
    os.close(setup)
    wrong, ready = _read(setup_end, time.monotonic() + SETUP_SECONDS)  # closed when the interpreter starts
    if wrong or not ready:
        os.kill(first, signal.SIGKILL)
        os.waitpid(first, 0)
        return {"setup": wrong.decode("utf-8", "replace") or "it took too long"}
    until = time.monotonic() + request["limits"]["seconds"]
    told, _ = _read(report_end, until)
    code = _ended(first, until, [parent])  # the code may close the report and continue to run
    return {"status": code, "late": code is None, "report": told.decode("utf-8", "replace")}


def _ended(process: int, until: float, watched: list[int]) -> int | None:
    """Wait for a child process and return its exit code.

    Kills the child and returns None at the time ``until`` of `time.monotonic`, or as soon as one of the
    ``watched`` pipes closes.
    """
    while True:
        found, status = os.waitpid(process, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() >= until or select.select(watched, [], [], LOOK_SECONDS)[0]:
            os.kill(process, signal.SIGKILL)
            os.waitpid(process, 0)
            return None


if __name__ == "__main__":
    watched = int(sys.argv[1])
    os.set_inheritable(watched, False)
    answer = run(json.loads(sys.stdin.buffer.read()), watched)
    sys.stdout.write(json.dumps(answer))
