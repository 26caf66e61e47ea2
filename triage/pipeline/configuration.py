"""What is in force: all that admins set and training made, read once for as long as it stays."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from django.db import connection
from django.db.models import Count, Max, Min
from django.db.models.functions import Least

from approvals.models import ApprovalLimit, RefundRule
from triage import models
from triage.contract import case
from triage.contract.saved_reply import SavedReply
from triage.contract.step import Step
from triage.pipeline.saved_reply_rows import load_saved_replies

# What a table says, as one text: of the large ones only what of them is in force.
STATES = {
    models.Intent: "SELECT string_agg(t::text, ' ' ORDER BY id) FROM {} t WHERE active",
    RefundRule: "SELECT string_agg(t::text, ' ' ORDER BY id) FROM {} t WHERE active",
    models.Phrase: "SELECT string_agg(t::text, ' ' ORDER BY id) FROM {} t WHERE active",
    models.Limit: "SELECT string_agg(t::text, ' ' ORDER BY id) FROM {} t",
    models.Rung: "SELECT string_agg(t::text, ' ' ORDER BY id) FROM {} t WHERE active",
    ApprovalLimit: "SELECT string_agg(t::text, ' ' ORDER BY id) FROM {} t",
    models.Alarm: "SELECT string_agg(t::text, ' ' ORDER BY id) FROM {} t WHERE ended_at IS NULL",
    models.Classifier: "SELECT string_agg(concat_ws(' ', id, first_checks_done), ' ') FROM {} "
    "WHERE active",
    models.TunedEncoder: "SELECT string_agg(id::text, ' ' ORDER BY id) FROM {} WHERE active",
    models.SavedReply: "SELECT string_agg(t::text, ' ' ORDER BY id) FROM {} t",
    models.SavedWording: "SELECT string_agg(t::text, ' ' ORDER BY id) FROM {} t",
    models.Clause: "SELECT concat_ws(' ', max(version_id), count(*)) FROM {}",
    models.SentReply: "SELECT concat_ws(' ', max(message_id), count(*)) "
    "FROM (SELECT message_id FROM {} ORDER BY message_id DESC LIMIT 5000) newest",
}


@dataclass(frozen=True, kw_only=True)
class Configuration:
    """Everything that admins set and training made, as of one moment.

    ``limits`` (by step and name) and ``ladders`` (engine names by step) are those that an admin
    set; without, a step's own are in force. ``large_amounts`` are by currency.
    ``classifier`` and ``tuned_encoder`` are ids, 0 for none; ``alarms`` are labels by the id of
    their classifier. ``first_checks_done``: of the active classifier. ``clauses`` is the last
    version and the number of clauses: a key that changes whenever a policy version is loaded, as
    versions are never edited or deleted. ``sent_replies`` is the same of the library of what
    people answered.
    """

    intents: tuple[case.Intent, ...]
    rules: tuple[case.Rule, ...]
    phrases: tuple[case.Phrase, ...]
    replies: tuple[SavedReply, ...]
    limits: Mapping[tuple[str, str], float]
    ladders: Mapping[str, tuple[str, ...]]
    large_amounts: Mapping[str, Decimal]
    classifier: int
    first_checks_done: bool
    alarms: Mapping[int, frozenset[str]]
    tuned_encoder: int
    clauses: tuple[int, int]
    sent_replies: tuple[int, int]

    def get_limit(self, step: Step, name: str) -> float:
        """The limit of that name: a step's own, overruled by an admin's."""
        return self.limits.get((step.name, name), step.limits[name])

    def get_audit_share(self, step: Step) -> float:
        """The share of tickets whose label a person is asked about: the larger one while a
        version is new.
        """
        usual = self.get_limit(step, "audit")
        if not self.classifier or self.first_checks_done or not usual:
            return usual
        return max(usual, self.get_limit(step, "first_audit"))


def load_configuration() -> Configuration:
    """What is in force now. One query, where it is what it was when it was last asked for."""
    while True:
        with suppress(_ConfigurationChanged):
            return _load_once(_read_state())


class _ConfigurationChanged(Exception):
    """Somebody changed it while it was read: what was read belongs to neither state."""


@lru_cache(maxsize=2)
def _load_once(state: str) -> Configuration:
    made = _build_configuration()
    if _read_state() != state:
        raise _ConfigurationChanged
    return made


def _read_state() -> str:
    """A digest of everything that a configuration is made of."""
    parts = [f"({sql.format(model._meta.db_table)})" for model, sql in STATES.items()]
    said = ", '|', ".join(parts)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT encode(sha256(convert_to(concat({said}), 'UTF8')), 'hex')")
        return str(cursor.fetchone()[0])


def _build_configuration() -> Configuration:
    active, tuned = _get_active_id(models.Classifier), _get_active_id(models.TunedEncoder)
    clauses = models.Clause.objects.aggregate(last=Max("version"), count=Count("pk"))
    sent = models.SentReply.objects.aggregate(last=Max("message"), count=Count("pk"))
    limits = models.Limit.objects.values_list("step", "name", "value")
    phrases = models.Phrase.objects.filter(active=True).select_related("intent")
    return Configuration(
        intents=tuple(map(_build_intent, models.Intent.objects.filter(active=True))),
        rules=tuple(map(_build_rule, RefundRule.objects.filter(active=True))),
        phrases=tuple(map(_build_phrase, phrases)),
        replies=tuple(load_saved_replies()),
        limits={(step, name): value for step, name, value in limits},
        ladders=_load_ladders(),
        large_amounts=_load_large_amounts(),
        classifier=active,
        first_checks_done=models.Classifier.objects.filter(
            active=True, first_checks_done=True
        ).exists(),
        alarms=_load_alarms(),
        tuned_encoder=tuned,
        clauses=(clauses["last"] or 0, clauses["count"]),
        sent_replies=(sent["last"] or 0, sent["count"]),
    )


def _get_active_id(model: type[models.Classifier] | type[models.TunedEncoder]) -> int:
    return model._default_manager.filter(active=True).values_list("pk", flat=True).first() or 0


def _load_ladders() -> dict[str, tuple[str, ...]]:
    rows = models.Rung.objects.filter(active=True).order_by("position")
    ladders: dict[str, tuple[str, ...]] = {}
    for step, engine in rows.values_list("step", "engine"):
        ladders[step] = (*ladders.get(step, ()), engine)
    return ladders


def _load_alarms() -> dict[int, frozenset[str]]:
    """The labels of open alarms, by the id of the classifier that they are about."""
    found: dict[int, frozenset[str]] = {}
    rows = models.Alarm.objects.filter(ended_at=None).values_list("classifier", "label")
    for classifier, label in rows:
        found[classifier] = found.get(classifier, frozenset()) | {label}
    return found


def _load_large_amounts() -> dict[str, Decimal]:
    """By currency, half of the smallest amount that one person may not approve alone."""
    limits = ApprovalLimit.objects.order_by().values("currency")
    least = limits.annotate(least=Least(Min("two_above"), Min("up_to")))
    return {row["currency"]: row["least"] / 2 for row in least if row["least"]}


def _build_intent(row: models.Intent) -> case.Intent:
    return case.Intent(
        slug=row.slug,
        name=row.name,
        description=row.description,
        phrases=tuple(row.phrases),
        money=row.money,
        dated_by_purchase=row.dated_by_purchase,
    )


def _build_phrase(row: models.Phrase) -> case.Phrase:
    return case.Phrase(
        text=row.text,
        required=row.rule == models.Phrase.Rule.HAS_TO,
        intent=row.intent.slug if row.intent else "",
    )


def _build_rule(row: RefundRule) -> case.Rule:
    return case.Rule(
        name=row.name,
        intents=tuple(row.intents),
        clause=row.clause,
        remedy=row.remedy,
        window_days=row.window_days,
        counts_from=row.counts_from,
        since=row.effective_from,
        until=row.effective_to,
        currency=row.currency,
        fee_percent=row.fee_percent,
        fee_amount=row.fee_amount,
        gives_back_postage=row.gives_back_postage,
        whole_order=row.whole_order,
        only_whole=row.only_whole,
        statuses=tuple(row.statuses),
        categories=tuple(row.categories),
        exclusion_clause=row.exclusion_clause,
        covers_final_sale=row.covers_final_sale,
        covers_opened=row.covers_opened,
        covers_used=row.covers_used,
        only_late=row.only_late,
        only_asked=row.only_asked,
        evidence=row.evidence,
        auto_up_to=row.auto_up_to,
        position=row.position,
    )
