"""What people do about refunds: ask, look, decide, hand over, edit, write."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from approvals import separation_of_duties, services
from approvals.models import Decision, Refund
from approvals.review import page_views, seeded_checks
from tests.properties.refund_machine import world
from tests.properties.refund_machine.stage import Stage, has
from tickets.delivery import replies
from tickets.models import Correction, Draft, Message, Run, Ticket

N = st.integers(0, 3)
ANYBODY = st.sampled_from(["sol", "sam", "kim", "root", "ana", "ben", "nobody"])
SUPERVISOR = st.sampled_from(world.MAY_DECIDE)
ASKER = st.sampled_from([None, None, "ana", "ben", "sol", "root"])
VERDICT = st.sampled_from(["approve", "approve", "approve", "reject", "return"])
HANDS = st.sampled_from(["wrote", "corrected", "asked for the steps", "overwrote"])
PAYER = st.sampled_from(["webhook", "webhook", "manual"])
MOST_PEOPLE = 3
ORDER = st.integers(0, 1)
WORDLESS = (
    "pk",
    "amount",
    "currency",
    "rule",
    "terms",
    "reviewers",
    "approvers_needed",
    "assigned_to",
    "requested_by",
    "lines",
)


class People(Stage):
    @rule(n=N, order=ORDER, amount=N, by=ASKER, plain=st.booleans())
    def ask(self, n: int, order: int, amount: int, by: str | None, plain: bool) -> None:
        with self.attempt("asked"):
            self._ask(n, order, amount, by, plain)

    def _ask(self, n: int, order: int, amount: int, by: str | None, plain: bool) -> Refund:
        chosen = self.world.orders[order]
        amounts = world.ORDERS[chosen.number]
        pounds = Decimal(amounts[amount % len(amounts)])
        person = self.world.people[by] if by else None
        return world.propose(self.world.tickets[n % 2], chosen, pounds, person, plain)

    @rule(n=N, order=ORDER, amount=N, by=ASKER, first=SUPERVISOR)
    def ask_and_agree(self, n: int, order: int, amount: int, by: str | None, first: str) -> None:
        """A shorter way to what only happens after an approval."""
        with self.attempt("asked and agreed"):
            refund = self._ask(n, order, amount, by, True)
            self._agree(refund.pk, first)

    @initialize(amount=N, first=SUPERVISOR, agreed=st.booleans(), by=PAYER)
    def begin(self, amount: int, first: str, agreed: bool, by: str) -> None:
        self.settings.PAYMENT_EXECUTOR = by
        refund = self._ask(0, 0, amount, None, True)
        if agreed:
            self._agree(refund.pk, first)

    @precondition(has("refunds", "pending"))
    @rule(n=N, name=SUPERVISOR)
    def agree(self, n: int, name: str) -> None:
        """On whatever waits, by whoever may."""
        self._agree(self.pick("refunds", n, "pending"), name)

    def _agree(self, refund: int, name: str) -> None:
        for _ in range(MOST_PEOPLE):
            now = Refund.objects.get(pk=refund)
            names = [
                person.username for person in separation_of_duties.list_eligible_approvers(now)
            ]
            if now.state != "pending" or not names:
                break
            self._decide_now(refund, name if name in names else names[0], "approve")

    @precondition(has("refunds"))
    @rule(n=N, name=ANYBODY, verdict=VERDICT)
    def decide(self, n: int, name: str, verdict: str) -> None:
        """On anything, also on what is closed."""
        self._decide_now(self.pick("refunds", n), name, verdict)

    def _decide_now(self, refund: int, name: str, verdict: str) -> None:
        with self.attempt(f"decided: {verdict}"):
            world.decide_now(refund, self.world.people[name], verdict)

    @precondition(has("refunds", "pending"))
    @rule(n=N, name=ANYBODY, milliseconds=st.sampled_from([0, 5, 10_000_000]))
    def open_a_page(self, n: int, name: str, milliseconds: int) -> None:
        page = world.open_page(self.pick("refunds", n, "pending"), self.world.people[name])
        page_views.update_page_view(page.look, page.by, milliseconds, [])
        self.pages.insert(0, page)

    @precondition(lambda self: self.pages)
    @rule(n=N, verdict=VERDICT, other=st.none() | ANYBODY)
    def decide_on_a_page(self, n: int, verdict: str, other: str | None) -> None:
        """Opened a while ago, and perhaps by somebody else."""
        page = self.pages[n % len(self.pages)]
        if other:
            page = world.Page(page.refund, self.world.people[other], page.look, page.seen, False)
        with self.attempt("decided on a page"):
            world.decide(page, verdict)

    @precondition(lambda self: any(page.blind for page in self.pages))
    @rule(verdict=VERDICT, pounds=N)
    def say_first(self, verdict: str, pounds: int) -> None:
        page = next(page for page in self.pages if page.blind)
        with self.attempt("said first"):
            world.say_first(page, verdict, Decimal(pounds + 1))

    @precondition(has("refunds", "returned"))
    @rule(n=N, by=st.sampled_from(["ana", "sol"]))
    def answer_a_question(self, n: int, by: str) -> None:
        with self.attempt("asked again"):
            refund = self.pick("refunds", n, "returned")
            services.resubmit_with_answer(refund, by=self.world.people[by], answer="Here it is.")

    @precondition(has("refunds", "pending"))
    @rule(n=N)
    def take_back(self, n: int) -> None:
        services.withdraw_proposals(self.world.tickets[n % 2])

    @precondition(has("refunds"))
    @rule(n=N, by=ANYBODY, to=st.none() | ANYBODY)
    def hand_over(self, n: int, by: str, to: str | None) -> None:
        with self.attempt("handed over"):
            whom = self.world.people[to] if to else None
            refund = self.pick("refunds", n)
            services.reassign_refund(refund, by=self.world.people[by], to=whom, why="I am away.")

    @precondition(has("refunds", "pending"))
    @rule(n=N)
    def leave_to_the_rule(self, n: int) -> None:
        self._leave(self.pick("refunds", n, "pending"))

    @rule(n=N, order=ORDER, amount=N, up_to=st.sampled_from([60, 25, 0]))
    def ask_under_a_limit(self, n: int, order: int, amount: int, up_to: int) -> None:
        """The machine asks, and the rule's own limit approves it if nothing is unclear."""
        self.set_rule(auto_up_to=up_to)
        with self.attempt("asked under a limit"):
            self._leave(self._ask(n, order, amount, None, True).pk)

    def _leave(self, refund: int) -> None:
        with self.attempt("left to the rule"):
            self.seen["approved by the rule"] += services.approve_by_rule(refund)

    @precondition(lambda self: self.ledger.now["refunds"] and not self.ledger.now["checks"])
    @rule()
    def plant_a_check(self) -> None:
        with self.attempt("planted"):
            seeded_checks.plant_check("GBP", by=self.world.people["ada"])

    # --- hands in a ticket ------------------------------------------------------------

    @rule(n=N, by=ANYBODY)
    def edit_the_reply(self, n: int, by: str) -> None:
        ticket = self.world.tickets[n % 2]
        draft = replies.get_open_draft(ticket)
        self._will_edit(draft)
        with self.attempt("edited"):
            replies.save_reply_text(
                ticket,
                text=f"Dear Maya, {self.next_edit()}.",
                seen_then=replies.build_form_token(ticket, draft),
                by=self.world.people[by],
            )

    def _will_edit(self, draft: Draft | None) -> None:
        if draft and draft.run_id:
            self.ledger.outdate(refund__run=draft.run_id)

    @rule(n=N, by=ANYBODY, how=HANDS)
    def have_a_hand(self, n: int, by: str, how: str) -> None:
        ticket, person = self.world.tickets[n % 2], self.world.people[by]
        match how:
            case "wrote":
                self.write(by, ticket.pk)
            case "corrected":
                Correction.objects.create(ticket=ticket, step="draft", after="x", by=person)
            case "asked for the steps":
                Run.objects.create(ticket=ticket, state="done", requested_by=person)
            case "overwrote":
                self._overwrite(replies.get_open_draft(ticket))

    def _overwrite(self, draft: Draft | None) -> None:
        """The last editor's name goes over the one before; their hands stay."""
        self._will_edit(draft)
        Draft.objects.filter(pk=draft.pk if draft else 0).update(
            hands=[],
            edited_by=self.world.people["nobody"],
            edited_at=timezone.now(),
            edited_body=f"Hello {self.next_edit()}",
        )

    @rule(n=N)
    def a_machine_writes(self, n: int) -> None:
        """An answer of somebody's mail program: no approval is outdated by it."""
        ticket = self.world.tickets[n % 2]
        Message.objects.create(ticket=ticket, direction="in", text="I am away.", automatic=True)

    @rule(n=N, words=st.sampled_from(world.WORDS))
    def the_customer_writes(self, n: int, words: str) -> None:
        """13. Whatever it says, nothing about any refund is another thing afterwards."""
        ticket = self.world.tickets[n % 2]
        self.ledger.outdate(refund__ticket=ticket)
        with self.nothing_moves():
            Message.objects.create(ticket=ticket, direction="in", text=words)
            Ticket.objects.get(pk=ticket.pk).mark_reopened()
            services.escalate_overdue()

    @contextmanager
    def nothing_moves(self) -> Iterator[None]:
        before = self._of_no_words()
        yield
        assert self._of_no_words() == before, "a customer's words moved a refund"

    def _of_no_words(self) -> list[Any]:
        decided = Decision.objects.order_by("pk").values_list("pk", "by", "rule")
        return [*Refund.objects.order_by("pk").values_list(*WORDLESS), *decided]
