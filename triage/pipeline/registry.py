"""The engines of this process, by name, each loaded once and again when its rows change."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import Count, Max
from django.utils.module_loading import import_string

from triage import models
from triage.contract.case import Clause
from triage.contract.outcomes import Signals
from triage.contract.step import Engine, EngineUnavailable, Rung, Step
from triage.inference.registry import pinned
from triage.pipeline.rule_engines import Arithmetic, Phrases, Sentences

ENCODER = "minilm"
SIGNALS = "signals"


@cache
def steps() -> tuple[Step, ...]:
    """The steps of settings.TRIAGE_STEPS, in order."""
    return tuple(import_string(path) for path in settings.TRIAGE_STEPS)


def entries() -> Mapping[str, pinned.Entry]:
    """The bundled models, those fetched and those of TRIAGE_ROSTER; a changed file is read anew."""
    fetched = settings.TRIAGE_FETCHED
    files = [str(fetched) if fetched.exists() else "", settings.TRIAGE_ROSTER]
    return _entries(*((file, _changed(file)) for file in files if file))


@lru_cache(maxsize=4)
def _entries(*files: tuple[str, int]) -> Mapping[str, pinned.Entry]:
    return pinned.read(*(file for file, _ in files))


def _changed(file: str) -> int:
    """When a file was last written, in nanoseconds; 0 where there is none."""
    with suppress(OSError):
        return Path(file).stat().st_mtime_ns
    return 0


def engine_names() -> list[str]:
    """Everything a rung can name."""
    writers = [entry.name for entry in entries().values() if entry.kind == "writer"]
    return [*BUILDERS, *writers]


def engines_for(step: str) -> list[str]:
    """The engines that can serve a step."""
    fitting = {"classify": ["encoder", "phrases"], "retrieve": ["hybrid", "lexical"]}
    if step in ("summarize", "draft"):
        return [*engine_names()[len(BUILDERS) :], "sentences"]
    return fitting.get(step, ["arithmetic"])


def ladders() -> Mapping[str, Sequence[Rung]]:
    """The rungs of each step: those an admin set, or its own."""
    rows = models.Rung.objects.filter(active=True).order_by("position")
    chosen: dict[str, list[str]] = {}
    for step, engine in rows.values_list("step", "engine"):
        chosen.setdefault(step, []).append(engine)
    return {
        step.name: [rung(name) for name in chosen.get(step.name, step.ladder)] for step in steps()
    }


def rung(name: str) -> Rung:
    return Rung(name=name, load=lambda: load(name))


def limits() -> Mapping[str, Mapping[str, float]]:
    """The limits of each step: its own, overruled by an admin's."""
    rows = models.Limit.objects.values_list("step", "name", "value")
    return {
        step.name: {**step.limits, **{name: value for of, name, value in rows if of == step.name}}
        for step in steps()
    }


def load(name: str) -> Engine:
    """The engine of that name. Raises EngineUnavailable."""
    if name in BUILDERS:
        return BUILDERS[name]()
    entry = entries().get(name)
    if entry is None or entry.kind != "writer":
        raise EngineUnavailable(f"{name}: no such engine in the roster")
    return _writer(entry)


@cache
def encoder():  # type: ignore[no-untyped-def]  # its type would import it
    from triage.inference.encoder import Encoder

    return Encoder(entries()[ENCODER], threads=settings.TRIAGE_MODEL_THREADS)


def read_signals(text: str) -> Signals | None:
    """Urgency, mood and spam of a text; None where their model or the encoder is not there."""
    try:
        model = signals()
        vector = encoder().embed([text])[0]
    except EngineUnavailable:
        return None
    found: Signals = model.read(text, vector, encoder().embed)
    return found


def signals_or_none() -> Any:  # its type would import numpy
    """A label is worth having without them: urgency is then read off by rules."""
    try:
        return signals()
    except EngineUnavailable:
        return None


