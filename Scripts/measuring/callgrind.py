"""A server under callgrind, which counts every instruction."""
import os, shutil, subprocess

from measuring.server import Server

# Valgrind 3.19 writes into the mask that sigsuspend is given, and libdispatch's cannot be written.
SIGSUSPEND = """
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>
int sigsuspend(const sigset_t *mask) {
    sigset_t copy = *mask;
    return syscall(SYS_rt_sigsuspend, &copy, 8);
}
"""


def under_callgrind(workspace, binary, output, *options):
    """A running server that writes what it has done into a file."""
    # Valgrind does not read the debugging information that Swift writes.
    bare, library = workspace.path("skiff"), workspace.path("sigsuspend.so")
    subprocess.run(["strip", "--strip-debug", "-o", bare, binary], check=True)
    # Beside swift, where it is not on the path itself.
    clang = shutil.which("clang") or os.path.join(os.path.dirname(os.path.realpath(shutil.which("swift") or "")), "clang")
    subprocess.run([clang, "-shared", "-fPIC", "-x", "c", "-", "-o", library], input=SIGSUSPEND.encode(), check=True)
    return Server(workspace, bare, "state", *options,
                  under=("env", "LD_PRELOAD=" + library, "valgrind", "--tool=callgrind", "--demangle=no", "--callgrind-out-file=" + output))
