"""The index of this process: a new policy version is found at once, the old one still dated."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User

from triage.contract.step import EngineUnavailable
from triage.models import TunedEncoder
from triage.pipeline import registry
from triage.policies import loading

pytestmark = pytest.mark.django_db
FIRST = """---
id: parcels
title: Parcels
effective_from: 2025-01-01
---

## Lost parcels {#lost}

A lost parcel is sent again after 21 days.
"""
SECOND = FIRST.replace("2025-01-01", "2026-01-01").replace("21 days", "10 days")
BEFORE, AFTER = date(2025, 6, 1), date(2026, 6, 1)


def load(folder: Path, text: str) -> None:
    path = folder / "parcels.md"
    path.write_text(text)
    loading.load_policies(path)


def load_lexical() -> Any:
    return registry.load_engine("lexical")


def found(on: date) -> list[int]:
    return [hit.clause.version for hit in load_lexical().search("a lost parcel", on, 4).hits]


def test_a_version_that_ada_loads_is_found_by_the_next_search(tmp_path: Path) -> None:
    load(tmp_path, FIRST)
    assert found(AFTER) == [1]
    old = load_lexical()
    load(tmp_path, SECOND)
    assert found(AFTER) == [2]
    assert found(BEFORE) == [1]
    assert [hit.clause.version for hit in old.search("a lost parcel", AFTER, 4).hits] == [1]


def test_the_same_policies_are_one_index_and_one_digest(tmp_path: Path) -> None:
    load(tmp_path, FIRST)
    assert registry.load_engine("lexical") is registry.load_engine("lexical")
    before = load_lexical().search("lost", AFTER, 1).index_sha256
    load(tmp_path, SECOND)
    assert load_lexical().search("lost", AFTER, 1).index_sha256 != before


def test_a_tuned_encoder_that_was_never_calibrated_is_not_searched_with() -> None:
    TunedEncoder.objects.create(
        weights=b"",
        sha256="0" * 64,
        base_sha256="0" * 64,
        active=True,
        activated_by=User.objects.create_user("ada"),
    )
    with pytest.raises(EngineUnavailable, match="never calibrated"):
        registry.load_engine("hybrid")
