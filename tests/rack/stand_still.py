"""In the guest: `python3 - PID NAME` holds up the one thread of a process whose name begins so, until it is gone.
SIGSTOP would hold up all of them."""

import ctypes
import os
import sys
from pathlib import Path

# <sys/ptrace.h>, <sys/wait.h>
PTRACE_SEIZE, PTRACE_INTERRUPT, WALL = 0x4206, 0x4207, 0x40000000


def ptrace(request: int, thread: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
    libc.ptrace.restype = ctypes.c_long
    if libc.ptrace(request, thread, None, None) != 0:
        raise OSError(ctypes.get_errno(), f"ptrace request {request:#x} of thread {thread}")


def main() -> None:
    pid, name = sys.argv[1:]
    thread = next(int(task.name) for task in Path(f"/proc/{pid}/task").iterdir()
                  if (task / "comm").read_text().startswith(name))
    ptrace(PTRACE_SEIZE, thread)
    ptrace(PTRACE_INTERRUPT, thread)
    os.waitpid(thread, WALL)
    print(f"thread {thread} of process {pid} takes no step", flush=True)
    _, status = os.waitpid(thread, WALL)
    print(f"it is gone: signal {os.WTERMSIG(status)}" if os.WIFSIGNALED(status) else f"status {status:#x}")


if __name__ == "__main__":
    main()
