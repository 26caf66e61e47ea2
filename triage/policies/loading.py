"""Loading policies: every file is read and checked first, then all are stored or none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pghistory
from django.db import transaction

from triage.models import Clause, Policy, PolicyVersion
from triage.policies.markdown import PolicyText, Problem, read_policies


class BadPolicies(Exception):
    """Nothing was loaded: these problems have to be mended first."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = list(problems)


@dataclass
class LoadResult:
    """The versions that a load created and those it left unchanged: one line a version."""

    created: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)


def load_policies(path: Path) -> LoadResult:
    """Load a Markdown file, or every one in a folder and below. Raises BadPolicies.

    The same content again changes nothing; other content is a new version, in force
    from its own date on, and ends the one before it.
    """
    files = sorted(path.rglob("*.md")) if path.is_dir() else [path]
    if not files or not files[0].is_file():
        raise BadPolicies(
            [Problem(path, 1, "there is no Markdown file here: name a folder of *.md")]
        )
    texts, problems = read_policies(files)
    loaded = LoadResult()
    with transaction.atomic(), pghistory.context(why=f"load_policies {path.name}"):
        for slug, versions in sorted(texts.items()):
            policy, _ = Policy.objects.get_or_create(slug=slug)
            Policy.objects.select_for_update().get(pk=policy.pk)
            for text in sorted(versions, key=lambda each: each.effective_from):
                problems += _store_version(policy, text, loaded)
            _set_end_dates(policy)
        if problems:
            raise BadPolicies(problems)
    return loaded


def _store_version(policy: Policy, text: PolicyText, loaded: LoadResult) -> list[Problem]:
    """Add the version unless it is there. Returns what forbids it."""
    name = f"{text.id} from {text.effective_from}"
    there = policy.versions.filter(effective_from=text.effective_from).first()
    if there and there.sha256 == text.sha256:
        loaded.unchanged.append(name)
        return []
    if there:
        because = (
            f"version {there.number} of {text.id}, in force from {text.effective_from}, says"
            " something else: a version is never edited, choose a new effective_from"
        )
        return [Problem(text.path, 1, because)]
    later = policy.versions.filter(effective_from__gt=text.effective_from).first()
    if later:
        because = (
            f"version {later.number} of {text.id} is in force from {later.effective_from}: an"
            " earlier one would change terms that customers have been told. Choose a later"
            " effective_from"
        )
        return [Problem(text.path, 1, because)]
    last = policy.versions.order_by("-number").first()
    version = PolicyVersion.objects.create(
        policy=policy,
        number=last.number + 1 if last else 1,
        title=text.title,
        effective_from=text.effective_from,
        source=text.source,
        sha256=text.sha256,
    )
    Clause.objects.bulk_create(
        Clause(
            version=version,
            ref=f"{text.id}.{clause.anchor}",
            position=position,
            heading=clause.heading,
            text=clause.text,
        )
        for position, clause in enumerate(text.clauses, 1)
    )
    loaded.created.append(name)
    return []


def _set_end_dates(policy: Policy) -> None:
    """Each version ends on the day the next one begins."""
    until: date | None = None
    for version in policy.versions.order_by("-effective_from"):
        if version.effective_to != until:
            version.effective_to = until
            version.save(update_fields=["effective_to"])
        until = version.effective_from
