"""The addresses of the record."""

from django.urls import path

from tickets import public
from tickets.views import actions, delivery, inbox, preferences, receipts, ticket

app_name = "tickets"
urlpatterns = [
    path("", inbox.inbox, name="inbox"),
    path("tickets/<int:pk>/", ticket.ticket, name="ticket"),
    path("tickets/<int:pk>/progress/", ticket.progress, name="progress"),
    path("tickets/<int:pk>/save/", actions.save, name="save"),
    path("tickets/<int:pk>/send/", actions.send, name="send"),
    path("tickets/<int:pk>/again/", actions.again, name="again"),
    path("tickets/<int:pk>/assign/", actions.assign, name="assign"),
    path("tickets/<int:pk>/close/", actions.close, name="close"),
    path("tickets/<int:pk>/note/", actions.note, name="note"),
    path("messages/<int:pk>/original/", ticket.raw, name="raw"),
    path("messages/<int:pk>/delivery/", delivery.settle, name="settle"),
    path("attachments/<int:pk>/", ticket.attachment, name="attachment"),
    path("receipts/<int:pk>/", receipts.receipt, name="receipt"),
    path("receipts/<int:pk>.json", receipts.receipt_json, name="receipt_json"),
    path("preferences/", preferences.preferences, name="preferences"),
    path("contact/", public.contact, name="contact"),
    path("contact/thanks/", public.thanks, name="thanks"),
]
