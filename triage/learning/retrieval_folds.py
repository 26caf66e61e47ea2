"""What tuning the encoder on questions and their clauses brings, by cross-validation."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from triage.learning import ranking_metrics
from triage.learning.question_collections import Collection, GoldQuestion
from triage.retrieval.index import Index, build_index, embed_clauses
from triage.retrieval.lexical import Bm25Index
from triage.retrieval.ranking import Ranked, rank_clauses, read_query
from triage.signals.encoded_text import TokenEncoder

Pair = tuple[str, str]
Tune = Callable[[Sequence[Pair], Sequence[str]], TokenEncoder]
"""An encoder tuned on (question, clause) pairs, each with the text of a look-alike."""

SEED = 7


def cross_validate(data: Collection, tune: Tune, folds: int) -> Iterator[str]:
    """Lines of a table like that without tuning; every question is read by an encoder that was
    tuned without it. Questions of the same words are in the same fold. ``seen`` says whether
    the snippet was among those tuned on."""
    asked: list[GoldQuestion] = []
    found: dict[str, Ranked] = {}
    for number, (train, test) in enumerate(_iter_folds(data.asked, folds), 1):
        index, reader = _tune_fold(data, train, tune)
        for each in test:
            found.setdefault(each.text, rank_clauses(index, read_query(each.text, reader)))
        known = {each.gold for each in train}
        asked += [replace(each, seen=each.gold in known) for each in test]
        one = ranking_metrics.compute_score(
            ranking_metrics.list_gold_places(test, found, "reranked")
        )
        yield (
            f"fold {number} of {folds}: recall@1 {one.first:.1%}, recall@5 {one.five:.1%}, "
            f"n {one.n}"
        )
    yield from ranking_metrics.iter_table_lines(asked, found)


def _iter_folds(
    asked: Sequence[GoldQuestion], folds: int
) -> Iterator[tuple[list[GoldQuestion], list[GoldQuestion]]]:
    questions = sorted({each.question for each in asked})
    random.Random(SEED).shuffle(questions)  # noqa: S311  the same each time, on purpose
    fold = {question: i % folds for i, question in enumerate(questions)}
    for i in range(folds):
        yield (
            [each for each in asked if fold[each.question] != i],
            [each for each in asked if fold[each.question] == i],
        )


def _tune_fold(
    data: Collection, train: Sequence[GoldQuestion], tune: Tune
) -> tuple[Index, TokenEncoder]:
    texts = [clause.text for clause in data.clauses]
    answers = sorted({(each.text, each.gold) for each in train})
    pairs = [(text, texts[gold]) for text, gold in answers]
    words = Bm25Index(texts)
    reader = tune(pairs, [texts[_find_look_alike(words, text, gold)] for text, gold in answers])
    return build_index(data.clauses, embed_clauses(data.clauses, reader, "")), reader


def _find_look_alike(words: Bm25Index, text: str, gold: int) -> int:
    """The clause that shares most words with the question and is not the one meant."""
    scores = words.score_texts(text).copy()
    scores[gold] = -1.0
    return int(scores.argmax())
