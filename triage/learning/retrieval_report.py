"""What `manage.py evaluate_retrieval` prints: lines of text, each with its n."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import numpy as np

from triage.contract.case import Clause
from triage.learning import ranking_metrics, retrieval_calibration
from triage.learning.clause_questions import questions, shop_clauses
from triage.learning.question_collections import Asked, Collection
from triage.learning.ranking_metrics import Score
from triage.learning.retrieval_calibration import Sample
from triage.retrieval.engine import CardedReader, Search
from triage.retrieval.index import Index, Reader, build, embed
from triage.retrieval.ranking import Ranked, by_words, rank, read
from triage.retrieval.relevance import HYBRID, LEXICAL, Relevance, evidence, shipped
from triage.retrieval.sentence_windows import is_long

Progress = Callable[[Sequence[str]], Iterable[str]]
THRESHOLDS = (0.1, 0.15, 0.2, 0.3, 0.4, 0.5)
NAMES = {"hybrid": HYBRID, "lexical": LEXICAL}


def quality(data: Collection, encoder: Reader, progress: Progress) -> Iterator[str]:
    """Recall of each method, milliseconds a query, and what abstaining would do."""
    index = build(data.clauses, embed(data.clauses, encoder, ""))
    found, took = {}, []
    for text in progress(data.texts()):
        began = time.perf_counter()
        found[text] = rank(index, read(text, encoder))
        took.append((time.perf_counter() - began) * 1000)
    yield from ranking_metrics.table(data.asked, found)
    yield f"{_milliseconds(took)}, over {len(data.clauses)} clauses"
    yield from _abstaining(_with_and_without(index, data.asked, found), shipped("hybrid"))


def scores(data: Collection, encoder: Reader) -> dict[str, Score]:
    """Of each method, on all the questions."""
    index = build(data.clauses, embed(data.clauses, encoder, ""))
    found = {text: rank(index, read(text, encoder)) for text in data.texts()}
    return {
        method: ranking_metrics.score(ranking_metrics.places_of(data.asked, found, method))
        for method in ranking_metrics.METHODS
    }


def found(asked: Sequence[tuple[str, Clause]], clauses: Sequence[Clause], encoder: Reader) -> Score:
    """How often the encoder finds the clause that each question means, among all of them."""
    index = build(clauses, embed(clauses, encoder, ""))
    before = [
        ranking_metrics.ranks(rank(index, read(text, encoder)).total, clauses.index(clause))
        for text, clause in asked
    ]
    return ranking_metrics.score(np.array(before))


def _with_and_without(
    index: Index, asked: Sequence[Asked], found: Mapping[str, Ranked]
) -> list[Sample]:
    """Each text twice: with the snippet it asks for, and with that one taken out."""
    gold: dict[str, set[int]] = {}
    for each in asked:
        gold.setdefault(each.text, set()).add(each.gold)
    made = []
    for number, (text, answers) in enumerate(gold.items()):
        order = found[text].order().tolist()
        for places in (order, [i for i in order if i not in answers]):
            best = places[: retrieval_calibration.CONSIDERED]
            one = evidence(index, found[text], best)[0]
            answerable = places is order
            made.append(Sample(one, best[0] in answers, number, 0, answerable))
    return made


def _abstaining(found: Sequence[Sample], model: Relevance) -> Iterator[str]:
    chances = model.chances([each.seen for each in found])
    yield f"The chance that the best clause answers ({model.made}):"
    yield from _trusted(found, chances)


def _trusted(found: Sequence[Sample], chances: Sequence[float]) -> Iterator[str]:
    one = retrieval_calibration.trust(found, chances)
    yield (
        f"AUROC {one.right:.3f} for being right, {one.answerable:.3f} for a clause being there, "
        f"calibration error {one.error:.3f}, n {one.n}"
    )
    yield "| limit | best clause right where kept | no clause there: left | left: rightly | right one there: kept |"
    yield "|---|---|---|---|---|"
    for threshold in THRESHOLDS:
        at = retrieval_calibration.abstention(found, chances, threshold)
        shares = (at.kept_right, at.left, at.left_rightly, at.kept)
        yield f"| {threshold:.2f} | {' | '.join(f'{share:.1%}' for share in shares)} |"


def speed(encoder: CardedReader, count: int) -> Iterator[str]:
    """Milliseconds of a whole search over ``count`` clauses, short questions."""
    clauses, on = shop_clauses()
    began = time.perf_counter()
    made = embed(clauses, encoder, "")
    each = (time.perf_counter() - began) / len(clauses)
    yield f"reading {count} clauses for the first time: {each * count:.0f} s ({each * 1000:.0f} ms each)"
    index = ranking_metrics.repeated(clauses, made, count)
    tokens = index.embedded.tokens.rows.nbytes if index.embedded else 0
    yield f"their token vectors: {tokens / 1e6:.0f} MB"
    search = Search("hybrid", index, encoder)
    short = [each.text for each in questions() if not is_long(each.text)]
    took = ranking_metrics.timed(lambda text: search.search(text, on, 4), short)
    reading = ranking_metrics.timed(lambda text: read(text, encoder), short)
    yield f"{_milliseconds(took)}, over {count} clauses"
    yield f"of which the encoder: {_milliseconds(reading)}"


def _milliseconds(took: Sequence[float]) -> str:
    p95 = sorted(took)[int(len(took) * 0.95)]
    return f"a query: median {statistics.median(took):.1f} ms, p95 {p95:.1f} ms, n {len(took)}"


def calibrate(encoder: Reader, made: str) -> tuple[dict[str, Relevance], list[str]]:
    """The regressions of both engines fitted on the shipped questions, and what they are worth."""
    clauses, on = shop_clauses()
    index = build(clauses, embed(clauses, encoder, ""))
    allowed = np.array([clause.in_force(on) for clause in clauses])
    ways: dict[str, Callable[[str], Ranked]] = {
        "hybrid": lambda text: rank(index, read(text, encoder), allowed),
        "lexical": lambda text: by_words(index, text),
    }
    models, lines = {}, []
    for name, way in ways.items():
        found = list(retrieval_calibration.samples(index, questions(), way, allowed))
        models[name] = retrieval_calibration.relevance(found, NAMES[name], made)
        lines += [
            f"\n{name}, with and without their label, with and without their clause, by a regression that did not see it:"
        ]
        lines += _trusted(found, retrieval_calibration.held_out(found, NAMES[name]))
        lines += [_firsts(found)]
    return models, lines


def _firsts(found: Sequence[Sample]) -> str:
    asked = sum(each.answerable for each in found if each.rank == 0)
    first = sum(each.answers for each in found if each.rank == 0)
    return f"own questions: right clause first {first / asked:.1%}, n {asked}"
