#!/usr/bin/env bash
# symspellpy 6.10.1: its English dictionary mends "unreceived" to "received" and "esim" to "sim".
#
# The 82,765 words that the package brings are those of books. What a customer writes of a parcel or
# a phone is missing among them, while the word without its beginning is there, one or two letters
# away: the nearest suggestion says the opposite, or names another thing. "undelivered" is a word,
# "unshipped" is not, so nobody sees it coming. Mend only towards words of one's own texts, and
# leave a word alone where a beginning such as "un" stands before one that is known.
#
# Seen (Python 3.11):
#     symspellpy==6.10.1
#     unreceived -> received (2)
#     unshipped -> shipped (2)
#     undelivered -> undelivered (0)
#     unboxing -> boxing (2)
#     preorder -> reorder (1)
#     esim -> sim (1)
#     iban -> iran (1)
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check symspellpy==6.10.1 ||
    { echo "The packages could not be installed." >&2; exit 77; }
echo "symspellpy==6.10.1"
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import sys
from importlib.resources import files

from symspellpy import SymSpell, Verbosity

speller = SymSpell(max_dictionary_edit_distance=2, prefix_length=7)
speller.load_dictionary(files("symspellpy") / "frequency_dictionary_en_82_765.txt", 0, 1)
expected = {
    "unreceived": "received",
    "unshipped": "shipped",
    "undelivered": "undelivered",
    "unboxing": "boxing",
    "preorder": "reorder",
    "esim": "sim",
    "iban": "iran",
}
found = {}
for word in expected:
    best = speller.lookup(word, Verbosity.TOP, max_edit_distance=2)[0]
    found[word] = best.term
    print(f"{word} -> {best.term} ({best.distance})")
sys.exit(0 if found == expected else "The words are mended differently now.")
PYTHON
