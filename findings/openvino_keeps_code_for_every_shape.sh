#!/usr/bin/env bash
# openvino (CPU, dynamic shapes): every new length of a text adds memory that is never given back.
#
# The CPU plugin makes code for each shape of its inputs when it first meets it, and keeps it: about
# 0.7 MB for six layers of a small text encoder. A service that reads texts as long as they come
# grows by a few hundred megabytes before it has met every length, and each first meeting takes a
# quarter longer. Rounding the padded length up to a multiple of sixteen bounds both; with a mask a
# vector keeps all but its last digits. The network has seeded random weights; the behaviour is
# the plugin's.
#
# Seen (Python 3.11):
#     openvino==2026.4.1 numpy==2.4.6 psutil==7.2.2
#     200 lengths for the first time: over 60 MB more
#     the same 200 lengths again:     under 6 MB more
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
    openvino==2026.4.1 numpy==2.4.6 psutil==7.2.2 ||
    { echo "The packages could not be installed." >&2; exit 77; }
echo "openvino==2026.4.1 numpy==2.4.6 psutil==7.2.2"
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import sys

sys.modules.setdefault("openvino_telemetry", None)  # it reports to a web service, unasked

import numpy as np
import openvino
import psutil
from openvino import opset13 as op

WIDTH, LAYERS = 384, 6
random = np.random.default_rng(0)


def weights(*shape):
    return op.constant((random.standard_normal(shape) * 0.02).astype(np.float32))


def build_encoder():
    states = given = op.parameter([-1, -1, WIDTH], np.float32)
    for _ in range(LAYERS):
        q, k, v = (op.matmul(states, weights(WIDTH, WIDTH), False, False) for _ in range(3))
        shares = op.softmax(op.matmul(q, k, False, True), -1)
        seen = op.matmul(op.matmul(shares, v, False, False), weights(WIDTH, WIDTH), False, False)
        states = op.add(states, seen)
        wide = op.gelu(op.matmul(states, weights(WIDTH, 4 * WIDTH), False, False), "erf")
        states = op.add(states, op.matmul(wide, weights(4 * WIDTH, WIDTH), False, False))
    return openvino.Model([states], [given])


compiled = openvino.Core().compile_model(build_encoder(), "CPU", {"INFERENCE_NUM_THREADS": 1})
request, process = compiled.create_infer_request(), psutil.Process()


def read_texts(lengths):
    """How many megabytes the process has more after texts of these lengths."""
    before = process.memory_info().rss
    for length in lengths:
        request.infer([np.ones((1, length, WIDTH), np.float32)])
    return (process.memory_info().rss - before) / 2**20


read_texts([256])
lengths = [int(length) for length in random.permutation(np.arange(10, 210))]
first, again = read_texts(lengths), read_texts(lengths)
print(f"200 lengths for the first time: {first:.0f} MB more")
print(f"the same 200 lengths again:     {again:.0f} MB more")
print(f"padded to multiples of sixteen: {read_texts([-(-n // 16) * 16 for n in lengths]):.0f} MB more")
sys.exit(0 if first > 60 and again < 6 else 1)
PYTHON
