"""The engines of this process, by name, each loaded once and again when its rows change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache, lru_cache
from pathlib import Path

from django.conf import settings
from django.db.models import Count, Max
from django.utils.module_loading import import_string

from triage import models, roster
from triage.case import Clause
from triage.engines.rules import Arithmetic, Phrases, Sentences
from triage.step import Engine, EngineUnavailable, Rung, Step

ENCODER = "minilm"


@cache
def steps() -> tuple[Step, ...]:
    """The steps of settings.TRIAGE_STEPS, in order."""
    return tuple(import_string(path) for path in settings.TRIAGE_STEPS)


def entries() -> Mapping[str, roster.Entry]:
    """The bundled models, those fetched and those of TRIAGE_ROSTER; a changed file is read anew."""
    fetched = settings.TRIAGE_FETCHED
    files = [str(fetched) if fetched.exists() else "", settings.TRIAGE_ROSTER]
    return _entries(*((file, _changed(file)) for file in files if file))


@lru_cache(maxsize=4)
def _entries(*files: tuple[str, int]) -> Mapping[str, roster.Entry]:
    return roster.read(*(file for file, _ in files))


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
    from triage.engines.encoder import Encoder

    return Encoder(entries()[ENCODER], threads=settings.TRIAGE_MODEL_THREADS)


@cache
def _writer(entry: roster.Entry) -> Engine:
    """Loaded once a process; an entry that was pinned anew is another entry."""
    from triage.engines.writer import LlamaWriter

    return LlamaWriter(entry, threads=settings.TRIAGE_MODEL_THREADS)


def _labeller() -> Engine:
    active = models.Classifier.objects.filter(active=True).values_list("pk", flat=True).first()
    if active is None:
        raise EngineUnavailable("no classifier is trained yet: run `manage.py train_classifier`")
    return _labeller_of(active)


@lru_cache(maxsize=2)
def _labeller_of(pk: int) -> Engine:
    from triage.engines.encoder import EncoderLabeller, Head

    row = models.Classifier.objects.get(pk=pk)
    if row.encoder_sha256 != encoder().entry.sha256:
        raise EngineUnavailable("the classifier was trained on another encoder: train it again")
    head = Head.loads(bytes(row.weights), row.labels, row.promise)
    return EncoderLabeller(encoder(), head, name="encoder", sha256=row.sha256)


def _hybrid() -> Engine:
    return _search("hybrid", _clauses_state())


def _lexical() -> Engine:
    return _search("lexical", _clauses_state())


def _clauses_state() -> tuple[int, int]:
    """Changes whenever a policy version is loaded: versions are never edited or deleted."""
    state = models.Clause.objects.aggregate(last=Max("version"), count=Count("pk"))
    return state["last"] or 0, state["count"]


@lru_cache(maxsize=4)
def _search(name: str, state: tuple[int, int]) -> Engine:
    from triage.engines import index

    rows = list(models.Clause.objects.select_related("version__policy").order_by("pk"))
    clauses = [clause_of(row) for row in rows]
    if name == "lexical":
        return index.Search(name, index.build(clauses))
    return index.Search(name, index.build(clauses, _vectors(rows, clauses)), encoder())


def _vectors(rows: list[models.Clause], clauses: list[Clause]):  # type: ignore[no-untyped-def]
    """The clauses' embeddings from their rows; those not embedded yet are, and kept."""
    import numpy as np

    from triage.engines.index import text_of

    missing = [i for i, row in enumerate(rows) if row.embedding is None]
    if missing:
        for i, vector in zip(
            missing, encoder().embed([text_of(clauses[i]) for i in missing]), strict=True
        ):
            rows[i].embedding = vector.tolist()
        models.Clause.objects.bulk_update([rows[i] for i in missing], ["embedding"])
    return np.array([row.embedding for row in rows], np.float32)


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
    "phrases": Phrases,
    "hybrid": _hybrid,
    "lexical": _lexical,
    "arithmetic": Arithmetic,
    "sentences": Sentences,
}
