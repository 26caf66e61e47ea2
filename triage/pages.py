"""The addresses of the machine's pages."""

from django.urls import path

from triage.views import policies, relabel

app_name = "triage"
urlpatterns = [
    path("policies/", policies.policies, name="policies"),
    path("policies/<str:ref>/<int:version>/", policies.clause, name="clause"),
    path("tickets/<int:pk>/label/", relabel.relabel, name="relabel"),
]
