"""Searching clauses: by words, by meaning, on a day; with a small encoder of our own."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.support.case_values import LATE, OLD_WINDOW, WINDOW
from tests.support.letter_encoder import Letters
from triage.contract.case import Clause
from triage.retrieval import ranking, store
from triage.retrieval.engine import Search
from triage.retrieval.fusion import mix_scores, standardize_scores
from triage.retrieval.index import (
    VECTOR_SIZE,
    Embedded,
    build_index,
    embed_clauses,
    get_search_text,
)
from triage.retrieval.late_interaction import Tokens, compute_maxsim
from triage.retrieval.lexical import Bm25Index, repeat_questions
from triage.retrieval.ranking import (
    iter_queries,
    rank_by_words,
    rank_clauses,
    read_query,
)
from triage.retrieval.sentence_windows import is_long, list_windows, score_windows
from triage.retrieval.store import Store

CARDS = Clause(
    ref="payments.cards",
    policy="payments",
    policy_title="Payments",
    version=1,
    heading="Cards we take",
    text="We take all major credit cards.",
    since=date(2024, 1, 1),
)
CLAUSES = [OLD_WINDOW, WINDOW, CARDS, LATE]
TODAY = date(2026, 11, 20)
NONE = np.zeros((0, 2), np.float32)


def hybrid(clauses: Sequence[Clause] = CLAUSES) -> Search:
    encoder = Letters()
    return Search(
        "hybrid", build_index(clauses, embed_clauses(clauses, encoder, "letters")), encoder
    )


# --- what is found ----------------------------------------------------------------------


def test_each_hit_has_its_chance_and_its_rank() -> None:
    found = hybrid().search("my parcel is late, trace it with the carrier", TODAY, 3)
    assert [hit.rank for hit in found.hits] == [1, 2, 3]
    assert found.hits[0].clause.ref == "delivery.late"
    chances = [hit.relevance or 0.0 for hit in found.hits]
    assert max(chances[1:]) < 0.5 < chances[0] <= 1
    assert found.by_meaning


def test_only_the_wording_in_force_is_a_hit() -> None:
    found = hybrid().search("return an unused item within 14 days", TODAY, 4)
    assert {hit.clause.version for hit in found.hits if hit.clause.ref == WINDOW.ref} == {2}
    assert [(h.clause.version, h.near_miss) for h in found.near] == [(1, "no longer in force")]


def test_of_several_outdated_wordings_the_best_alone_is_named() -> None:
    older = replace(OLD_WINDOW, version=0, since=date(2022, 1, 1), until=date(2024, 1, 1))
    found = hybrid([older, *CLAUSES]).search("return an unused item within 14 days", TODAY, 4)
    assert len([hit for hit in found.near if hit.clause.ref == WINDOW.ref]) == 1


def test_without_an_encoder_words_decide_and_that_is_said() -> None:
    found = Search("lexical", build_index(CLAUSES)).search("is my parcel late", TODAY, 4)
    assert [hit.clause.ref for hit in found.hits] == ["delivery.late"]
    assert found.hits[0].score is None
    assert not found.by_meaning


def test_words_nobody_uses_find_nothing() -> None:
    assert Search("lexical", build_index(CLAUSES)).search("zzz qqq", TODAY, 3).hits == ()


@pytest.mark.parametrize("query", ["", " \n "])
def test_an_empty_question_finds_nothing(query: str) -> None:
    assert hybrid().search(query, TODAY, 3).hits == ()


def test_a_single_clause_can_be_found() -> None:
    assert hybrid([LATE]).search("late parcel", TODAY, 3).hits[0].clause == LATE


def test_the_digest_names_the_clauses_their_dates_and_the_encoder() -> None:
    embedded = embed_clauses(CLAUSES, Letters(), "letters")
    others = [
        build_index(CLAUSES),
        build_index(CLAUSES, replace(embedded, by="other letters")),
        build_index(CLAUSES[::-1], embedded),
        build_index([replace(CLAUSES[0], until=None), *CLAUSES[1:]], embedded),
    ]
    digests = {build_index(CLAUSES, embedded).sha256, *(index.sha256 for index in others)}
    assert len(digests) == 5
    assert build_index(CLAUSES, embedded).sha256 in digests


def test_the_card_says_from_what_the_chances_were_made() -> None:
    assert "questions.toml" in hybrid().card.settings["relevance"]


# --- its parts --------------------------------------------------------------------------


def test_a_question_counts_twice_and_what_is_told_once() -> None:
    assert repeat_questions("It is late. Where is it?") == "It is late. Where is it? Where is it?"
    assert repeat_questions("It is late.") == "It is late."


def test_shares_weigh_rare_words_more() -> None:
    words = Bm25Index(["parcel late", "parcel early", "parcel lost"])
    late, early, lost = words.compute_shares("parcel late", [0, 1, 2])
    assert late == 1.0
    assert 0 < early == lost < 0.5


def test_clauses_of_stop_words_alone_have_no_score() -> None:
    assert Bm25Index(["the of", "and"]).score_texts("the parcel").tolist() == [0.0, 0.0]


def test_standard_scores_have_mean_zero_and_equal_ones_say_nothing() -> None:
    z = standardize_scores(np.array([1.0, 2.0, 3.0], np.float32))
    assert abs(float(z.mean())) < 1e-6
    assert abs(float(z.std()) - 1) < 1e-6
    same = np.ones(3, np.float32)
    assert standardize_scores(same).tolist() == [0.0, 0.0, 0.0]
    assert mix_scores(same, same, 0.5).tolist() == [0.0, 0.0, 0.0]


def test_late_interaction_is_the_mean_of_the_best_cosines() -> None:
    east, north = np.eye(2, dtype=np.float32)
    tokens = Tokens.pack_texts([np.array([east]), np.array([east, north]), NONE], 2)
    found = compute_maxsim(np.array([east, north]), tokens, [0, 1, 2])
    assert found.tolist() == [0.5, 1.0, -1.0]
    assert tokens.rows.dtype == np.float16


def test_late_interaction_of_nothing_is_nothing() -> None:
    tokens = Tokens.pack_texts([NONE], 2)
    assert compute_maxsim(NONE, tokens, [0]).tolist() == [-1.0]


def test_a_short_text_has_no_windows_and_a_long_one_its_sentences() -> None:
    assert list_windows("My parcel is late. Where is it now?") == []
    long = "This is a sentence of six words. Ok. " * 12
    assert is_long(long)
    windows = [long[span.start : span.end] for span in list_windows(long)]
    assert windows == ["This is a sentence of six words."] * 12


def test_a_clause_stands_out_for_its_best_sentences() -> None:
    cosines = np.array([[0.9, 0.1, 0.1], [0.1, 0.1, 0.2]], np.float32)
    found = score_windows(cosines)
    assert int(found.argmax()) == 0


def test_the_first_of_several_lines_is_read_by_itself_too() -> None:
    encoder = Letters()
    assert len(read_query("late parcel\nwhere is it", encoder).head) == 1
    assert len(read_query("late parcel where is it", encoder).head) == 0
    assert encoder.read == ["late parcel", "where is it", "late parcel where is it"]


def test_of_a_ticket_the_encoder_reads_the_message_as_it_was_classified() -> None:
    encoder, said = Letters(), "My parcel\nIt is late,   where is it?"
    query = read_query("late delivery. My parcel\nIt is late, where is it?", encoder, said)
    assert encoder.read == ["late delivery. My parcel", said]
    assert query.text == "late delivery. My parcel\nIt is late, where is it?"
    assert len(query.tokens) == len("late delivery. My parcel".split()) + len(said.split())


def test_a_message_without_label_and_subject_has_no_head() -> None:
    encoder = Letters()
    assert len(read_query("It is late, where?", encoder, "It is   late,\nwhere?").head) == 0
    assert len(read_query("late delivery. Where?", encoder, "Where?").head) == 1


def test_a_sentence_that_the_encoder_did_not_reach_is_left_out() -> None:
    class Short(Letters):
        def embed_with_tokens(self, texts: Sequence[str]) -> Any:
            return super().embed_with_tokens([" ".join(text.split()[:16]) for text in texts])

    long = "This is a sentence of seven words. " * 20
    assert len(read_query(long, Short()).sentences) == 3
    assert len(read_query(long, Letters()).sentences) == 12


def test_a_long_message_is_ranked_without_late_interaction() -> None:
    encoder = Letters()
    index = build_index(CLAUSES, embed_clauses(CLAUSES, encoder, "letters"))
    long = "We trace a late parcel with the carrier. " * 12
    ranked = rank_clauses(index, read_query(long, encoder))
    assert index.clauses[int(ranked.sort_places()[0])].ref == "delivery.late"
    assert float(ranked.total.max()) < 100


def test_ranking_by_meaning_needs_vectors() -> None:
    with pytest.raises(ValueError, match="by_words"):
        rank_clauses(build_index(CLAUSES), read_query("late", Letters()))
    assert rank_by_words(build_index(CLAUSES), "late parcel").cosine is None


# --- kept in files ----------------------------------------------------------------------


def test_a_version_is_read_once_and_then_kept(tmp_path: Path) -> None:
    first, second = Letters(), Letters()
    made = Store(tmp_path).load_embedded(CLAUSES, first, "letters")
    kept = Store(tmp_path).load_embedded(CLAUSES, second, "letters")
    assert first.read == [get_search_text(clause) for clause in CLAUSES]
    assert second.read == []
    same(made, kept)
    same(kept, embed_clauses(CLAUSES, Letters(), "letters"))


def test_a_new_version_alone_is_read(tmp_path: Path) -> None:
    Store(tmp_path).load_embedded(CLAUSES[:1], Letters(), "letters")
    encoder = Letters()
    Store(tmp_path).load_embedded(CLAUSES[:2], encoder, "letters")
    assert encoder.read == [get_search_text(CLAUSES[1])]


def test_another_encoder_reads_anew(tmp_path: Path) -> None:
    Store(tmp_path).load_embedded(CLAUSES, Letters(), "letters")
    encoder = Letters()
    Store(tmp_path).load_embedded(CLAUSES, encoder, "other letters")
    assert len(encoder.read) == len(CLAUSES)


def test_a_broken_file_is_logged_and_made_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    made = Store(tmp_path).load_embedded([LATE], Letters(), "letters")
    next(tmp_path.iterdir()).write_bytes(b"torn")
    with caplog.at_level(logging.WARNING):
        same(Store(tmp_path).load_embedded([LATE], Letters(), "letters"), made)
    assert "is made again" in caplog.text
    same(Store(tmp_path).load_embedded([LATE], Letters(), "letters"), made)


def test_a_disk_that_takes_no_file_costs_no_clause(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    taken = tmp_path / "taken"
    taken.write_text("a file where the folder should be")
    with caplog.at_level(logging.WARNING):
        made = Store(taken).load_embedded([LATE], Letters(), "letters")
    same(made, embed_clauses([LATE], Letters(), "letters"))
    assert "cannot be kept" in caplog.text


def test_no_two_that_write_at_once_write_into_one_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts: list[Path] = []

    def saved(tensors: Any, part: Path) -> None:
        parts.append(part)
        part.touch()

    monkeypatch.setattr(store, "save_file", saved)
    for _ in range(2):
        Store(tmp_path)._save_embedded(
            tmp_path / "a.safetensors", embed_clauses([LATE], Letters(), "letters")
        )
    assert len(set(parts)) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["a.safetensors"]


def test_no_clauses_are_an_empty_store(tmp_path: Path) -> None:
    assert Store(tmp_path).load_embedded([], Letters(), "letters").vectors.shape == (0, VECTOR_SIZE)


def same(one: Embedded, other: Embedded) -> None:
    assert np.array_equal(one.vectors, other.vectors)
    assert np.array_equal(one.tokens.rows, other.tokens.rows)
    assert np.array_equal(one.tokens.starts, other.tokens.starts)


def test_many_texts_are_read_as_each_alone_and_in_few_passes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ranking, "MAX_BATCH_TEXTS", 4)
    texts = ["late", "Subject\nmy parcel is late", "It is late. " * 60, "a", "cards"]
    encoder, passes = Letters(), 0
    read = encoder.embed_with_tokens

    def embed_counted(parts: Sequence[str]) -> Any:
        nonlocal passes
        passes += 1
        return read(parts)

    monkeypatch.setattr(encoder, "embed_with_tokens", embed_counted)
    together = list(iter_queries(texts, encoder))
    assert passes == 2
    for query, text in zip(together, texts, strict=True):
        alone = read_query(text, encoder)
        assert query.text == text
        for part in ("vector", "tokens", "head", "sentences"):
            assert np.array_equal(getattr(query, part), getattr(alone, part)), (text, part)
    assert list(iter_queries([], encoder)) == []
