"""The wall clock of a build can be shifted, for static and dynamic programs, and waits still take as long as they should."""

import json
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from nipsys.builder.sandbox.job import Job, Mount, Variation, read_last_lines, run_in_sandbox
from nipsys.builder.sandbox.time_shift import attach, can_shift_time
from nipsys.model.package.recipe import Link, Run

ASK = r"""
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
static void *later(void *said) {            /* a thread asks too */
    struct timespec now; clock_gettime(CLOCK_TAI, &now); *(long *)said = now.tv_sec; return 0;
}
int main(void) {
    struct timespec now, coarse, direct, start, end, until;
    struct timeval day;
    long in_thread = 0;
    pthread_t thread;
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    pthread_cond_t never = PTHREAD_COND_INITIALIZER;
    clock_gettime(CLOCK_MONOTONIC, &start);
    clock_gettime(CLOCK_REALTIME, &now); clock_gettime(CLOCK_REALTIME_COARSE, &coarse); gettimeofday(&day, 0);
    syscall(SYS_clock_gettime, CLOCK_REALTIME, &direct);
    pthread_create(&thread, 0, later, &in_thread); pthread_join(thread, 0);
    until = now; until.tv_sec += 1;
    pthread_mutex_lock(&mutex);
    int waited = pthread_cond_timedwait(&never, &mutex, &until);
    until.tv_sec += 1;
    int slept = clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &until, 0);
    clock_gettime(CLOCK_MONOTONIC, &end);
    printf("[%ld,%ld,%ld,%ld,%ld,%ld,%d,%d,%ld,%ld]\n", now.tv_sec, coarse.tv_sec, (long)day.tv_sec, direct.tv_sec, (long)time(0) - 2, in_thread,
           waited, slept, end.tv_sec - start.tv_sec, until.tv_sec - now.tv_sec);
    return 0;
}
"""
YEAR = 365 * 86400


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory, open_namespaces: None) -> Path:
    """Compile the program that asks: with glibc and musl, static and not."""
    if not can_shift_time():
        pytest.skip("the clock of a build is moved on x86_64 only")
    folder = tmp_path_factory.mktemp("clock")
    (folder / "ask.c").write_text(ASK)
    for name, compiler in (("glibc", ["gcc"]), ("glibc-static", ["gcc", "-static"]), ("musl-static", ["musl-gcc", "-static"])):
        if shutil.which(compiler[0]) is None:
            pytest.skip(f"{compiler[0]} is not installed")
        subprocess.run([*compiler, "-O1", "-w", str(folder / "ask.c"), "-o", str(folder / name), "-pthread"], check=True)
    return folder


def said(programs: Path, work: Path, program: str, clock: int) -> Any:
    mounts = (Mount("/src", str(programs), "ro"), Mount("/usr", "/usr", "ro"))
    links = tuple(Link(f"/{name}", f"usr/{name}") for name in ("lib", "lib64", "bin"))
    job = Job(str(work), "/build", mounts, links, (), (Run((f"/src/{program}",)),), Variation(clock=clock))
    outcome = run_in_sandbox(job)
    assert outcome.status == "done", read_last_lines(outcome.log)
    assert outcome.clock == clock
    return json.loads(read_last_lines(outcome.log)[-1])


@pytest.mark.parametrize("program", ["glibc", "glibc-static", "musl-static"])
@pytest.mark.parametrize("clock", [400 * 86400, -10 * YEAR, 0])
def test_every_question_for_the_time_gets_the_moved_answer_and_waiting_is_true(
    programs: Path, tmp_path: Path, program: str, clock: int
) -> None:
    before = int(time.time()) - 1  # the coarse clock may be a tick late
    *times, waited, slept, took, apart = said(programs, tmp_path, program, clock)
    after = int(time.time())
    assert [before <= asked - clock <= after for asked in times] == [True] * 6
    assert (waited, slept) == (110, 0)  # ETIMEDOUT when its second was over, not at once and not in a year
    assert 2 <= took <= after - before + 1
    assert apart == 2  # the program finds its own deadline as it wrote it


def test_a_process_that_may_not_be_traced_leaves_the_clock_alone() -> None:
    assert not attach(2**22 + 1)
