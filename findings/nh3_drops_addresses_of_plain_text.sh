#!/usr/bin/env bash
# nh3 0.3.8: plain text given to clean() loses what stands in angle brackets.
#
# clean() expects HTML, and reads <ann@shop.example> or <M> as tags nobody knows: they go without
# a trace, while "3 < 5" is kept. A text/plain mail has to be escaped (nh3.clean_text or
# html.escape), never cleaned; otherwise a forwarded "From: Ann <ann@shop.example>" names nobody.
#
# Seen (Python 3.11):
#     nh3==0.3.8
#     From: Ann <ann@shop.example>   -> From: Ann
#     Size <M> please                -> Size  please
#     3 < 5, I think                 -> 3 &lt; 5, I think
#     escaped first                  -> From: Ann &lt;ann@shop.example&gt;
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
    nh3==0.3.8 ||
    { echo "The packages could not be installed." >&2; exit 77; }
echo "nh3==0.3.8"
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import html
import sys

import nh3

for text in ("From: Ann <ann@shop.example>", "Size <M> please", "3 < 5, I think"):
    print(f"{text:30} -> {nh3.clean(text)}")
text = "From: Ann <ann@shop.example>"
escaped = nh3.clean(html.escape(text))
print(f"escaped first                  -> {escaped}")
good = nh3.clean(text) == "From: Ann " and "ann@shop.example" in escaped
sys.exit(0 if good else "Angle brackets in plain text are kept now.")
PYTHON
