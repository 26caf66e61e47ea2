"""What people may tell the machine on its pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils import timezone

from tickets.models import Order
from triage.contract.case import Line
from triage.models import Intent, PolicyVersion
from triage.models.saved_replies import MAX_WORDING_CHARS
from triage.policies.loading import BadPolicies
from triage.policy_review.simulation import DEFAULT_TICKET_COUNT, read_version

OUT_OF_SCOPE_CHOICE = "none"


def _list_label_choices() -> list[tuple[str, str]]:
    named = Intent.objects.filter(active=True).values_list("pk", "name")
    known = [(str(pk), name) for pk, name in named]
    return [("", "Choose a label"), *known, (OUT_OF_SCOPE_CHOICE, "None of ours")]


class LabelForm(forms.Form):
    """The right label, or that it is none of ours, and why the other was wrong."""

    intent = forms.ChoiceField(choices=_list_label_choices, label="Right label")
    why = forms.CharField(
        max_length=1_000,
        required=False,
        label="Why (optional)",
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(
        self, data: Any = None, *, of_form: str = "", suggested: Intent | None = None
    ) -> None:
        """``of_form`` is the id of the form on another page that the fields belong to;
        ``suggested`` is chosen at first."""
        first = {"intent": str(suggested.pk)} if suggested else {}
        super().__init__(data, initial=first, use_required_attribute=not of_form)
        for field in self.fields.values():
            if of_form:
                field.widget.attrs["form"] = of_form

    def clean_intent(self) -> Intent | None:
        """The intent; None for out of scope."""
        chosen = self.cleaned_data["intent"]
        return None if chosen == OUT_OF_SCOPE_CHOICE else Intent.objects.get(pk=chosen)


class ReplacementForm(forms.Form):
    """How many pieces of each line are to be sent once more, of one order, and why.

    ``found`` are the orders, each with its lines by their index. Clean, it has ``order`` and
    ``pieces``: the number of pieces by the index of the line.
    """

    why = forms.CharField(
        max_length=2_000,
        label="Why",
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": "Please say why: a supervisor reads it."},
    )

    def __init__(self, data: Any = None, *, found: Sequence[tuple[Order, dict[int, Line]]]) -> None:
        super().__init__(data)
        self.found = found
        for order, lines in found:
            for index, line in lines.items():
                self.fields[_name_line(order, index)] = _build_count_field(line)

    def list_orders(self) -> list[tuple[Order, list[forms.BoundField]]]:
        """The orders, each with the fields of its lines."""
        return [
            (order, [self[_name_line(order, index)] for index in lines])
            for order, lines in self.found
        ]

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        wanted = [
            (order, {index: n for index in lines if (n := said.get(_name_line(order, index)))})
            for order, lines in self.found
        ]
        chosen = [{"order": order, "pieces": pieces} for order, pieces in wanted if pieces]
        if len(chosen) > 1:
            raise forms.ValidationError(
                "A request is about one order: please ask for the other one by itself."
            )
        if not chosen and not self.errors:
            raise forms.ValidationError("Please say how many of what are to be sent once more.")
        return {**said, **(chosen[0] if chosen else {})}


def _name_line(order: Order, index: int) -> str:
    return f"line-{order.pk}-{index}"


def _build_count_field(line: Line) -> forms.IntegerField:
    left = line.quantity - line.returned
    too_many = f"There {'is' if left == 1 else 'are'} only {left} to replace."
    return forms.IntegerField(
        required=False,
        min_value=0,
        max_value=left,
        label=line.name,
        help_text=f"{left} of {line.quantity} can be replaced" if left > 1 else "",
        error_messages={"max_value": too_many},
    )


class ReasonForm(forms.Form):
    """Why a version is put to work: kept with the name and the time."""

    why = forms.CharField(
        label="Why", max_length=300, help_text="Kept with your name; colleagues will read it."
    )


MAX_IMPORT_BYTES = 20 * 1024 * 1024
MAX_PAST_BYTES = 200 * 1024 * 1024


class ImportForm(forms.Form):
    """A file of examples, and whether it stands for the whole taxonomy."""

    file = forms.FileField(
        label="File",
        help_text="CSV or JSON Lines in UTF-8, with the columns text (or sentence) and label "
        "(or category, or intent).",
    )
    only = forms.BooleanField(
        required=False,
        label="Retire the intents that the file does not name",
        help_text="They are switched off and can be switched on again; nothing is deleted.",
    )

    def clean_file(self) -> Any:
        upload = self.cleaned_data["file"]
        if upload.size > MAX_IMPORT_BYTES:
            raise forms.ValidationError(
                "The file is larger than 20 MB: use `manage.py import_intents` for it."
            )
        return upload


class ProposalForm(forms.Form):
    """What a group of tickets asks for: a new intent by its name, or one there is."""

    name = forms.CharField(max_length=120, required=False, label="Name of the new intent")
    into = forms.ModelChoiceField(
        Intent.objects.filter(active=True),
        required=False,
        label="Or examples for one there is",
        empty_label="None: make a new one",
    )
    ticket = forms.TypedMultipleChoiceField(coerce=int, label="Tickets")

    def __init__(self, data: Any = None, *, tickets: Any = (), auto_id: str = "id_%s") -> None:
        super().__init__(data, auto_id=auto_id)
        ticket = self.fields["ticket"]
        assert isinstance(ticket, forms.TypedMultipleChoiceField)  # noqa: S101  has choices
        ticket.choices = [(pk, str(pk)) for pk in tickets]


class PastTicketsForm(forms.Form):
    """A file of past tickets; none for those that are here already."""

    file = forms.FileField(
        required=False,
        label="File of past tickets",
        help_text="CSV or JSON Lines in UTF-8: Zendesk’s JSON export, tickets of Freshdesk’s API "
        "with their conversations, conversations of Help Scout’s API with their threads, or a "
        "table with a row for each ticket. Leave it empty to learn from what is here already.",
    )

    def clean_file(self) -> Any:
        upload = self.cleaned_data["file"]
        if upload and upload.size > MAX_PAST_BYTES:
            raise forms.ValidationError(
                "The file is larger than 200 MB: use `manage.py import_tickets` for it, then leave "
                "this empty."
            )
        return upload


class SwitchOnForm(forms.Form):
    """The labels and replies that are to be used from now on, and why."""

    label = forms.MultipleChoiceField(required=False)
    reply = forms.TypedMultipleChoiceField(coerce=int, required=False)
    why = forms.CharField(
        label="Why", max_length=300, help_text="Kept with your name; colleagues will read it."
    )

    def __init__(
        self, data: Any = None, *, labels: Sequence[str] = (), replies: Sequence[int] = ()
    ) -> None:
        super().__init__(data)
        self._offer("label", labels)
        self._offer("reply", replies)

    def _offer(self, name: str, values: Sequence[Any]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101  has choices
        field.choices = [(value, str(value)) for value in values]

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if not self.errors and not (said["label"] or said["reply"]):
            raise forms.ValidationError("Tick at least one label or one reply.")
        return said


class ReplyProposalForm(forms.Form):
    """A saved reply as it was proposed, to be worded for everybody."""

    title = forms.CharField(max_length=120, label="What it answers")
    text = forms.CharField(
        max_length=MAX_WORDING_CHARS,
        label="Reply, without greeting and closing",
        widget=forms.Textarea(attrs={"rows": 5, "spellcheck": "true"}),
    )
    questions = forms.CharField(
        label="Questions it is found by, one on each line",
        widget=forms.Textarea(attrs={"rows": 5}),
    )

    def clean_questions(self) -> list[str]:
        lines = str(self.cleaned_data["questions"]).splitlines()
        return list(dict.fromkeys(line.strip() for line in lines if line.strip()))


class WhatIfForm(forms.Form):
    """A new version of a policy that is tried out: written here, or one that has not begun."""

    version = forms.ModelChoiceField(
        PolicyVersion.objects.none(),
        required=False,
        label="A version that has not begun",
        empty_label="None: I write one below",
    )
    markdown = forms.CharField(
        required=False,
        label="Or a new version, in Markdown",
        widget=forms.Textarea(attrs={"rows": 14, "spellcheck": "true"}),
        help_text="As for a policy that is loaded: lines with id, title and effective_from between "
        "two lines of ---, then a heading (##) for each clause. Write the whole policy: a clause "
        "that is left out counts as withdrawn. It is not stored as a policy.",
    )
    tickets = forms.IntegerField(
        min_value=1,
        max_value=5_000,
        initial=DEFAULT_TICKET_COUNT,
        label="How many of the last tickets",
    )

    def __init__(self, data: Any = None, *, initial: Mapping[str, Any] | None = None) -> None:
        super().__init__(data, initial=dict(initial or {}))
        coming = PolicyVersion.objects.filter(effective_from__gt=timezone.localdate())
        version: Any = self.fields["version"]
        version.queryset = coming.order_by("effective_from")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        version, markdown = cleaned.get("version"), cleaned.get("markdown", "").strip()
        if bool(version) == bool(markdown):
            raise forms.ValidationError("Choose a version or write one: one of the two.")
        if markdown:
            self._validate_markdown(markdown)
        return cleaned

    def _validate_markdown(self, markdown: str) -> None:
        """Read the wording; its faults, with their lines, become errors of the form."""
        try:
            read_version(markdown)
        except BadPolicies as bad:
            for problem in bad.problems:
                self.add_error("markdown", f"Line {problem.line}: {problem.because}")

    def get_job_arguments(self) -> dict[str, Any]:
        """The version or wording and the number of tickets, as the job takes them."""
        version = self.cleaned_data["version"]
        new = {"version": version.pk} if version else {"markdown": self.cleaned_data["markdown"]}
        return {**new, "tickets": self.cleaned_data["tickets"]}
