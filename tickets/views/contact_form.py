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

MAX_POSTS, POST_WINDOW_SECONDS = 10, 600
"""How many posts one address may send in how long."""

MAX_FILES = 5
MAX_FILE_BYTES = 10 * 1024 * 1024
CONTENT_TYPES = {
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

    widget = FilesInput(attrs={"accept": ",".join(f".{suffix}" for suffix in CONTENT_TYPES)})

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile[Any]]:
        files = [super(FilesField, self).clean(each, initial) for each in data or []]
        if len(files) > MAX_FILES:
            raise forms.ValidationError(f"Please attach at most {MAX_FILES} files.")
        for file in files:
            if file.size > MAX_FILE_BYTES:
                raise forms.ValidationError(f"{file.name} is larger than 10 MB.")
            if get_suffix(file) not in CONTENT_TYPES:
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
        help_text=f"At most {MAX_FILES} files of 10 MB each: pictures, PDF or text.",
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


def get_suffix(file: UploadedFile[Any]) -> str:
    return (file.name or "").rpartition(".")[2].lower()


@never_cache
@require_http_methods(["GET", "POST"])
def contact_support(request: HttpRequest) -> HttpResponse:
    """The contact form, and its post: a ticket in the inbox."""
    form = ContactForm(request.POST or None, request.FILES or None)
    if request.method != "POST":
        return _render_form(request, form)
    if not form.is_valid():
        return _render_form(request, form, status=422)
    if is_over_post_limit(request):
        form.add_error(
            None, "You have written to us often just now. Please try again in ten minutes."
        )
        return _render_form(request, form, status=429)
    _receive_post(form.cleaned_data)
    return redirect("tickets:thanks")


@require_GET
def show_thanks(request: HttpRequest) -> HttpResponse:
    """The page after a post that arrived."""
    return render(request, "tickets/public_thanks.html", {"shop": settings.SHOP_NAME})


def _render_form(request: HttpRequest, form: ContactForm, status: int = 200) -> HttpResponse:
    shown = {"form": form, "shop": settings.SHOP_NAME}
    return render(request, "tickets/public_form.html", shown, status=status)


def _receive_post(said: dict[str, Any]) -> None:
    files = cast("list[UploadedFile[Any]]", said["attachments"])
    receive_form(
        token=said["token"].hex,
        name=said["name"],
        email=said["email"],
        subject=said["subject"],
        text=said["message"],
        order_number=said["order_number"],
        attachments=[
            File(file.name or "file", CONTENT_TYPES[get_suffix(file)], file.read())
            for file in files
        ],
    )


def is_over_post_limit(request: HttpRequest) -> bool:
    """Count this post; return whether its address sent more than it may.

    A post takes one of the address's places in Django's default cache and frees it after
    ``POST_WINDOW_SECONDS``. Taking one is a single act of the cache, which all web processes
    share: a counter there is read first and written then, and posts at the same moment count
    once.
    """
    places = (f"contact:{get_client_address(request)}:{place}" for place in range(MAX_POSTS))
    return not any(cache.add(place, "taken", timeout=POST_WINDOW_SECONDS) for place in places)


def get_client_address(request: HttpRequest) -> str:
    """The client's address: the last hop that our own proxy wrote down, else the peer."""
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "")
    if settings.SECURE_PROXY_SSL_HEADER and forwarded:
        return str(forwarded.rpartition(",")[2].strip())
    return str(request.META.get("REMOTE_ADDR", ""))
