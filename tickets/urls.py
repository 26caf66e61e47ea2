"""The addresses of the record."""

from django.urls import path

from tickets.views import (
    actions,
    contact_form,
    inbox,
    preferences,
    receipt_page,
    resend,
    ticket_detail,
)

app_name = "tickets"
urlpatterns = [
    path("", inbox.inbox, name="inbox"),
    path("tickets/<int:pk>/", ticket_detail.ticket, name="ticket"),
    path("tickets/<int:pk>/progress/", ticket_detail.progress, name="progress"),
    path("tickets/<int:pk>/save/", actions.save, name="save"),
    path("tickets/<int:pk>/send/", actions.send, name="send"),
    path("tickets/<int:pk>/again/", actions.again, name="again"),
    path("tickets/<int:pk>/assign/", actions.assign, name="assign"),
    path("tickets/<int:pk>/close/", actions.close, name="close"),
    path("tickets/<int:pk>/note/", actions.note, name="note"),
    path("messages/<int:pk>/original/", ticket_detail.raw, name="raw"),
    path("messages/<int:pk>/delivery/", resend.settle, name="settle"),
    path("attachments/<int:pk>/", ticket_detail.attachment, name="attachment"),
    path("receipts/<int:pk>/", receipt_page.receipt, name="receipt"),
    path("receipts/<int:pk>.json", receipt_page.receipt_json, name="receipt_json"),
    path("preferences/", preferences.preferences, name="preferences"),
    path("contact/", contact_form.contact, name="contact"),
    path("contact/thanks/", contact_form.thanks, name="thanks"),
]
