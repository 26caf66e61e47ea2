#!/usr/bin/env bash
# stripe 16.1.0 (Python): Refund.create() repeats a failed call twice, a StripeClient never.
#
# The module's own setting, stripe.max_network_retries, is 2 and holds for calls through the module:
# one create() whose answer is 503 reaches the payment side three times, under one idempotency key
# that the library makes up. The same call through a StripeClient is made once, and under no setting
# of the module. Who moves from one to the other changes how often a call is made: name
# max_network_retries each time. The payment side here is a server on the same machine.
#
# Seen (Python 3.11):
#     stripe==16.1.0
#     stripe.max_network_retries:      2
#     Refund.create(), calls and keys: 3 1
#     StripeClient, calls and keys:    1 1
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
    stripe==16.1.0 ||
    { echo "The packages could not be installed." >&2; exit 77; }
echo "stripe==16.1.0"
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import stripe

keys = []


class Busy(BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers.get("content-length", 0)))
        keys.append(self.headers.get("idempotency-key"))
        body = b'{"error": {"type": "api_error", "message": "busy"}}'
        self.send_response(503)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


server = HTTPServer(("127.0.0.1", 0), Busy)
threading.Thread(target=server.serve_forever, daemon=True).start()
address = f"http://127.0.0.1:{server.server_port}"
stripe.enable_telemetry = False


def count_calls(create):
    keys.clear()
    try:
        create({"charge": "ch_1", "amount": 100})
    except stripe.APIError:
        pass
    return len(keys), len(set(keys))


stripe.api_key, stripe.api_base = "sk_test_made_up", address
client = stripe.StripeClient("sk_test_made_up", base_addresses={"api": address})
module = count_calls(lambda refund: stripe.Refund.create(**refund))
client = count_calls(client.v1.refunds.create)
server.shutdown()
print("stripe.max_network_retries:     ", stripe.max_network_retries)
print("Refund.create(), calls and keys:", *module)
print("StripeClient, calls and keys:   ", *client)
sys.exit(0 if (module, client) == ((3, 1), (1, 1)) else "Calls are repeated differently now.")
PYTHON
