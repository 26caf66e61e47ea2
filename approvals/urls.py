"""The addresses of the human's part."""

from django.urls import path

from approvals import views

app_name = "approvals"
urlpatterns = [
    path("", views.queue, name="queue"),
    path("<int:pk>/", views.refund, name="refund"),
    path("<int:pk>/decide/", views.decide, name="decide"),
    path("<int:pk>/paid/", views.paid, name="paid"),
    path("request/<int:ticket_pk>/", views.ask, name="request"),
]
