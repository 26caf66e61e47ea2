#!/usr/bin/env bash
# kombu 5.7.0: the filesystem transport creates a message's file empty and fills it afterwards.
#
# A reader that lists the folder in between finds a file of no bytes under the message's final
# name, and kombu's own reader (Channel._get) takes no lock before it moves such a file out of
# the queue. Where several processes share a folder, write beside it and rename. Here the
# transport's own call of its file lock, which stands between creating and filling, shows what
# lies in the folder at that moment.
#
# Seen (Python 3.11):
#     kombu==5.7.0
#     bytes in the message's file when its name can be seen first: 0
#     bytes when it is written: more than 0
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
    kombu==5.7.0 ||
    { echo "The packages could not be installed." >&2; exit 77; }
echo "kombu==5.7.0"
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import os
import sys
import tempfile

from kombu import Connection
from kombu.transport import filesystem

with tempfile.TemporaryDirectory() as folder:
    sizes, lock = [], filesystem.lock

    def look_and_lock(file, flags):
        sizes.extend(os.path.getsize(os.path.join(folder, name)) for name in os.listdir(folder))
        return lock(file, flags)

    filesystem.lock = look_and_lock
    options = {"data_folder_in": folder, "data_folder_out": folder}
    options["control_folder"] = os.path.join(folder, "control")
    os.mkdir(options["control_folder"])
    with Connection("filesystem://", transport_options=options) as connection:
        channel = connection.channel()
        channel._put("mails", {"body": "a message of some length"})
    end = [os.path.getsize(entry.path) for entry in os.scandir(folder) if entry.is_file()]
messages = [size for size in sizes if size == 0]
print("bytes in the message's file when its name can be seen first:", *messages)
print("bytes when it is written:", "more than 0" if end and end[0] > 0 else end)
sys.exit(0 if messages == [0] and end and end[0] > 0 else "It is no longer created empty.")
PYTHON
