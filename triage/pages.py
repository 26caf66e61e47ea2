"""The addresses of the machine's pages."""

from django.urls import path

from triage.views import learning, policies, proposals, relabel, tuning, what_if, who_pays

app_name = "triage"
urlpatterns = [
    path("policies/", policies.policies, name="policies"),
    path("policies/check/", policies.check, name="policy_check"),
    path("policies/what-if/", what_if.ask, name="what_if"),
    path("policies/what-if/<int:pk>/", what_if.answer, name="what_if_answer"),
    path("policies/<slug:slug>/compare/<int:old>/<int:new>/", policies.compare, name="compare"),
    path("policies/<str:ref>/<int:version>/", policies.clause, name="clause"),
    path("policies/<str:ref>/<int:version>/tickets/", policies.uses, name="clause_uses"),
    path("tickets/<int:pk>/label/", relabel.relabel, name="relabel"),
    path("tickets/<int:pk>/confirm/", learning.confirm, name="confirm"),
    path("learning/", learning.learning, name="learning"),
    path("learning/progress/", learning.progress, name="learning_progress"),
    path("learning/train/", learning.train, name="train"),
    path("learning/back/", learning.back, name="learning_back"),
    path("learning/import/", learning.import_page, name="import_intents"),
    path("learning/clauses/", tuning.page, name="tuning"),
    path("learning/clauses/tune/", tuning.tune, name="tune"),
    path("learning/clauses/plain/", tuning.plain, name="plain_encoder"),
    path("learning/clauses/<int:pk>/use/", tuning.use, name="use_encoder"),
    path("learning/<int:pk>/", learning.version, name="version"),
    path("learning/<int:pk>/activate/", learning.activate, name="activate"),
    path("who-pays/", who_pays.who_pays, name="who_pays"),
    path("proposals/", proposals.proposals, name="proposals"),
    path("proposals/look/", proposals.look, name="look_for_proposals"),
    path("proposals/<int:pk>/take/", proposals.take, name="take_proposal"),
    path("proposals/<int:pk>/refuse/", proposals.refuse, name="refuse_proposal"),
    path("alarms/<int:pk>/end/", proposals.end_alarm, name="end_alarm"),
]
