"""A library to be loaded before libc (LD_PRELOAD): a clock that is wrong and an fsync that fails, for a whole process.

What no server and no file system shows on demand; everything above the C library is the real thing.
"""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.conftest import need

SOURCE = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

/* Seconds to add to the wall clock, read anew each time from a file that stays open. */
static long ahead(void) {
    static int file = -2;
    char text[32];
    if (file == -2) {
        const char *name = getenv("SHIM_CLOCK");
        file = name ? open(name, O_RDONLY | O_CLOEXEC) : -1;
    }
    if (file < 0) return 0;
    ssize_t got = pread(file, text, sizeof text - 1, 0);
    if (got <= 0) return 0;
    text[got] = 0;
    return atol(text);
}

int clock_gettime(clockid_t id, struct timespec *at) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = dlsym(RTLD_NEXT, "clock_gettime");
    int done = real(id, at);
    if (!done && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE)) at->tv_sec += ahead();
    return done;
}

time_t time(time_t *at) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (at) *at = now.tv_sec;
    return now.tv_sec;
}

int gettimeofday(struct timeval *restrict at, void *restrict zone) {
    struct timespec now;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &now);
    at->tv_sec = now.tv_sec;
    at->tv_usec = now.tv_nsec / 1000;
    return 0;
}

static int broken(void) {
    const char *name = getenv("SHIM_FSYNC");
    return name && access(name, F_OK) == 0;
}

int fsync(int file) {
    static int (*real)(int);
    if (!real) real = dlsym(RTLD_NEXT, "fsync");
    if (broken()) { errno = EIO; return -1; }
    return real(file);
}

int fdatasync(int file) {
    static int (*real)(int);
    if (!real) real = dlsym(RTLD_NEXT, "fdatasync");
    if (broken()) { errno = EIO; return -1; }
    return real(file);
}
"""


class Shim:
    """`environment` makes a process use it. put_clock(seconds) sets its wall clock so far ahead (or back); with
    break_fsync() every fsync fails with EIO until mend_fsync()."""

    def __init__(self, folder: Path) -> None:
        need("gcc", "gcc libc6-dev")
        folder.mkdir(parents=True, exist_ok=True)
        source, library = folder / "shim.c", folder / "shim.so"
        source.write_text(SOURCE)
        subprocess.run(
            ["gcc", "-shared", "-fPIC", "-O1", "-o", str(library), str(source), "-ldl"], check=True, capture_output=True
        )
        self._clock, self._fsync = folder / "clock", folder / "fsync-fails"
        self.put_clock(0)
        self.environment: Mapping[str, str] = {
            "LD_PRELOAD": str(library),
            "SHIM_CLOCK": str(self._clock),
            "SHIM_FSYNC": str(self._fsync),
        }

    def put_clock(self, seconds: int) -> None:
        # In one write of one length: a reader never sees half of it.
        with self._clock.open("r+" if self._clock.exists() else "w") as file:
            file.write(f"{seconds:+012d}\n")

    def break_fsync(self) -> None:
        self._fsync.touch()

    def mend_fsync(self) -> None:
        self._fsync.unlink()
