"""Shift the wall clock of a build: a process and all its descendants, static programs too, see a time some seconds ahead.

A time namespace shifts only the monotonic clocks, and a preloaded library misses static programs. So the worker's parent traces the build
(ptrace(2)). A seccomp filter traps the system calls that return the time, and the tracer answers them. At every exec the vDSO is removed
from the auxiliary vector: a C library that finds none asks the kernel. Wall-clock deadlines (futex, clock_nanosleep) are shifted back, so
that waits take as long as they should. The times of files and of /proc are not shifted. x86_64 only; on other machines, and where tracing
is refused, the build sees the true time and its record says so. Only the standard library is imported.
"""

import ctypes
import os
import signal
import struct
import time

_LIBC = ctypes.CDLL(None, use_errno=True)
_LIBC.ptrace.restype = ctypes.c_long
_LIBC.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
_POKE, _CONT, _SYSCALL, _GET, _SET, _SEIZE, _LISTEN = 5, 7, 24, 0x4204, 0x4205, 0x4206, 0x4208
_OPTIONS = 0x01 | 0x02 | 0x04 | 0x08 | 0x10 | 0x80 | 0x100000
"""TRACESYSGOOD, TRACEFORK, TRACEVFORK, TRACECLONE, TRACEEXEC, TRACESECCOMP, EXITKILL."""
_EVENT_EXEC, _EVENT_SECCOMP, _EVENT_STOP = 4, 7, 128
_WALL = 0x40000000
_PR_SET_DUMPABLE, _PR_SET_SECCOMP = 4, 22
_REGISTERS = 27
_R10, _RAX, _RDX, _RSI, _RDI, _ORIG, _RSP = 7, 10, 12, 13, 14, 15, 19
"""Indexes into user_regs_struct."""
_GETTIMEOFDAY, _TIME, _FUTEX, _CLOCK_GETTIME, _CLOCK_NANOSLEEP = 96, 201, 202, 228, 230
_WALL_CLOCKS = (0, 5, 11)
"""CLOCK_REALTIME, CLOCK_REALTIME_COARSE, CLOCK_TAI."""
_TIMER_ABSTIME, _FUTEX_CLOCK_REALTIME = 1, 256
_SYSINFO_EHDR, _IGNORE = 33, 1
_PAGE = 4096


def can_shift_time() -> bool:
    """Return whether the clock can be shifted on this machine: the system call numbers are those of x86_64."""
    return os.uname().machine == "x86_64"


def attach(process: int) -> bool:
    """Attach to a waiting child with PTRACE_SEIZE; return ``False`` when the host refuses."""
    return bool(_LIBC.ptrace(_SEIZE, process, None, _OPTIONS) == 0)


def allow_tracing() -> None:
    """Allow this process to trace its child although both have entered another user namespace."""
    _LIBC.prctl(_PR_SET_DUMPABLE, 1, 0, 0, 0)


