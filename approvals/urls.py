"""The addresses of the human's part."""

from django.urls import path

from approvals import views
from approvals.review import views as review_views

app_name = "approvals"
urlpatterns = [
    path("", views.queue, name="queue"),
    path("<int:pk>/", views.refund, name="refund"),
    path("<int:pk>/decide/", views.decide, name="decide"),
    path("<int:pk>/paid/", views.paid, name="paid"),
    path("<int:pk>/take-back/", views.take_back, name="take_back"),
    path("<int:pk>/settle/", views.settle, name="settle"),
    path("<int:pk>/hand-over/", views.hand_over, name="hand_over"),
    path("<int:pk>/ask-again/", views.ask_again, name="ask_again"),
    path("mails/", views.mails, name="mails"),
    path("<int:pk>/first-opinion/", review_views.first_opinion, name="first_opinion"),
    path("how-we-decide/", review_views.how_we_decide, name="how_we_decide"),
    path("how-we-decide/check/", review_views.plant, name="plant"),
    path("<int:pk>/revealed/", review_views.revealed, name="revealed"),
    path("looks/<int:pk>/", review_views.look, name="look"),
    path("request/<int:ticket_pk>/", views.ask, name="request"),
]
