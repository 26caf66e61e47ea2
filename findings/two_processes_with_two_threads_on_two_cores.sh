#!/usr/bin/env bash
# numpy 2.4.6 (OpenBLAS): two processes of two threads each gain nothing on two cores.
#
# Two processes multiply matrices at the same time, each with one thread or with two, both kept to
# the same two cores. With two threads each the four threads wait for one another, and nothing is
# done sooner than with one thread each. Give every worker process one model
# thread, and no more processes than cores. Stated as a ratio (time with two threads each over
# time with one thread each) with its spread over five rounds, which take turns; a busy machine
# spreads it further, so only a clear gain counts as a change: a median under 0.8. It needs two
# cores and Linux (exit 77 without).
#
# Seen (Python 3.11, beside much other work on the same two cores):
#     numpy==2.4.6
#     two threads each over one thread each: 11.31 (9.03 to 16.18)
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
    numpy==2.4.6 ||
    { echo "The packages could not be installed." >&2; exit 77; }
echo "numpy==2.4.6"
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import os
import statistics
import subprocess
import sys

if not hasattr(os, "sched_setaffinity") or len(os.sched_getaffinity(0)) < 2:
    print("This needs Linux and two cores.")
    sys.exit(77)
os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:2])
WORK = '''
import sys, time
import numpy as np
a = np.random.default_rng(1).normal(size=(384, 384)).astype(np.float32)
a /= np.abs(a).sum(axis=1).max()
b = a
for _ in range(20):
    b = a @ b
print("ready", flush=True)
sys.stdin.readline()
start = time.perf_counter()
for _ in range(60):
    b = a @ a
print(time.perf_counter() - start, flush=True)
'''


def measure_pair(threads):
    env = {**os.environ, "OPENBLAS_NUM_THREADS": str(threads)}
    command = [sys.executable, "-c", WORK]
    pair = [
        subprocess.Popen(command, env=env, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        for _ in range(2)
    ]
    for process in pair:
        process.stdout.readline()
    for process in pair:
        process.stdin.write("go\n")
        process.stdin.flush()
    took = [float(process.stdout.readline()) for process in pair]
    for process in pair:
        process.communicate()
    return max(took)


ratios = sorted(measure_pair(2) / measure_pair(1) for _ in range(5))
median = statistics.median(ratios)
print(f"two threads each over one thread each: {median:.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})")
sys.exit(0 if median >= 0.8 else "Two threads each are clearly faster now.")
PYTHON