def trap_time_calls() -> bool:
    """Trap every system call for the time in this process and its descendants; return whether the filter was installed.

    ``no_new_privs`` must be set before.
    """
    rules = _build_filter()
    block = ctypes.create_string_buffer(rules, len(rules))
    program = struct.pack("HxxxxxxQ", len(rules) // 8, ctypes.addressof(block))
    return bool(_LIBC.prctl(_PR_SET_SECCOMP, 2, ctypes.c_char_p(program), 0, 0) == 0)


def _build_filter() -> bytes:
    """Return the filter (seccomp(2), classic BPF): trace calls for the time, allow all others."""
    load, equal, bits, leave = 0x20, 0x15, 0x45, 0x06
    allow, trace = 0x7FFF0000, 0x7FF00000
    rules = [(load, 0, 0, 4), (equal, 1, 0, 0xC000003E), (leave, 0, 0, allow), (load, 0, 0, 0)]
    rules += [step for number in (_GETTIMEOFDAY, _TIME) for step in ((equal, 0, 1, number), (leave, 0, 0, trace))]
    for number, argument, test, values in (
        (_CLOCK_GETTIME, 0, equal, _WALL_CLOCKS),
        (_CLOCK_NANOSLEEP, 1, bits, (_TIMER_ABSTIME,)),
        (_FUTEX, 1, bits, (_FUTEX_CLOCK_REALTIME,)),
    ):
        tests = [step for value in values for step in ((test, 0, 1, value), (leave, 0, 0, trace))]
        rules += [(equal, 0, len(tests) + 2, number), (load, 0, 0, 16 + 8 * argument), *tests, (leave, 0, 0, allow)]
    return b"".join(struct.pack("HBBI", *step) for step in [*rules, (leave, 0, 0, allow)])


class Tracer:
    """Answers the time calls of a process and its descendants with a time shifted by ``seconds``."""

    def __init__(self, seconds: int) -> None:
        """Shift the time by ``seconds``."""
        self.seconds = seconds
        self._deadlines: dict[int, tuple[int, int]] = {}

    def serve(self, child: int) -> int:
        """Serve until ``child`` has ended; return its status as ``waitpid`` does."""
        while True:
            process, status = os.waitpid(-1, _WALL)
            if not os.WIFSTOPPED(status):
                if process == child:
                    return status
                continue
            self._handle_stop(process, os.WSTOPSIG(status), status >> 16)

    def _handle_stop(self, process: int, cause: int, event: int) -> None:
        go, deliver = _CONT, 0
        if event == _EVENT_SECCOMP:
            go = self._answer_call(process)
        elif event == _EVENT_EXEC:
            _hide_vdso(process)
        elif event == _EVENT_STOP:
            if cause in {signal.SIGSTOP, signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU}:
                go = _LISTEN
        elif cause == signal.SIGTRAP | 0x80:
            address, deadline = self._deadlines.pop(process, (0, 0))
            if address:
                _poke(process, address, deadline)
        elif not event:
            deliver = cause
        _LIBC.ptrace(go, process, None, deliver)

    def _answer_call(self, process: int) -> int:
        """Answer one system call in place of the kernel; return the ptrace request that resumes the process."""
        registers = _registers(process)
        number = registers[_ORIG]
        if number in {_FUTEX, _CLOCK_NANOSLEEP}:
            return self._shift_deadline(process, registers[_R10 if number == _FUTEX else _RDX])
        now = time.time_ns() + self.seconds * 1_000_000_000
        second, rest = divmod(now, 1_000_000_000)
        place = registers[_RSI] if number == _CLOCK_GETTIME else registers[_RDI]
        if place:
            _poke(process, place, second)
            if number != _TIME:
                _poke(process, place + 8, rest // 1000 if number == _GETTIMEOFDAY else rest)
        registers[_RAX] = second if number == _TIME else 0
        registers[_ORIG] = (1 << 64) - 1
        _write_registers(process, registers)
        return _CONT

    def _shift_deadline(self, process: int, address: int) -> int:
        """Shift a deadline back for the kernel; the original is restored when the call returns."""
        body = _read_memory(process, address, 8) if address else b""
        if len(body) < 8:
            return _CONT
        (deadline,) = struct.unpack("q", body)
        self._deadlines[process] = (address, deadline)
        _poke(process, address, deadline - self.seconds)
        return _SYSCALL


def _hide_vdso(process: int) -> None:
    """Hide the vDSO from a program that has just been loaded, by overwriting AT_SYSINFO_EHDR."""
    at = _registers(process)[_RSP]
    body = _read_memory(process, at, 1 << 23)
    words = memoryview(body[: len(body) // 8 * 8]).cast("Q")
    place = 1 + words[0] + 1
    while place < len(words) and words[place]:
        place += 1
    for entry in range(place + 1, len(words) - 1, 2):
        if words[entry] == 0:
            break
        if words[entry] == _SYSINFO_EHDR:
            _poke(process, at + entry * 8, _IGNORE)
            break


def _registers(process: int) -> "ctypes.Array[ctypes.c_uint64]":
    registers = (ctypes.c_uint64 * _REGISTERS)()
    _LIBC.ptrace(_GET, process, 1, _to_iovec(registers))
    return registers


def _write_registers(process: int, registers: "ctypes.Array[ctypes.c_uint64]") -> None:
    _LIBC.ptrace(_SET, process, 1, _to_iovec(registers))


def _to_iovec(registers: "ctypes.Array[ctypes.c_uint64]") -> "ctypes.Array[ctypes.c_uint64]":
    """Return a struct iovec for a block of memory."""
    return (ctypes.c_uint64 * 2)(ctypes.addressof(registers), ctypes.sizeof(registers))


def _poke(process: int, address: int, word: int) -> None:
    _LIBC.ptrace(_POKE, process, address, ctypes.c_void_p(word & (1 << 64) - 1))


def _read_memory(process: int, address: int, most: int) -> bytes:
    """Read memory of a traced process, up to ``most`` bytes or the first unmapped page."""
    found = b""
    while len(found) < most:
        here = address + len(found)
        size = min(_PAGE - here % _PAGE, most - len(found))
        page = ctypes.create_string_buffer(size)
        own, other = (ctypes.c_uint64 * 2)(ctypes.addressof(page), size), (ctypes.c_uint64 * 2)(here, size)
        if _LIBC.process_vm_readv(process, own, 1, other, 1, 0) != size:
            break
        found += page.raw
    return found
