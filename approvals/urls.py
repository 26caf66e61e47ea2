"""The addresses of approvals."""

from django.urls import path

from approvals import views
from approvals.views import review_pages as review_views

app_name = "approvals"
urlpatterns = [
    path("", views.show_queue, name="queue"),
    path("<int:pk>/", views.show_refund, name="refund"),
    path("<int:pk>/decide/", views.decide_refund, name="decide"),
    path("<int:pk>/paid/", views.record_payment, name="paid"),
    path("<int:pk>/take-back/", views.take_back_approval, name="take_back"),
    path("<int:pk>/settle/", views.settle_payment, name="settle"),
    path("<int:pk>/hand-over/", views.hand_over_request, name="hand_over"),
    path("<int:pk>/ask-again/", views.answer_question, name="ask_again"),
    path("mails/", views.set_mail_preference, name="mails"),
    path("<int:pk>/first-opinion/", review_views.submit_first_opinion, name="first_opinion"),
    path("how-we-decide/", review_views.show_reviewer_metrics, name="how_we_decide"),
    path("how-we-decide/check/", review_views.plant_check, name="plant"),
    path("<int:pk>/revealed/", review_views.show_revealed_check, name="revealed"),
    path("looks/<int:pk>/", review_views.record_page_view, name="look"),
    path("accounts/", views.show_accounts, name="accounts"),
    path("accounts/<int:pk>/confirm/", views.confirm_account, name="confirm_account"),
    path("request/<int:ticket_pk>/", views.request_refund, name="request"),
]
