"""The accounts page: what was changed on them, by whom and why, and a colleague's word."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from approvals import account_hands
from approvals.errors import Refused
from approvals.forms import ConfirmAccountForm
from approvals.models import AccountChange, AccountConfirmation
from tickets.access import ADMINS, SUPERVISORS, require_role

DETAIL_NAMES = {
    "username": "user name",
    "email": "e-mail",
    "first_name": "first name",
    "last_name": "last name",
    "is_active": "may sign in",
    "is_staff": "may use the admin panel",
    "is_superuser": "may do everything",
    "name": "name",
}
ANSWERS: dict[object, str] = {True: "yes", False: "no", "": "empty"}


@require_safe
@login_required
def show_accounts(request: HttpRequest) -> HttpResponse:
    """Accounts that wait for a colleague's word, and the newest changes of all."""
    return _render_accounts(request, require_role(request.user, SUPERVISORS, ADMINS))


@require_POST
@login_required
def confirm_account(request: HttpRequest, pk: int) -> HttpResponse:
    """A colleague vouches that the account is in its owner's hands."""
    person = require_role(request.user, SUPERVISORS, ADMINS)
    account = get_object_or_404(User, pk=pk)
    form = ConfirmAccountForm(request.POST)
    typed = {account.pk: request.POST.get("why", "")}
    if not form.is_valid():
        why = "Please say how you know, in 300 characters at most."
        return _render_accounts(request, person, typed=typed, refused=why, status=422)
    try:
        account_hands.confirm_account(account.pk, by=person, **form.cleaned_data)
    except Refused as refused:
        code = refused.status
        return _render_accounts(request, person, typed=typed, refused=refused, status=code)
    messages.success(request, f"Confirmed: the account of {account}.")
    return redirect("approvals:accounts")


def _render_accounts(
    request: HttpRequest,
    person: User,
    *,
    typed: dict[int, str] | None = None,
    refused: Refused | str = "",
    status: int = 200,
) -> HttpResponse:
    shown = {
        "waiting": [
            _describe_waiting(account, person, (typed or {}).get(account.pk, ""))
            for account in account_hands.list_unconfirmed_people()
        ],
        "changes": [_describe_change(change) for change in account_hands.list_changes()],
        "vouched": AccountConfirmation.objects.select_related("account", "by")[:20],
        "refused": refused,
    }
    return render(request, "approvals/accounts.html", shown, status=status)


def _describe_waiting(account: User, person: User, typed: str) -> dict[str, Any]:
    opened = list(account_hands.query_open_changes(account.pk).select_related("by"))
    return {
        "account": account,
        "opened": [
            {
                "by": change.by,
                "said": account_hands.describe_change(change),
                "at": change.at,
                "why": change.why,
            }
            for change in opened
        ],
        "newest": account_hands.get_newest_change_id(account),
        "why_not": account_hands.explain_no_confirming(account, person),
        "typed": typed,
    }


def _describe_change(change: AccountChange) -> AccountChange:
    """The change with its values as one line: names, and each detail before and after."""
    parts = [
        _describe_detail(name, *value) if isinstance(value, list) else value
        for name, value in change.detail.items()
        if value != str(change.account)  # "ada account made" says it already
    ]
    change.values = ", ".join(parts)  # type: ignore[attr-defined]
    return change


def _describe_detail(name: str, before: object, after: object) -> str:
    """One detail in words: ``may use the admin panel: no → yes``, or ``new: admins``."""
    if before is None:
        return f"new: {after}"
    if after is None:
        return f"gone: {before}"
    old, new = (ANSWERS.get(value, value) for value in (before, after))
    return f"{DETAIL_NAMES.get(name, name)}: {old} → {new}"
