"""The addresses of the machine's pages."""

from django.urls import path

from triage.views import (
    intent_proposals,
    label_correction,
    learning,
    policy_pages,
    policy_simulation,
    retrieval,
    subgroup_errors,
)

app_name = "triage"
urlpatterns = [
    path("policies/", policy_pages.policies, name="policies"),
    path("policies/check/", policy_pages.check, name="policy_check"),
    path("policies/what-if/", policy_simulation.ask, name="what_if"),
    path("policies/what-if/<int:pk>/", policy_simulation.answer, name="what_if_answer"),
    path("policies/<slug:slug>/compare/<int:old>/<int:new>/", policy_pages.compare, name="compare"),
    path("policies/<str:ref>/<int:version>/", policy_pages.clause, name="clause"),
    path("policies/<str:ref>/<int:version>/tickets/", policy_pages.uses, name="clause_uses"),
    path("tickets/<int:pk>/label/", label_correction.relabel, name="relabel"),
    path("tickets/<int:pk>/confirm/", learning.confirm, name="confirm"),
    path("learning/", learning.learning, name="learning"),
    path("learning/progress/", learning.progress, name="learning_progress"),
    path("learning/train/", learning.train, name="train"),
    path("learning/back/", learning.back, name="learning_back"),
    path("learning/import/", learning.import_page, name="import_intents"),
    path("learning/clauses/", retrieval.page, name="tuning"),
    path("learning/clauses/tune/", retrieval.tune, name="tune"),
    path("learning/clauses/plain/", retrieval.plain, name="plain_encoder"),
    path("learning/clauses/<int:pk>/use/", retrieval.use, name="use_encoder"),
    path("learning/<int:pk>/", learning.version, name="version"),
    path("learning/<int:pk>/activate/", learning.activate, name="activate"),
    path("who-pays/", subgroup_errors.who_pays, name="who_pays"),
    path("proposals/", intent_proposals.proposals, name="proposals"),
    path("proposals/look/", intent_proposals.look, name="look_for_proposals"),
    path("proposals/<int:pk>/take/", intent_proposals.take, name="take_proposal"),
    path("proposals/<int:pk>/refuse/", intent_proposals.refuse, name="refuse_proposal"),
    path("alarms/<int:pk>/end/", intent_proposals.end_alarm, name="end_alarm"),
]