@cache
def signals():  # type: ignore[no-untyped-def]  # its type would import numpy
    """The bundled model of the signals. Raises EngineUnavailable."""
    from triage.signals.linear_models import SignalModel

    return SignalModel.loads(pinned.verified(entries()[SIGNALS]).read_bytes())


def _phrases() -> Engine:
    return Phrases(read=read_signals)


@cache
def _writer(entry: pinned.Entry) -> Engine:
    """Loaded once a process; an entry that was pinned anew is another entry."""
    from triage.inference.writer import LlamaWriter

    return LlamaWriter(entry, threads=settings.TRIAGE_MODEL_THREADS)


def encoder_sha256() -> str:
    """Which encoder there is, without loading it."""
    return entries()[ENCODER].sha256


def target() -> float:
    """The share of automatic labels that shall be right."""
    return float(limits()["classify"].get("target", 0.95))


def _labeller() -> Engine:
    active = models.Classifier.objects.filter(active=True).values_list("pk", flat=True).first()
    if active is None:
        raise EngineUnavailable("no classifier is trained yet: run `manage.py train_classifier`")
    return labeller_of(active)


def labeller_of(pk: int, *, reads: bool = True) -> Engine:
    """A version for the target in force; loaded again only when that or an alarm changes.

    It also ``reads`` urgency and mood, unless only its labels are wanted. Raises
    EngineUnavailable.
    """
    alarms = models.Alarm.objects.filter(classifier=pk, ended_at=None)
    return _labeller_for(pk, target(), frozenset(alarms.values_list("label", flat=True)), reads)


@lru_cache(maxsize=4)
def _labeller_for(pk: int, target: float, alarms: frozenset[str], reads: bool) -> Engine:
    from triage.classifier.labeller import IntentLabeller

    row, model = _intent_model(pk)
    try:
        return IntentLabeller(
            encoder_of(row.encoder_id),
            model,
            plain=encoder(),
            version=pk,
            sha256=row.sha256,
            target=target,
            alarms=alarms,
            signals=signals_or_none() if reads else None,
        )
    except ValueError as error:
        raise EngineUnavailable(f"the limit classify, target: {error}") from error


@lru_cache(maxsize=2)
def _intent_model(pk: int):  # type: ignore[no-untyped-def]  # its type would import it
    from triage.classifier.intent_model import IntentModel

    row = models.Classifier.objects.get(pk=pk)
    if row.encoder_sha256 != encoder().entry.sha256:
        raise EngineUnavailable("the classifier was trained on another encoder: train it again")
    try:
        return row, IntentModel.loads(_checked(row))
    except ValueError as error:
        raise EngineUnavailable(str(error)) from error


def encoder_of(pk: int | None):  # type: ignore[no-untyped-def]  # its type would import it
    """What a version reads with: that IntentEncoder, or the plain one. Raises EngineUnavailable."""
    return _intent_encoder(pk) if pk else encoder()


@lru_cache(maxsize=2)
def _intent_encoder(pk: int):  # type: ignore[no-untyped-def]
    return tuned_encoder(models.IntentEncoder.objects.get(pk=pk))


def tuned_encoder(row: models.IntentEncoder | models.TunedEncoder):  # type: ignore[no-untyped-def]
    """The encoder with the row's weights; loaded anew. Raises EngineUnavailable."""
    from triage.inference.encoder import Encoder

    return Encoder(entries()[ENCODER], settings.TRIAGE_MODEL_THREADS, tuned=_checked(row))


def _checked(row: models.Classifier | models.IntentEncoder | models.TunedEncoder) -> bytes:
    """The weights of a row: what a receipt names by its digest is what served."""
    weights = bytes(row.weights)
    if hashlib.sha256(weights).hexdigest() != row.sha256:
        raise EngineUnavailable(f"the weights of {row} are not those that were kept: make it again")
    return weights


