#!/usr/bin/env bash
# celery 5.7.0: beat, started without a setting, keeps its schedule in a file that holds pickles.
#
# The default scheduler (celery.beat:PersistentScheduler) writes celerybeat-schedule with shelve,
# in the folder that beat is started in. Whoever can write that file decides what beat loads; a
# backup or a shared folder should not hold it. beat_scheduler = "celery.beat:Scheduler" keeps
# the schedule in memory.
#
# Seen (Python 3.11):
#     celery==5.7.0 kombu==5.7.0
#     scheduler by default: celery.beat:PersistentScheduler
#     entries are stored as: a pickle, from PROTO to STOP
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
    celery==5.7.0 kombu==5.7.0 ||
    { echo "The packages could not be installed." >&2; exit 77; }
echo "celery==5.7.0 kombu==5.7.0"
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import os
import pickletools
import shelve
import sys
import tempfile

from celery import Celery

with tempfile.TemporaryDirectory() as folder:
    app = Celery("shop", broker="memory://")
    app.conf.beat_schedule = {"sweep": {"task": "sweep", "schedule": 60.0}}
    app.conf.beat_schedule_filename = os.path.join(folder, "celerybeat-schedule")
    beat = app.Beat(quiet=True)
    service = beat.Service(app, schedule_filename=app.conf.beat_schedule_filename)
    service.scheduler.setup_schedule()
    service.scheduler.close()
    with shelve.open(app.conf.beat_schedule_filename, flag="r") as kept:
        stored = bytes(kept.dict[b"entries"])
    first, last = [list(pickletools.genops(stored))[place][0].name for place in (0, -1)]
name = app.conf.beat_scheduler or type(service.scheduler).__name__
print("scheduler by default:", name)
print("entries are stored as: a pickle, from", first, "to", last)
good = "PersistentScheduler" in name and (first, last) == ("PROTO", "STOP")
sys.exit(0 if good else "The default scheduler keeps no pickle any more.")
PYTHON
