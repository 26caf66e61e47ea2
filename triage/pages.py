"""The addresses of the machine's pages."""

from django.urls import path

from triage import views

app_name = "triage"
urlpatterns = [
    path("policies/", views.policies, name="policies"),
    path("policies/<str:ref>/<int:version>/", views.clause, name="clause"),
    path("tickets/<int:pk>/label/", views.relabel, name="relabel"),
]