def vectors(texts: Sequence[str], reader: Any = None):  # type: ignore[no-untyped-def]
    """Unit vectors (n, 384) by the ``reader``, or the plain encoder; those it made before are reused."""
    import numpy as np

    reader = reader or encoder()
    card = reader.card("encoder")
    weights = card.settings.get("tuned_sha256") or card.weights
    by = f"{weights} {card.runtime} {card.quantization}"[:200]
    digests = [hashlib.sha256(text.encode()).hexdigest() for text in texts]
    kept = models.Embedding.objects.filter(encoder=by, text_sha256__in=set(digests))
    known = dict(kept.values_list("text_sha256", "vector"))
    missing = {d: text for d, text in zip(digests, texts, strict=True) if d not in known}
    made = dict(zip(missing, reader.embed(list(missing.values())), strict=True)) if missing else {}
    models.Embedding.objects.bulk_create(
        (models.Embedding(encoder=by, text_sha256=d, vector=v.tolist()) for d, v in made.items()),
        batch_size=500,
        ignore_conflicts=True,
    )
    return np.array([known.get(d, made.get(d)) for d in digests], np.float32)


def _hybrid() -> Engine:
    return _search("hybrid", _clauses_state(), _tuned())


def _lexical() -> Engine:
    return _search("lexical", _clauses_state(), 0)


def _clauses_state() -> tuple[int, int]:
    """Changes whenever a policy version is loaded: versions are never edited or deleted."""
    state = models.Clause.objects.aggregate(last=Max("version"), count=Count("pk"))
    return state["last"] or 0, state["count"]


def _tuned() -> int:
    """The tuned encoder that clauses are searched with, or 0 for the plain one."""
    return models.TunedEncoder.objects.filter(active=True).values_list("pk", flat=True).first() or 0


@lru_cache(maxsize=4)
def _search(name: str, state: tuple[int, int], tuned: int) -> Engine:
    """Whole before it is used: a search goes on over the old index until the new one is there."""
    from triage.retrieval import engine as retrieval_engine
    from triage.retrieval import index

    rows = models.Clause.objects.select_related("version__policy")
    clauses = [clause_of(row) for row in rows.order_by("version", "position")]
    if name == "lexical":
        return retrieval_engine.Search(name, index.build(clauses))
    return search_over(clauses, tuned)


def search_over(clauses: Sequence[Clause], tuned: int | None = None) -> Engine:
    """The engine of the retrieve step over these clauses, by meaning. Raises EngineUnavailable."""
    from triage.retrieval import engine as retrieval_engine
    from triage.retrieval import index
    from triage.retrieval.store import Store

    reader, relevance = _reader(_tuned() if tuned is None else tuned)
    by = f"{reader.entry.sha256} {reader.tuned_sha256} {reader.runtime}"
    embedded = Store(settings.DATA / "clauses").embedded(clauses, reader, by)
    return retrieval_engine.Search("hybrid", index.build(clauses, embedded), reader, relevance)


@lru_cache(maxsize=2)
def _reader(tuned: int):  # type: ignore[no-untyped-def]  # its types would import it
    """The encoder that clauses are searched with, and its calibration; None is the shipped one."""
    if not tuned:
        return encoder(), None
    from triage.retrieval.relevance import Relevance

    row = models.TunedEncoder.objects.get(pk=tuned)
    if "relevance" not in row.report:
        raise EngineUnavailable("the tuned encoder was never calibrated: tune it again")
    return tuned_encoder(row), Relevance(**row.report["relevance"])


def clause_of(row: models.Clause) -> Clause:
    """The row as a value, with the dates its version is in force."""
    return Clause(
        ref=row.ref,
        policy=row.version.policy.slug,
        policy_title=row.version.title,
        version=row.version.number,
        heading=row.heading,
        text=row.text,
        since=row.version.effective_from,
        until=row.version.effective_to,
        source=row.version.source,
    )


BUILDERS = {
    "encoder": _labeller,
    "phrases": _phrases,
    "hybrid": _hybrid,
    "lexical": _lexical,
    "arithmetic": Arithmetic,
    "sentences": Sentences,
}
