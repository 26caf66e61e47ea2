#!/usr/bin/env bash
# standardwebhooks 1.1.0 (Python): verify() of a correct signature over an empty body raises.
#
# It checks the signature and then reads the body as JSON, always. An empty body (a signed GET, as
# our payment side is asked how a payment went) is signed and checked correctly, and ends in a
# JSONDecodeError, which is no WebhookVerificationError: a service that catches only that one
# answers 500. Catch JSONDecodeError as "the signature holds, the body is empty".
#
# Seen (Python 3.11):
#     standardwebhooks==1.1.0
#     JSON, signed:             {'key': 1}
#     empty, signed:            JSONDecodeError
#     empty, signature of more: WebhookVerificationError
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
    standardwebhooks==1.1.0 ||
    { echo "The packages could not be installed." >&2; exit 77; }
echo "standardwebhooks==1.1.0"
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import base64
import datetime
import json
import sys

from standardwebhooks import Webhook, WebhookVerificationError

webhook = Webhook("whsec_" + base64.b64encode(b"a shared secret of 32 bytes.....").decode())
now = datetime.datetime.now(datetime.timezone.utc)


def verify(body, signed):
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": webhook.sign("msg_1", now, signed),
    }
    try:
        return repr(webhook.verify(body, headers))
    except (WebhookVerificationError, json.JSONDecodeError) as error:
        return type(error).__name__


found = [verify('{"key": 1}', '{"key": 1}'), verify("", ""), verify("", "something else")]
print("JSON, signed:            ", found[0])
print("empty, signed:           ", found[1])
print("empty, signature of more:", found[2])
wanted = ["{'key': 1}", "JSONDecodeError", "WebhookVerificationError"]
sys.exit(0 if found == wanted else "An empty body is taken differently now.")
PYTHON
