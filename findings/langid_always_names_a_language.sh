#!/usr/bin/env bash
# py3langid 0.4.0: classify() always names a language, and the number beside it is no probability.
#
# The second value is an unnormalised score. For a text of two letters there is nothing to go by;
# the answer is then a language all the same, and another one where probabilities are normalised.
# Of all its languages rare ones attract short English lines. Ask for normalised probabilities,
# offer only the languages that customers write, and believe no answer below a threshold.
#
# Seen (Python 3.11):
#     py3langid==0.4.0 numpy==2.4.6
#     text                      classify()  normalised  of en de fr es
#     Where is my order?            en -66     en 0.92            en 1
#     Return label?                 eo -55     eo 0.11         en 0.66
#     Broken                        nl -11    nl 0.056         en 0.65
#     Hi                       af -3.4e+38    sr 0.014         de 0.25
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
    py3langid==0.4.0 numpy==2.4.6 ||
    { echo "The packages could not be installed." >&2; exit 77; }
echo "py3langid==0.4.0 numpy==2.4.6"
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import sys

import py3langid
from py3langid.langid import MODEL_FILE, LanguageIdentifier

normal = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
few = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
few.set_languages(["en", "de", "fr", "es"])
found = {}
print(f"{'text':20}{'classify()':>16}{'normalised':>12}{'of en de fr es':>16}")
for text in ("Where is my order?", "Return label?", "Broken", "Hi"):
    ways = py3langid.classify(text), normal.classify(text), few.classify(text)
    found[text] = tuple(language for language, _ in ways)
    raw, one, other = (f"{language} {float(score):.2g}" for language, score in ways)
    print(f"{text:20}{raw:>16}{one:>12}{other:>16}")
good = found["Where is my order?"] == ("en", "en", "en") and found["Hi"][0] != found["Hi"][1]
good = good and found["Return label?"] == ("eo", "eo", "en")
sys.exit(0 if good else "Short lines are identified differently now.")
PYTHON
