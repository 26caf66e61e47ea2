#!/usr/bin/env bash
# bm25s 0.3.16: importing it sets its logger to DEBUG, whatever the program has chosen.
#
# The level of the parent no longer counts then: a root logger at WARNING whose handler takes
# everything prints bm25s's debug lines, in a worker's log one for each index that is built. Set
# the level of "bm25s" after the import.
#
# Seen (Python 3.11):
#     bm25s==0.3.16 numpy==2.4.6
#     effective level before and after the import: 30 10
#     lines printed though the root logger is at WARNING:
#     DEBUG Building index from tokens
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
    bm25s==0.3.16 numpy==2.4.6 ||
    { echo "The packages could not be installed." >&2; exit 77; }
echo "bm25s==0.3.16 numpy==2.4.6"
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import logging
import sys

logging.basicConfig(level=logging.WARNING, stream=sys.stdout, format="%(levelname)s %(message)s")
before = logging.getLogger("bm25s").getEffectiveLevel()
import bm25s

logger = logging.getLogger("bm25s")
print("effective level before and after the import:", before, logger.getEffectiveLevel())
print("lines printed though the root logger is at WARNING:")
index = bm25s.BM25()
index.index([["return", "parcel"], ["refund"]], show_progress=False)
good = (before, logger.level) == (logging.WARNING, logging.DEBUG)
sys.exit(0 if good else "The level is left alone now.")
PYTHON
