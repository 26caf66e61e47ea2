"""Who may sign in: people whom an admin added, nobody else."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class ClosedAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Sign-up is closed: accounts are made in the admin panel."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False
