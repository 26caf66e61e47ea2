"""The page where a request failed on our side."""

from __future__ import annotations

import sys

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views.defaults import server_error

from triage.runtime.machine_faults import is_database_away, is_disk_full

RETRY_SECONDS = 5


def show_server_error(request: HttpRequest) -> HttpResponse:
    """503 with what to do where the machine is at fault and heals, 500 for anything else."""
    error = sys.exc_info()[1]
    is_full = is_disk_full(error)
    if not is_full and not is_database_away(error):
        return server_error(request)
    page = render_to_string("503.html", {"is_full": is_full})
    return HttpResponse(page, status=503, headers={"Retry-After": str(RETRY_SECONDS)})
