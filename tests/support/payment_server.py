"""A payment side of a few lines, on a real socket, that fails in whatever way a test tells it to.

It speaks the shop's own protocol (``/pay``) and the part of Stripe's that refunds need
(``/v1/refunds``). Money moves once a key, as such services promise; ``books`` has what moved.
"""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from standardwebhooks import Webhook, WebhookVerificationError

SECRET = "whsec_" + "c2VjcmV0IG9mIHRoZSBwYXltZW50IHNpZGUsIDMyIGI="
HUGE = b" " * (2 << 20)
WAITS = 30  # seconds at most; tests let it go on much sooner


UNCLEAR_MOODS = (
    "hangs",
    "pays late",
    "drops after",
    "drops before",
    "drops halfway",
    "breaks before",
    "breaks after",
    "talks garbage",
    "talks lists",
    "sends away",
    "talks on",
    "pays another amount",
    "pays another currency",
    "gives no reference",
    "is not done",
    "conflicts",
)
"""Ways to answer a payment that leave open whether it was made."""


@dataclass(frozen=True)
class Order:
    """One refund that was asked for."""

    key: str
    refund: str
    charge: str
    amount: str
    currency: str


@dataclass
class Books:
    """``mood`` is how orders are met, ``manner`` how questions are; ``moved`` is by key."""

    mood: str = "pays"
    manner: str = "knows"
    moved: dict[str, tuple[Order, str]] = field(default_factory=dict)
    orders: list[Order] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    followed: list[str] = field(default_factory=list)
    pace: Callable[[], None] = lambda: None
    gate: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)
    per_page: int = 100
    address: str = ""

    def move(self, order: Order) -> str:
        """Pay once a key; the reference, the same each time."""
        with self.lock:
            known = self.moved.setdefault(order.key, (order, f"re_{len(self.moved) + 1}"))
        return known[1]

    def refunds(self) -> list[str]:
        """Whose money moved: a refund that is here twice was paid twice."""
        return [order.refund for order, _ in self.moved.values()]


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256
    books: Books

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Nothing: a client that leaves early is what many tests are about."""


class Conversation(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"

    @property
    def books(self) -> Books:
        return self.server.books

    @property
    def stripe(self) -> bool:
        return self.path.startswith("/v1/")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        if self.path == "/elsewhere":
            self.books.followed.append(body)
        if not self.is_ours(body):
            return self.say(401, {"error": {"message": "Who are you?", "type": "x"}})
        self.books.headers.append({name.lower(): value for name, value in self.headers.items()})
        order = self.stripe_order(body) if self.stripe else self.plain_order(body)
        self.books.orders.append(order)
        return MOODS[self.books.mood](self, order)

    def do_GET(self) -> None:
        if self.path == "/elsewhere":
            self.books.followed.append("")
        if not self.is_ours(""):
            return self.say(401, {"error": {"message": "Who are you?", "type": "x"}})
        self.books.questions.append(self.path)
        if self.books.manner != "knows":
            return MOODS[self.books.manner](self, None)
        return self.list_refunds() if self.stripe else self.tell()

    def is_ours(self, body: str) -> bool:
        if self.stripe:
            return self.headers.get("Authorization") == "Bearer sk_test_1"
        try:
            Webhook(SECRET).verify(body, dict(self.headers), json_parse=False)
        except WebhookVerificationError:
            return False
        return True

    def plain_order(self, body: str) -> Order:
        said = json.loads(body)
        names = ("refund", "charge", "amount", "currency")
        return Order(self.headers["Idempotency-Key"], *(str(said[name]) for name in names))

    def stripe_order(self, body: str) -> Order:
        said = {name: values[0] for name, values in parse_qs(body).items()}
        charge = said.get("charge") or said["payment_intent"]
        refund, key = said["metadata[refund]"], self.headers["Idempotency-Key"]
        assert said["metadata[key]"] == key
        return Order(key, refund, charge, said["amount"], "gbp")

    def tell(self) -> None:
        known = self.books.moved.get(self.path.rpartition("/")[2])
        self.say(200, self.paid(*known) if known else {"status": "unknown"})

    def list_refunds(self) -> None:
        """One page of what moved for the charge, newest first."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        charge = asked.get("charge") or asked["payment_intent"]
        moved = [pair for pair in reversed(self.books.moved.values()) if pair[0].charge == charge]
        names = [reference for _, reference in moved]
        start = names.index(asked["starting_after"]) + 1 if "starting_after" in asked else 0
        page = moved[start : start + self.books.per_page]
        more = start + len(page) < len(moved)
        data = [self.paid(*pair) for pair in page]
        self.say(200, {"object": "list", "url": "/v1/refunds", "has_more": more, "data": data})

    def paid(self, order: Order, reference: str, **changes: Any) -> dict[str, Any]:
        if not self.stripe:
            echo = {"key": order.key, "amount": order.amount, "currency": order.currency}
            return {"status": "paid", "reference": reference, **echo, **changes}
        return {
            "id": reference,
            "object": "refund",
            "status": "succeeded",
            "amount": int(order.amount),
            "currency": order.currency,
            "metadata": {"key": order.key, "refund": order.refund},
            **changes,
        }

    def say(self, status: int, what: Any, **headers: str) -> None:
        content = what if isinstance(what, bytes) else json.dumps(what).encode()
        self.books.pace()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def hang_up(self) -> None:
        """With a reset, as a crash does it."""
        now = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, now)
        self.close_connection = True
        self.rfile.close()
        self.connection.close()

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing."""


# --- how an order is met ----------------------------------------------------------


def pays(to: Conversation, order: Any) -> None:
    to.say(200, to.paid(order, to.books.move(order)))


def refuses(to: Conversation, order: Any) -> None:
    error = {"type": "invalid_request_error", "code": "amount_too_large", "message": "Too much."}
    if to.stripe:
        return to.say(400, {"error": error})
    return to.say(200, {"status": "refused", "reason": "Too much."})


def hangs(to: Conversation, order: Any) -> None:
    to.books.gate.wait(WAITS)
    to.hang_up()


def pays_late(to: Conversation, order: Any) -> None:
    reference = to.books.move(order)
    to.books.gate.wait(WAITS)
    to.say(200, to.paid(order, reference))


def answers_twice(to: Conversation, order: Any) -> None:
    pays(to, order)
    pays(to, order)


def drops_after(to: Conversation, order: Any) -> None:
    to.books.move(order)
    to.hang_up()


def drops_before(to: Conversation, order: Any) -> None:
    to.hang_up()


def drops_halfway(to: Conversation, order: Any) -> None:
    to.books.move(order)
    to.send_response(200)
    to.send_header("Content-Length", "1000")
    to.end_headers()
    to.wfile.write(b'{"status": "paid", "reference": "re_')
    to.hang_up()


def breaks_before(to: Conversation, order: Any) -> None:
    to.say(500, {"error": {"type": "api_error", "message": "Oh."}})


def breaks_after(to: Conversation, order: Any) -> None:
    to.books.move(order)
    breaks_before(to, order)


def talks_garbage(to: Conversation, order: Any) -> None:
    to.books.move(order)
    to.say(200, b"<html>\xff\x00 paid")


def talks_lists(to: Conversation, order: Any) -> None:
    to.books.move(order)
    to.say(200, ["paid"])


def sends_away(to: Conversation, order: Any) -> None:
    to.say(307, {}, Location=f"{to.books.address}/elsewhere")


def talks_on(to: Conversation, order: Any) -> None:
    to.books.move(order)
    to.say(200, HUGE)


def pays_another_amount(to: Conversation, order: Any) -> None:
    changed = {"amount": 1 if to.stripe else "1.00"}
    to.say(200, to.paid(order, to.books.move(order), **changed))


def pays_another_currency(to: Conversation, order: Any) -> None:
    to.say(200, to.paid(order, to.books.move(order), currency="eur" if to.stripe else "EUR"))


def gives_no_reference(to: Conversation, order: Any) -> None:
    to.say(200, to.paid(order, to.books.move(order), **{"id" if to.stripe else "reference": None}))


def is_not_done(to: Conversation, order: Any) -> None:
    to.say(200, to.paid(order, to.books.move(order), status="pending"))


def turns_away(to: Conversation, order: Any) -> None:
    to.say(429, {"error": {"type": "rate_limit_error", "message": "Later."}})


def conflicts(to: Conversation, order: Any) -> None:
    to.books.move(order)
    to.say(409, {"error": {"type": "idempotency_error", "message": "It is under way."}})


MOODS: dict[str, Callable[[Conversation, Any], None]] = {
    behaviour.__name__.replace("_", " "): behaviour
    for behaviour in (
        pays,
        refuses,
        hangs,
        pays_late,
        answers_twice,
        drops_after,
        drops_before,
        drops_halfway,
        breaks_before,
        breaks_after,
        talks_garbage,
        talks_lists,
        sends_away,
        talks_on,
        pays_another_amount,
        pays_another_currency,
        gives_no_reference,
        is_not_done,
        turns_away,
        conflicts,
    )
}


@contextmanager
def payment_server(port: int = 0) -> Iterator[Books]:
    """The server, listening, until the block ends."""
    with Server(("127.0.0.1", port), Conversation) as server:
        server.books = Books()
        server.books.address = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield server.books
        finally:
            server.books.gate.set()
            server.shutdown()
            thread.join()
