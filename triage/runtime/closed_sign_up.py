"""Who may sign in: people whom an admin added, nobody else."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest

from tickets.views.contact_form import get_client_address


class ClosedAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Sign-up is closed: accounts are made in the admin panel."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """Behind our own proxy the address it saw, so that wrong passwords of one address do
        not shut everybody out.
        """
        return get_client_address(request)
