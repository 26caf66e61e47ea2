"""The public contact form: the one page of ours that anybody may use."""

from __future__ import annotations

import uuid
from typing import Any, cast

from django import forms
from django.conf import settings
from django.core.cache import cache
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from tickets.intake import receive_form
from tickets.mail.mime import File

POSTS, SECONDS = 10, 600
"""How many posts one address may send in how long."""

MOST_FILES = 5
LARGEST_FILE = 10 * 1024 * 1024
KINDS = {
    "gif": "image/gif",
    "heic": "image/heic",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "pdf": "application/pdf",
    "png": "image/png",
    "txt": "text/plain",
    "webp": "image/webp",
}


class FilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Several files, each small enough and of a kind that support can open."""

    widget = FilesInput(attrs={"accept": ",".join(f".{suffix}" for suffix in KINDS)})

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile[Any]]:
        files = [super(FilesField, self).clean(each, initial) for each in data or []]
        if len(files) > MOST_FILES:
            raise forms.ValidationError(f"Please attach at most {MOST_FILES} files.")
        for file in files:
            if file.size > LARGEST_FILE:
                raise forms.ValidationError(f"{file.name} is larger than 10 MB.")
            if suffix(file) not in KINDS:
                raise forms.ValidationError(f"{file.name} is not a picture, a PDF or a text file.")
        return files


class ContactForm(forms.Form):
    """What somebody asks, and where to answer. ``token`` makes a second click harmless."""

    token = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    name = forms.CharField(max_length=200, label="Your name")
    email = forms.EmailField(max_length=254, label="Your e-mail address")
    order_number = forms.CharField(
        max_length=60, required=False, label="Order number (if you have one)"
    )
    subject = forms.CharField(max_length=200)
    message = forms.CharField(max_length=20_000, widget=forms.Textarea(attrs={"rows": 8}))
    attachments = FilesField(
        required=False,
        label="Pictures or documents",
        help_text=f"At most {MOST_FILES} files of 10 MB each: pictures, PDF or text.",
    )
    website = forms.CharField(required=False, label="Leave this empty")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, hint in {"name": "name", "email": "email"}.items():
            self.fields[name].widget.attrs["autocomplete"] = hint
        for field in self.visible_fields():
            field.field.widget.attrs["class"] = "form-control"
            if self.is_bound and field.errors:
                field.field.widget.attrs |= {
                    "aria-invalid": "true",
                    "aria-describedby": f"{field.id_for_label}_error",
                }
        self.fields["website"].widget.attrs |= {"tabindex": "-1", "autocomplete": "off"}

    def clean_website(self) -> str:
        """People do not see this field. Whoever fills it is told, in case they are one."""
        if self.cleaned_data["website"]:
            raise forms.ValidationError("Please leave the last field empty and send again.")
        return ""


def suffix(file: UploadedFile[Any]) -> str:
    return (file.name or "").rpartition(".")[2].lower()


@never_cache
@require_http_methods(["GET", "POST"])
def contact(request: HttpRequest) -> HttpResponse:
    """Ask support something."""
    form = ContactForm(request.POST or None, request.FILES or None)
    if request.method != "POST":
        return _page(request, form)
    if not form.is_valid():
        return _page(request, form, status=422)
    if is_too_often(request):
        form.add_error(
            None, "You have written to us often just now. Please try again in ten minutes."
        )
        return _page(request, form, status=429)
    _receive(form.cleaned_data)
    return redirect("tickets:thanks")


@require_GET
def thanks(request: HttpRequest) -> HttpResponse:
    """It arrived."""
    return render(request, "tickets/public_thanks.html", {"shop": settings.SHOP_NAME})


def _page(request: HttpRequest, form: ContactForm, status: int = 200) -> HttpResponse:
    shown = {"form": form, "shop": settings.SHOP_NAME}
    return render(request, "tickets/public_form.html", shown, status=status)


def _receive(said: dict[str, Any]) -> None:
    files = cast("list[UploadedFile[Any]]", said["attachments"])
    receive_form(
        token=said["token"].hex,
        name=said["name"],
        email=said["email"],
        subject=said["subject"],
        text=said["message"],
        order_number=said["order_number"],
        attachments=[File(file.name or "file", KINDS[suffix(file)], file.read()) for file in files],
    )


def is_too_often(request: HttpRequest) -> bool:
    """Count this post; whether its address sent more than it may.

    A post takes one of the address's places in Django's default cache and frees it after
    ``SECONDS``. Taking one is a single act of the cache, which all web processes share:
    a counter there is read first and written then, and posts at the same moment count once.
    """
    places = (f"contact:{address(request)}:{place}" for place in range(POSTS))
    return not any(cache.add(place, "taken", timeout=SECONDS) for place in places)


def address(request: HttpRequest) -> str:
    """Who asks: the last hop that our own proxy wrote down, or the peer where there is none."""
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "")
    if settings.SECURE_PROXY_SSL_HEADER and forwarded:
        return str(forwarded.rpartition(",")[2].strip())
    return str(request.META.get("REMOTE_ADDR", ""))
