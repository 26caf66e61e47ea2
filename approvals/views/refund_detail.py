"""One refund: the evidence, then the decision where this person may take it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from approvals import access_denials, payments, review_queue, services
from approvals.errors import Refused
from approvals.forms import DecisionForm, HandOverForm, PaidForm, SettleForm, TakeBackForm
from approvals.models import Refund
from approvals.review import first_opinion, page_views
from approvals.snapshot.build import build_snapshot
from approvals.views import refund_evidence, review_pages
from tickets.access import STAFF, SUPERVISORS, Person, require_role
from tickets.prepared import Given, PreparedQuery

OUTCOME_LABELS = {
    Refund.State.APPROVED: "Approved",
    Refund.State.REJECTED: "Rejected",
    Refund.State.RETURNED: "Sent back with a question",
}
# To join the people too would take PostgreSQL 5 ms to plan, and most of them are nobody.
SHOWN = PreparedQuery(
    lambda: (
        Refund.objects.filter(pk=Given("refund"))
        .select_related("order__customer", "ticket", "run")
        .order_by()
    )
)


@require_safe
@login_required
def show_refund(request: HttpRequest, pk: int) -> HttpResponse:
    """Everything a decision rests on, then the decision, where this person may take it."""
    found, person = get_refund_for(request.user, pk, *STAFF)
    return render_refund_page(request, found, person)


@require_POST
@login_required
def decide_refund(request: HttpRequest, pk: int) -> HttpResponse:
    """Approve, reject or ask for more; then on to the next request that waits."""
    found, person = get_refund_for(request.user, pk, SUPERVISORS)
    form = DecisionForm(request.POST, refund=found)
    if not form.is_valid():
        return render_refund_page(request, found, person, form=form, status=422)
    here = _find_queue_place(request, found, review_queue.list_waiting_ids(person))
    try:
        with access_denials.record_denials(found, person, "approve"):
            found = services.decide_refund(pk, by=person, **form.cleaned_data)
    except Refused as refused:
        fresh, _ = get_refund_for(request.user, pk, SUPERVISORS)
        words = {name: form.cleaned_data[name] for name in ("reason", "reason_code")}
        kept = DecisionForm(refund=fresh, initial=words)  # the rest is to be said of what is new
        return render_refund_page(request, fresh, person, form=kept, refused=refused)
    if found.seeded:
        return HttpResponseRedirect(review_pages.build_revealed_url(request, found))
    said = OUTCOME_LABELS.get(
        Refund.State(found.state)
    ) or refund_evidence.format_approval_progress(found)
    messages.success(request, f"{said}: {found}.")
    if here is None or here.next is None:
        return redirect("approvals:queue")
    return HttpResponseRedirect(_build_filtered_url(request, here.next))


def get_refund_for(user: Person, pk: int, *roles: str) -> tuple[Refund, User]:
    """The refund with what its page shows, and the person. Raises PermissionDenied or Http404."""
    person = require_role(user, *roles)
    found: Refund | None = SHOWN.fetch_first(refund=pk)
    if found is None:
        raise Http404("There is no such refund.")
    if found.ticket.customer_id == found.order.customer_id:
        found.ticket.customer = found.order.customer
    return found, person


def render_refund_page(
    request: HttpRequest,
    refund: Refund,
    person: User,
    *,
    form: DecisionForm | None = None,
    paid_form: PaidForm | None = None,
    settle_form: SettleForm | None = None,
    take_back_form: TakeBackForm | None = None,
    hand_over_form: HandOverForm | None = None,
    refused: Refused | None = None,
    status: int = 200,
) -> HttpResponse:
    """The evidence with whichever form belongs to the refund's state; typed words are kept.

    The page is kept as a page view, and a decision names it.
    """
    part = refund_evidence.load_part(refund, person)
    answered = refused.status if refused else status
    why_not = refund_evidence.explain_ineligibility(refund, part)
    if not why_not and first_opinion.is_opinion_due(refund, person):
        if refused:
            messages.error(request, str(refused))
        return review_pages.render_first_page(request, refund, person, status=answered)
    snapshot = None if why_not else build_snapshot(refund, people=part.needed)
    shown: dict[str, Any] = {
        "refund": refund,
        "look": snapshot and page_views.start_page_view(refund, person, snapshot, blind=False),
        "first": first_opinion.get_first_opinion(refund, person),
        "form": form or DecisionForm(refund=refund),
        "paid_form": paid_form or PaidForm(),
        "settle_form": settle_form or SettleForm(),
        "take_back_form": take_back_form or TakeBackForm(),
        "standing": payments.get_payment_status(refund),
        "refused": refused,
        "why_not": why_not,
        "may_pay": part.rights.supervisor,
        "hand_over_form": _build_hand_over_form(refund, part, hand_over_form),
        **_describe_queue_place(request, refund, person, part),
        "reveal": True,
        "hidden": frozenset(),
        **refund_evidence.build_evidence(refund, part, snapshot),
    }
    return render(request, "approvals/refund.html", shown, status=answered)


def _build_hand_over_form(
    refund: Refund, part: refund_evidence.Part, form: HandOverForm | None
) -> HandOverForm | None:
    if not refund_evidence.can_hand_over(refund, part):
        return None
    return form or HandOverForm(refund=refund)


def _describe_queue_place(
    request: HttpRequest, refund: Refund, person: User, part: refund_evidence.Part
) -> dict[str, Any]:
    """The person's queue and where the refund stands in it, as the page shows them."""
    waiting = review_queue.list_waiting_ids(person) if part.rights.supervisor else []
    place = _find_queue_place(request, refund, waiting)
    return {"place": place, "waiting_ids": waiting, "kept": request.GET.urlencode()}


def _find_queue_place(
    request: HttpRequest, refund: Refund, waiting: list[int]
) -> review_queue.QueuePlace | None:
    """Where the refund stands in the queue ``waiting``, under the filters of the address."""
    listed = review_queue.list_filtered_ids(waiting, request.GET, request)
    return review_queue.find_place(refund, listed)


def _build_filtered_url(request: HttpRequest, pk: int) -> str:
    address = Refund(pk=pk).get_absolute_url()
    return f"{address}?{request.GET.urlencode()}" if request.GET else address
