"""Settings of the payment side: what is wrong is said in a sentence before anything runs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from typing import Any

import pytest
from django.conf import settings
from standardwebhooks import Webhook, WebhookVerificationError

from approvals.models import Execution
from approvals.payment_settings import EXECUTORS, find_settings_problem, is_secure_url
from approvals.payments.outbox import GATEWAY_MODULES

GOOD: dict[str, Any] = {
    "url": "https://pay.example.com/refunds",
    "secret": "whsec_" + "c2VjcmV0IG9mIHRoZSBwYXltZW50IHNpZGUsIDMyIGI=",
    "timeout": 20,
    "stripe_key": "rk_1",
    "stripe_base": "https://api.stripe.com",
}


@pytest.mark.parametrize("executor", ["manual", "webhook", "stripe"])
def test_what_is_right_is_taken(executor: str) -> None:
    assert find_settings_problem(executor, **GOOD) == ""


def test_a_secret_without_its_padding_is_taken_as_the_signing_library_takes_it() -> None:
    assert find_settings_problem("webhook", **{**GOOD, "secret": GOOD["secret"].rstrip("=")}) == ""


@pytest.mark.parametrize(
    ("executor", "change", "said"),
    [
        ("paypal", {}, "Write one of: manual, webhook, stripe"),
        ("manual", {"timeout": 0}, "seconds from 1 to 60"),
        ("webhook", {"timeout": 61}, "seconds from 1 to 60"),
        ("webhook", {"url": ""}, "PAYMENT_URL has to be an https address"),
        ("webhook", {"secret": ""}, "openssl rand -base64 32"),
        ("webhook", {"secret": "c2hvcnQ="}, "24 random bytes"),
        ("webhook", {"secret": "é"}, "24 random bytes"),
        ("webhook", {"secret": "change me! change me! change me! change me!"}, "24 random bytes"),
        ("webhook", {"secret": GOOD["secret"][:-2] + "-_="}, "24 random bytes"),
        ("stripe", {"stripe_key": ""}, "STRIPE_API_KEY is empty"),
        ("stripe", {"stripe_base": "http://api.example.com"}, "STRIPE_API_BASE has to be"),
    ],
)
def test_what_is_wrong_is_said(executor: str, change: dict[str, Any], said: str) -> None:
    assert said in find_settings_problem(executor, **{**GOOD, **change})


@pytest.mark.parametrize(
    ("url", "can"),
    [
        ("https://pay.example.com", True),
        ("http://localhost:8080/pay", True),
        ("http://[::1]:8080/pay", True),
        ("http://pay.example.com", False),
        ("http://localhost.example.com/", False),
        ("http://localhost@example.com/", False),
        ("https://user:word@pay.example.com", False),
        ("https://pay.example.com?key=1", False),
        ("https://pay.example.com:port/", False),
        ("https://", False),
        ("file:///etc/passwd", False),
        ("http://[", False),
    ],
)
def test_money_is_ordered_over_https_or_on_this_machine(url: str, can: bool) -> None:
    assert is_secure_url(url) is can


@pytest.mark.parametrize(
    "command",
    [
        ["manage.py", "check"],
        ["manage.py", "start", "--port", "0"],
        ["-c", "import triage.wsgi"],
        ["-m", "celery", "-A", "triage", "worker", "--pool", "solo"],
    ],
    ids=["check", "start", "web", "worker"],
)
def test_nothing_starts_with_a_wrong_setting(command: list[str]) -> None:
    env = {**os.environ, "PAYMENT_EXECUTOR": "webhook", "PAYMENT_URL": "http://pay.example.com"}
    started = subprocess.run(
        [sys.executable, *command],
        cwd=settings.BASE,
        env={**env, "DJANGO_SETTINGS_MODULE": "triage.settings"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert started.returncode != 0
    assert "PAYMENT_URL has to be an https address" in started.stderr


def test_what_the_settings_offer_is_what_a_payment_may_be_made_by() -> None:
    assert sorted(EXECUTORS) == sorted(Execution.By.values)
    assert set(GATEWAY_MODULES) | {Execution.By.MANUAL} == set(Execution.By)


def test_the_signing_library_alone_takes_an_empty_body_for_broken() -> None:
    """As the README tells whoever writes the service: the signature was right all the same."""
    hook, now = Webhook(GOOD["secret"]), datetime.now(tz=UTC)
    headers = {
        "webhook-id": "k",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": hook.sign("k", now, ""),
    }
    hook.verify("", headers, json_parse=False)
    with pytest.raises(json.JSONDecodeError):
        hook.verify("", headers)
    with pytest.raises(WebhookVerificationError):
        hook.verify("", {**headers, "webhook-id": "other"}, json_parse=False)
