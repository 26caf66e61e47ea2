"""The addresses of the machine's pages."""

from django.urls import path

from triage.views import (
    answers_page,
    intent_proposals,
    label_correction,
    learning,
    policy_pages,
    policy_simulation,
    replacements,
    retrieval,
    saved_reply_pages,
    subgroup_errors,
)

app_name = "triage"
urlpatterns = [
    path("policies/", policy_pages.list_policies, name="policies"),
    path("policies/check/", policy_pages.check_policies, name="policy_check"),
    path("policies/what-if/", policy_simulation.request_simulation, name="what_if"),
    path("policies/what-if/<int:pk>/", policy_simulation.show_simulation, name="what_if_answer"),
    path(
        "policies/<slug:slug>/compare/<int:old>/<int:new>/",
        policy_pages.compare_versions,
        name="compare",
    ),
    path("policies/<str:ref>/<int:version>/", policy_pages.show_clause, name="clause"),
    path(
        "policies/<str:ref>/<int:version>/tickets/",
        policy_pages.list_clause_uses,
        name="clause_uses",
    ),
    path("answers/", answers_page.show_answers, name="answers"),
    path("replies/", saved_reply_pages.list_saved_replies, name="replies"),
    path("replies/<slug:slug>/", saved_reply_pages.show_saved_reply, name="reply"),
    path("tickets/<int:pk>/label/", label_correction.choose_label, name="relabel"),
    path("tickets/<int:pk>/replacement/", replacements.ask_for_replacement, name="replacement"),
    path("tickets/<int:pk>/confirm/", learning.confirm_label, name="confirm"),
    path("learning/", learning.show_learning, name="learning"),
    path("learning/progress/", learning.show_progress, name="learning_progress"),
    path("learning/train/", learning.request_training, name="train"),
    path("learning/back/", learning.roll_back_version, name="learning_back"),
    path("learning/import/", learning.import_intent_file, name="import_intents"),
    path("learning/clauses/", retrieval.show_tuning, name="tuning"),
    path("learning/clauses/tune/", retrieval.request_tuning, name="tune"),
    path("learning/clauses/plain/", retrieval.use_plain_encoder, name="plain_encoder"),
    path("learning/clauses/<int:pk>/use/", retrieval.use_encoder, name="use_encoder"),
    path("learning/<int:pk>/", learning.show_version, name="version"),
    path("learning/<int:pk>/activate/", learning.activate_version, name="activate"),
    path("who-pays/", subgroup_errors.show_subgroups, name="who_pays"),
    path("proposals/", intent_proposals.list_proposals, name="proposals"),
    path("proposals/look/", intent_proposals.request_proposals, name="look_for_proposals"),
    path("proposals/<int:pk>/take/", intent_proposals.take_proposal, name="take_proposal"),
    path("proposals/<int:pk>/refuse/", intent_proposals.refuse_proposal, name="refuse_proposal"),
    path("alarms/<int:pk>/end/", intent_proposals.end_alarm, name="end_alarm"),
]
