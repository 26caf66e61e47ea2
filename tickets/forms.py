"""What agents may type, and how much of it."""

from __future__ import annotations

from django import forms

MAX_TEXT_CHARS = 20_000


class ReplyForm(forms.Form):
    """Everything the ticket page posts, whichever of its buttons was pressed."""

    text = forms.CharField(max_length=MAX_TEXT_CHARS, required=False, strip=False)
    seen = forms.CharField(max_length=80, required=False)
    note = forms.CharField(max_length=MAX_TEXT_CHARS, required=False)
