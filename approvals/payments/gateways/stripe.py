"""Stripe, through its own library, over our own bounded exchange.

The library repeats nothing and reports nothing of us. A refund is found again by the key in
its metadata. Amounts are in Stripe's own unit of a currency, by docs.stripe.com/currencies, which
is not that of ISO 4217 everywhere: an ariary has no smaller one, a króna is told in hundredths
that are always 00, and a dinar in thousandths that end in 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any

from django.conf import settings

from approvals.models import Execution
from approvals.payments.http import NeverSent, NoAnswer, send_http_request
from approvals.payments.responses import (
    Answer,
    Declined,
    NotReached,
    Paid,
    Unclear,
    Unheard,
    sanitize_text,
)

if TYPE_CHECKING:
    from stripe import StripeClient, StripeError

CHARGE_PREFIXES = {"pi_": "payment_intent", "ch_": "charge", "py_": "charge"}
ZERO_DECIMAL_CURRENCIES = frozenset(
    ["BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV"]
    + ["XAF", "XOF", "XPF"]
)  # without a smaller unit
THREE_DECIMAL_CURRENCIES = frozenset(["BHD", "JOD", "KWD", "OMR", "TND"])
WHOLE_IN_HUNDREDTHS = frozenset(["ISK"])
UNKNOWN_CURRENCIES = frozenset(["CLF", "IQD", "LYD", "UGX", "UYI", "UYW"])
"""Stripe takes no payments in them, or (UGX) told its unit in two ways over the years: a hundred
times the amount is too much to guess, so a person pays."""
TURNED_AWAY_STATUSES = (401, 403, 429)
REFUSED_STATUSES = (400, 402, 404)
SENT_HEADERS = ("authorization", "content-type", "idempotency-key", "stripe-version")
MAX_LISTED_REFUNDS = 1_000
LIST_PAGE_SIZE = 100  # refunds on one page of the list


def can_pay(charge: str, amount: Decimal, currency: str) -> bool:
    """Whether Stripe knows the charge by this name and the amount in its unit."""
    return charge[:3] in CHARGE_PREFIXES and convert_to_minor_units(amount, currency) is not None


def convert_to_minor_units(amount: Decimal, currency: str) -> int | None:
    """The amount in Stripe's unit of the currency; None where it cannot be told in it."""
    if currency in UNKNOWN_CURRENCIES:
        return None
    places, step = _get_unit(currency)
    units = amount.scaleb(places)
    return int(units) if units % step == 0 else None


def _get_unit(currency: str) -> tuple[int, int]:
    """The decimals that Stripe tells amounts in, and the steps that it takes them in."""
    if currency in ZERO_DECIMAL_CURRENCIES:
        return 0, 1
    if currency in THREE_DECIMAL_CURRENCIES:
        return 3, 10
    return 2, 100 if currency in WHOLE_IN_HUNDREDTHS else 1


def pay(execution: Execution) -> Answer:
    """Create the refund, once. Never raises for what the other side does."""
    if not settings.STRIPE_API_KEY:
        return NotReached("STRIPE_API_KEY is not set.")
    import stripe

    about: Any = {
        **_build_charge_params(execution),
        "amount": convert_to_minor_units(execution.amount, execution.currency),
        "metadata": {"key": execution.key, "refund": str(execution.refund_id)},
    }
    try:
        options: Any = {"idempotency_key": execution.key}
        made = _build_client().v1.refunds.create(about, options)
    except NeverSent as error:
        return NotReached(f"Stripe could not be reached: {error}.")
    except NoAnswer as error:
        return Unclear(f"Stripe gave no answer: {error}.")
    except stripe.StripeError as error:
        return _classify_error(error, execution)
    return _parse_refund(made.to_dict(), execution)


def ask(execution: Execution) -> Answer:
    """Look for the key among the refunds of the charge; nothing is ordered."""
    if not settings.STRIPE_API_KEY:
        return Unclear("STRIPE_API_KEY is not set.")
    import stripe

    listed: dict[str, Any] = {**_build_charge_params(execution), "limit": LIST_PAGE_SIZE}
    try:
        page = _build_client().v1.refunds.list(listed)  # type: ignore[arg-type]
        found = list(islice(page.auto_paging_iter(), MAX_LISTED_REFUNDS))
    except (NeverSent, NoAnswer, stripe.StripeError) as error:
        return Unclear(f"Stripe could not be asked: {sanitize_text(str(error))}.")
    plain = [made.to_dict() for made in found]
    ours = [made for made in plain if (made.get("metadata") or {}).get("key") == execution.key]
    if len(ours) > 1:
        return Unclear("Stripe has more than one refund with this key.")
    if ours:
        return _parse_refund(ours[0], execution)
    return (
        Unheard() if len(found) < MAX_LISTED_REFUNDS else Unclear("Stripe lists too many refunds.")
    )


def _build_charge_params(execution: Execution) -> dict[str, str]:
    return {CHARGE_PREFIXES[execution.charge[:3]]: execution.charge}


def _parse_refund(made: dict[str, Any], execution: Execution) -> Answer:
    name, state = made.get("id"), made.get("status")
    ours = (
        convert_to_minor_units(execution.amount, execution.currency),
        execution.currency.lower(),
    )
    if (made.get("amount"), made.get("currency")) != ours:
        return Unclear("Stripe speaks of another amount or currency.")
    if not name or sanitize_text(name) != name:
        return Unclear("Stripe gives it no name that can be kept.")
    if state == "succeeded":
        return Paid(name)
    if state in ("failed", "canceled"):
        return Declined(
            f"Stripe says {state}: {sanitize_text(made.get('failure_reason')) or name}."
        )
    return Unclear(f"Stripe has it as {sanitize_text(state)} and is not done yet.")


def _classify_error(error: StripeError, execution: Execution) -> Answer:
    """A refusal counts where Stripe gave one in its own words, and can mean nothing else."""
    import stripe

    said = sanitize_text(error.user_message)
    if error.http_status in TURNED_AWAY_STATUSES:
        return NotReached(f"Stripe turned us away: {said}")
    # Under a key that was used before, "refunded already" may speak of this very refund.
    again = error.code == "charge_already_refunded" and execution.calls > 1
    ours = isinstance(error, (stripe.InvalidRequestError, stripe.CardError))
    if ours and error.http_status in REFUSED_STATUSES and not again:
        return Declined(f"Stripe refused: {said}")
    return Unclear(f"Stripe answered {error.http_status}: {said}")


def _build_client() -> StripeClient:
    import stripe

    stripe.enable_telemetry = False
    return stripe.StripeClient(
        settings.STRIPE_API_KEY,
        base_addresses={"api": settings.STRIPE_API_BASE},
        max_network_retries=0,
        http_client=_load_bounded_client()(),
    )


@cache
def _load_bounded_client() -> Any:
    """The library's client over our exchange; made late, for the library takes half a second."""
    import stripe

    class Bounded(stripe.HTTPClient):
        name = "bounded"

        def request(
            self,
            method: str,
            url: str,
            headers: Mapping[str, str] | None,
            post_data: Any = None,
            **_: Any,
        ) -> tuple[str, int, Mapping[str, str]]:
            # The library also describes this machine in its headers: nobody needs that.
            told = {
                name: value
                for name, value in (headers or {}).items()
                if name.lower() in SENT_HEADERS
            }
            seconds = settings.PAYMENT_TIMEOUT
            answer = send_http_request(
                method.upper(), url, headers=told, body=post_data, seconds=seconds
            )
            return answer.body.decode("utf-8", "replace"), answer.status, answer.headers

        def close(self) -> None:
            """Nothing stays open."""

    return Bounded
