"""How the pages look and listen on this device: two cookies, no account needed."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

CHOICES = {"theme": ("auto", "light", "dark"), "keys": ("on", "off")}
YEAR_SECONDS = 365 * 24 * 3600


@require_POST
def save_preferences(request: HttpRequest) -> HttpResponse:
    """Remember the theme and whether single keys do something, then go back."""
    response = HttpResponseRedirect(get_return_url(request))
    for name, allowed in CHOICES.items():
        if (value := request.POST.get(name, "")) in allowed:
            response.set_cookie(
                name,
                value,
                max_age=YEAR_SECONDS,
                samesite="Lax",
                secure=settings.SESSION_COOKIE_SECURE,
            )
    return response


def get_return_url(request: HttpRequest) -> str:
    """The URL that the form asks to return to, if it is one of ours; else the inbox."""
    asked = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(
        asked, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return asked if safe and asked.startswith("/") else reverse("tickets:inbox")
