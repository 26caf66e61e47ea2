"""Every address of the site."""

from allauth.account import views as account
from django.contrib import admin
from django.urls import include, path

from triage.views import health

# Of allauth only what a closed shop needs: accounts are made in the admin panel.
accounts = [
    path("login/", account.login, name="account_login"),
    path("logout/", account.logout, name="account_logout"),
    path("password/change/", account.password_change, name="account_change_password"),
    path("inactive/", account.account_inactive, name="account_inactive"),
]

urlpatterns = [
    path("", include("tickets.urls")),
    path("approvals/", include("approvals.urls")),
    path("machine/", include("triage.views.urls")),
    path("accounts/", include(accounts)),
    path("admin/", admin.site.urls),
    path("healthz", health.healthz, name="healthz"),
]
