"""What `manage.py evaluate_retrieval` prints: lines of text, each with its n."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import numpy as np

from triage.contract.case import Clause
from triage.learning import ranking_metrics, retrieval_calibration
from triage.learning.clause_questions import load_questions, load_shop_clauses
from triage.learning.question_collections import Collection, GoldQuestion
from triage.learning.ranking_metrics import Score
from triage.learning.retrieval_calibration import Sample
from triage.retrieval.engine import IdentifiedEncoder, Search
from triage.retrieval.index import Index, build_index, embed_clauses
from triage.retrieval.ranking import (
    Ranked,
    iter_queries,
    rank_by_words,
    rank_clauses,
    read_query,
)
from triage.retrieval.relevance import (
    HYBRID_FEATURES,
    LEXICAL_FEATURES,
    Relevance,
    extract_features,
    load_shipped,
)
from triage.retrieval.sentence_windows import is_long
from triage.signals.encoded_text import TokenEncoder

Progress = Callable[[Sequence[str]], Iterable[str]]
THRESHOLDS = (0.1, 0.15, 0.2, 0.3, 0.4, 0.5)
FEATURE_NAMES = {"hybrid": HYBRID_FEATURES, "lexical": LEXICAL_FEATURES}


def report_quality(data: Collection, encoder: TokenEncoder, progress: Progress) -> Iterator[str]:
    """Recall of each method, milliseconds a query, and what abstaining would do."""
    index = build_index(data.clauses, embed_clauses(data.clauses, encoder, ""))
    found, took = {}, []
    for text in progress(data.list_texts()):
        began = time.perf_counter()
        found[text] = rank_clauses(index, read_query(text, encoder))
        took.append((time.perf_counter() - began) * 1000)
    yield from ranking_metrics.iter_table_lines(data.asked, found)
    yield f"{_format_milliseconds(took)}, over {len(data.clauses)} clauses"
    yield from _report_abstention(
        _build_paired_samples(index, data.asked, found), load_shipped("hybrid")
    )


def score_methods(data: Collection, encoder: TokenEncoder) -> dict[str, Score]:
    """The score of each method, on all the questions."""
    index = build_index(data.clauses, embed_clauses(data.clauses, encoder, ""))
    queries = iter_queries(data.list_texts(), encoder)
    found = {query.text: rank_clauses(index, query) for query in queries}
    return {
        method: ranking_metrics.compute_score(
            ranking_metrics.list_gold_places(data.asked, found, method)
        )
        for method in ranking_metrics.METHODS
    }


def measure_encoder(
    asked: Sequence[tuple[str, Clause]], clauses: Sequence[Clause], encoder: TokenEncoder
) -> Score:
    """How often the encoder finds the clause that each question means, among all of them."""
    index = build_index(clauses, embed_clauses(clauses, encoder, ""))
    queries = iter_queries([text for text, _ in asked], encoder)
    before = [
        ranking_metrics.count_better(rank_clauses(index, query).total, clauses.index(clause))
        for query, (_, clause) in zip(queries, asked, strict=True)
    ]
    return ranking_metrics.compute_score(np.array(before))


def _build_paired_samples(
    index: Index, asked: Sequence[GoldQuestion], found: Mapping[str, Ranked]
) -> list[Sample]:
    """Samples of each text twice: with the snippet it asks for, and without that one."""
    gold: dict[str, set[int]] = {}
    for each in asked:
        gold.setdefault(each.text, set()).add(each.gold)
    made = []
    for number, (text, answers) in enumerate(gold.items()):
        order = found[text].sort_places().tolist()
        for places in (order, [i for i in order if i not in answers]):
            best = places[: retrieval_calibration.MAX_CANDIDATES]
            if not best:  # every snippet is asked for: without them there is none to take
                continue
            one = extract_features(index, found[text], best)[0]
            answerable = places is order
            made.append(Sample(one, best[0] in answers, number, 0, answerable))
    return made


def _report_abstention(found: Sequence[Sample], model: Relevance) -> Iterator[str]:
    chances = model.compute_probabilities([each.seen for each in found])
    yield f"The chance that the best clause answers ({model.made}):"
    yield from _report_trust(found, chances)


def _report_trust(found: Sequence[Sample], chances: Sequence[float]) -> Iterator[str]:
    one = retrieval_calibration.measure_trust(found, chances)
    yield (
        f"AUROC {_format_auroc(one.right)} for being right, "
        f"{_format_auroc(one.answerable)} for a clause being there, "
        f"calibration error {one.error:.3f}, n {one.n}"
    )
    yield (
        "| limit | best clause right where kept | no clause there: left | left: rightly "
        "| right one there: kept |"
    )
    yield "|---|---|---|---|---|"
    for threshold in THRESHOLDS:
        at = retrieval_calibration.measure_abstention(found, chances, threshold)
        shares = (at.kept_right, at.left, at.left_rightly, at.kept)
        yield f"| {threshold:.2f} | {' | '.join(f'{share:.1%}' for share in shares)} |"


def _format_auroc(share: float | None) -> str:
    return "–" if share is None else f"{share:.3f}"


def report_speed(encoder: IdentifiedEncoder, count: int) -> Iterator[str]:
    """Milliseconds of a whole search over ``count`` clauses, short questions."""
    clauses, on = load_shop_clauses()
    began = time.perf_counter()
    made = embed_clauses(clauses, encoder, "")
    each = (time.perf_counter() - began) / len(clauses)
    yield (
        f"reading {count} clauses for the first time: {each * count:.0f} s ({each * 1000:.0f} "
        f"ms each)"
    )
    index = ranking_metrics.build_repeated_index(clauses, made, count)
    tokens = index.embedded.tokens.rows.nbytes if index.embedded else 0
    yield f"their token vectors: {tokens / 1e6:.0f} MB"
    search = Search("hybrid", index, encoder)
    short = [each.text for each in load_questions() if not is_long(each.text)]
    took = ranking_metrics.time_calls(lambda text: search.search(text, on, 4), short)
    reading = ranking_metrics.time_calls(lambda text: read_query(text, encoder), short)
    yield f"{_format_milliseconds(took)}, over {count} clauses"
    yield f"of which the encoder: {_format_milliseconds(reading)}"


def _format_milliseconds(took: Sequence[float]) -> str:
    p95 = sorted(took)[int(len(took) * 0.95)]
    return f"a query: median {statistics.median(took):.1f} ms, p95 {p95:.1f} ms, n {len(took)}"


def calibrate_engines(encoder: TokenEncoder, made: str) -> tuple[dict[str, Relevance], list[str]]:
    """Fit the regressions of both engines on the shipped questions; and report lines."""
    clauses, on = load_shop_clauses()
    index = build_index(clauses, embed_clauses(clauses, encoder, ""))
    allowed = np.array([clause.is_in_force(on) for clause in clauses])
    ways: dict[str, Callable[[str], Ranked]] = {
        "hybrid": lambda text: rank_clauses(index, read_query(text, encoder), allowed),
        "lexical": lambda text: rank_by_words(index, text),
    }
    models, lines = {}, []
    for name, way in ways.items():
        found = list(retrieval_calibration.iter_samples(index, load_questions(), way, allowed))
        models[name] = retrieval_calibration.fit_samples(found, FEATURE_NAMES[name], made)
        lines += [
            f"\n{name}, with and without their label, with and without their clause, by a "
            f"regression that did not see it:"
        ]
        lines += _report_trust(
            found, retrieval_calibration.predict_held_out(found, FEATURE_NAMES[name])
        )
        lines += [_format_first_share(found)]
    return models, lines


def _format_first_share(found: Sequence[Sample]) -> str:
    asked = sum(each.answerable for each in found if each.rank == 0)
    first = sum(each.answers for each in found if each.rank == 0)
    return f"own questions: right clause first {first / asked:.1%}, n {asked}"
