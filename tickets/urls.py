"""The URLs of the record."""

from django.urls import path

from tickets.views import (
    actions,
    contact_form,
    inbox,
    preferences,
    receipt_page,
    resend,
    ticket_detail,
    writers,
)

app_name = "tickets"
urlpatterns = [
    path("", inbox.show_inbox, name="inbox"),
    path("tickets/<int:pk>/", ticket_detail.show_ticket, name="ticket"),
    path("tickets/<int:pk>/progress/", ticket_detail.show_progress, name="progress"),
    path("tickets/<int:pk>/save/", actions.save_reply, name="save"),
    path("tickets/<int:pk>/send/", actions.send_reply, name="send"),
    path("tickets/<int:pk>/offer/", actions.take_offer, name="take_offer"),
    path("tickets/<int:pk>/again/", actions.rerun_ticket, name="again"),
    path("tickets/<int:pk>/assign/", actions.assign_ticket, name="assign"),
    path("tickets/<int:pk>/close/", actions.close_ticket, name="close"),
    path("tickets/<int:pk>/note/", actions.add_note, name="note"),
    path("messages/<int:pk>/original/", ticket_detail.show_raw_message, name="raw"),
    path("messages/<int:pk>/own/", writers.take_back, name="take_back_forward"),
    path("messages/<int:pk>/delivery/", resend.settle_delivery, name="settle"),
    path("attachments/<int:pk>/", ticket_detail.download_attachment, name="attachment"),
    path("receipts/<int:pk>/", receipt_page.show_receipt, name="receipt"),
    path("receipts/<int:pk>.json", receipt_page.show_receipt_json, name="receipt_json"),
    path("preferences/", preferences.save_preferences, name="preferences"),
    path("contact/", contact_form.contact_support, name="contact"),
    path("contact/thanks/", contact_form.show_thanks, name="thanks"),
]
