"""What the receipts have to tell of everything that happened to a refund."""

from __future__ import annotations

from collections.abc import Iterator

from tests.properties.refund_machine.ledger import Ledger, chain_holds


def leaves_receipts(ledger: Ledger) -> Iterator[str]:
    """9. Every request, decision, payment, doubt and end has its receipt, and the chain holds."""
    *_, before = None, *ledger.told[: len(ledger.told) - len(ledger.news)]
    for receipt in ledger.news:
        if not chain_holds(before, receipt):
            yield f"the chain breaks at receipt {receipt.seq}"
        before = receipt
    for refund in ledger.new("refunds"):
        if not ledger.receipts_of(refund["id"], "request"):
            yield f"no receipt of request {refund['id']}"
    for decision in ledger.new("decisions"):
        told = ledger.receipts_of(decision["refund_id"], "approve")
        if not any(k.output.get("verdict") == decision["verdict"] for k in told):
            yield f"no receipt of decision {decision['id']}"
    yield from _receipts_of_payments(ledger)


ENDS = {"executed": "ok", "doubt": "doubt", "failed": "failed"}


def _receipts_of_payments(ledger: Ledger) -> Iterator[str]:
    for state, status in ENDS.items():
        for refund in ledger.entered(state):
            told = ledger.receipts_of(refund["id"], "pay")
            about = [k for k in told if k.status == status and k in ledger.news]
            if not about or about[-1].output["state"] != state:
                yield f"no receipt of refund {refund['id']} being {state}"
    for refund in ledger.entered("void", "expired"):
        told = [k for k in ledger.news if k.output.get("refund") == refund["id"]]
        if not told:
            yield f"no receipt of refund {refund['id']} being {refund['state']}"
