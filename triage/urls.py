"""Every address of the site."""

from allauth.account import views as account
from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path

from triage.views import health

# The panel has no sign-in of its own: that of the site counts wrong passwords.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

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

handler500 = "triage.views.server_error.show_server_error"
