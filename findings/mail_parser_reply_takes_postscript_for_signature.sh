#!/usr/bin/env bash
# mail-parser-reply 1.36: what stands below the greeting is the signature, a postscript included.
#
# `body` of a reply ends at "Kind regards"; a "PS: it was the blue one" below it is part of
# `signatures`. And three lines that a customer typed in the form of a header (From, To, Sent, as
# somebody does who describes a parcel's way) part the mail in two: `latest_reply` is then only
# what stands above them. Whoever reads only `body` or `latest_reply` misses both.
#
# Seen (Python 3.11):
#     mail-parser-reply==1.36
#     body:         'Hello,\nthe lamp is broken.'
#     signature:    'Kind regards\nAnn\n\nPS: It was the blue one.'
#     latest reply: 'Please see below.'
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
    mail-parser-reply==1.36 ||
    { echo "The packages could not be installed." >&2; exit 77; }
echo "mail-parser-reply==1.36"
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import sys

from mailparser_reply import EmailReplyParser

parser = EmailReplyParser(languages=["en"])
mail = "Hello,\nthe lamp is broken.\n\nKind regards\nAnn\n\nPS: It was the blue one."
first = parser.read(mail).replies[0]
print("body:        ", repr(first.body))
print("signature:   ", repr(first.signatures))
way = "Please see below.\n\nFrom: Leeds\nTo: York\nSent: Monday\n\nIt never came."
latest = parser.read(way).latest_reply
print("latest reply:", repr(latest))
good = "PS" not in first.body and "PS" in first.signatures and latest == "Please see below."
sys.exit(0 if good else "Postscripts or typed headers are read differently now.")
PYTHON
