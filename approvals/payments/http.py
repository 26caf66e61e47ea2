"""One HTTP exchange with the payment side: bounded in time and size, never repeated."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

import httpx2

from approvals.payment_settings import is_secure_url
from approvals.payments.responses import sanitize_text

MAX_ANSWER_BYTES = 1 << 20
USER_AGENT = "triage"


class NeverSent(Exception):
    """No connection was made, so nothing can have been done."""


class NoAnswer(Exception):
    """Something may have been done, and no whole answer came."""


@dataclass(frozen=True)
class Response:
    """``headers`` by their names in small letters."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def send_http_request(
    method: str, url: str, *, headers: Mapping[str, str], body: str | None, seconds: float
) -> Response:
    """Send one request. ``seconds`` bounds each wait, twice as many the answer as a whole.

    Raises NeverSent and NoAnswer.
    """
    if not is_secure_url(url.partition("?")[0]):
        raise NeverSent("the address is not https")
    sent = {"accept-encoding": "identity", "user-agent": USER_AGENT, **headers}
    # Proxies and passwords that the environment names are not for money.
    client = httpx2.Client(timeout=seconds, follow_redirects=False, trust_env=False)
    deadline = time.monotonic() + 2 * seconds
    try:
        with client, client.stream(method, url, headers=sent, content=body) as answer:
            content = _read_bounded(answer, deadline)
            known = {name.lower(): value for name, value in answer.headers.items()}
            return Response(answer.status_code, known, content)
    except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
        raise NeverSent(_describe_error(error)) from error
    except httpx2.HTTPError as error:
        raise NoAnswer(_describe_error(error)) from error


def _read_bounded(answer: httpx2.Response, deadline: float) -> bytes:
    content = bytearray()
    for part in answer.iter_raw():
        content += part
        if len(content) > MAX_ANSWER_BYTES:
            raise NoAnswer(f"its answer is longer than {MAX_ANSWER_BYTES} bytes")
        if time.monotonic() > deadline:
            raise NoAnswer("its answer takes too long")
    return bytes(content)


def _describe_error(error: Exception) -> str:
    return sanitize_text(f"{type(error).__name__} {error}")
