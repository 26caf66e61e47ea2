#!/usr/bin/env bash
# django-environ 0.14.0: a value that begins with $ is taken for the name of another variable.
#
# A password or secret such as $ecret is looked up as the variable "ecret": where there is none,
# reading it fails with a message that names a variable nobody has set, and where there is one,
# its value is used without a word. In the middle of a value a $ is left alone. Take a secret that
# does not begin with $.
#
# Seen (Python 3.11):
#     django-environ==0.14.0 Django==5.2.19
#     se$cret -> se$cret
#     $ecret  -> ImproperlyConfigured: Set the ecret environment variable
#     $COLOUR -> blue
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
    django-environ==0.14.0 Django==5.2.19 ||
    { echo "The packages could not be installed." >&2; exit 77; }
echo "django-environ==0.14.0 Django==5.2.19"
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import os
import sys

import environ
from django.core.exceptions import ImproperlyConfigured

env = environ.Env()


def read(value):
    os.environ["PAYMENT_SECRET"] = value
    try:
        return env.str("PAYMENT_SECRET")
    except ImproperlyConfigured as error:
        return f"ImproperlyConfigured: {error}"


os.environ["COLOUR"] = "blue"
found = [read("se$cret"), read("$ecret"), read("$COLOUR")]
print("se$cret ->", found[0])
print("$ecret  ->", found[1])
print("$COLOUR ->", found[2])
good = found[0] == "se$cret" and "ecret" in found[1] and found[1] != "$ecret" and found[2] == "blue"
sys.exit(0 if good else "A leading $ is read differently now.")
PYTHON
