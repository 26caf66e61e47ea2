"""The engines of this process, by name, each loaded once and again when its rows change."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string

from triage import models
from triage.contract.case import Clause
from triage.contract.memo import keep_on_argument
from triage.contract.outcomes import LABELLED_LANGUAGES, Labeller, Signals
from triage.contract.saved_reply import SentAnswer
from triage.contract.step import Computing, Engine, EngineError, EngineUnavailable, Rung, Step
from triage.guardrails.attribution import Writer
from triage.inference.kept_graph import GraphFolder
from triage.inference.registry import pinned
from triage.pipeline.configuration import Configuration, load_configuration
from triage.pipeline.rule_engines import ArithmeticEngine, PhraseLabeller, SentenceWriter
from triage.pipeline.sent_replies import load_answered_questions
from triage.steps.answer import Answerer
from triage.steps.retrieve import Searcher

ENCODER = "minilm"
MULTILINGUAL = "multilingual"
SIGNALS, FOREIGN_SIGNALS = "signals", "foreign_signals"
ASKED = "asked"


@cache
def load_steps() -> tuple[Step, ...]:
    """The steps of settings.TRIAGE_STEPS, in order."""
    return tuple(import_string(path) for path in settings.TRIAGE_STEPS)


def load_entries() -> Mapping[str, pinned.Entry]:
    """Bundled and fetched models and those of TRIAGE_ROSTER, by name; read anew on change."""
    fetched = settings.TRIAGE_FETCHED
    files = [str(fetched) if fetched.exists() else "", settings.TRIAGE_ROSTER]
    return _read_entries(*((file, _get_modified_time(file)) for file in files if file))


@lru_cache(maxsize=4)
def _read_entries(*files: tuple[str, int]) -> Mapping[str, pinned.Entry]:
    return pinned.load_entries(*(file for file, _ in files))


def _get_modified_time(file: str) -> int:
    """When a file was last written, in nanoseconds; 0 where there is none."""
    with suppress(OSError):
        return Path(file).stat().st_mtime_ns
    return 0


def list_engine_names() -> list[str]:
    """The names that a rung can have."""
    return [*ENGINE_BUILDERS, *_list_roster_engines(*ROSTER_PROTOCOLS.values())]


def list_step_engines(step: str) -> list[str]:
    """The names of the engines that can serve the step of that name; empty for any other name."""
    return [name for one in load_steps() if one.name == step for name in list_serving(one.needs)]


def list_serving(protocol: type) -> list[str]:
    """The names of the engines that serve a protocol, those of the roster first."""
    built = [name for name, one in ENGINE_BUILDERS.items() if one.serves is protocol]
    return [*_list_roster_engines(protocol), *built]


def _list_roster_engines(*protocols: type) -> list[str]:
    """The models of the roster that serve one of the protocols."""
    kinds = {kind for kind, protocol in ROSTER_PROTOCOLS.items() if protocol in protocols}
    return [entry.name for entry in load_entries().values() if entry.kind in kinds]


def load_ladders(known: Configuration) -> Mapping[str, Sequence[Rung]]:
    """The rungs of each step, by its name: those an admin set, or its own."""
    return {
        step.name: [build_rung(name, known) for name in known.ladders.get(step.name, step.ladder)]
        for step in load_steps()
    }


def build_rung(name: str, known: Configuration) -> Rung:
    return Rung(name=name, load=lambda: load_engine(name, known))


def load_limits(known: Configuration | None = None) -> Mapping[str, Mapping[str, float]]:
    """The limits of each step, by its name: its own, overruled by an admin's."""
    known = known or load_configuration()
    return {
        step.name: {
            **step.limits,
            **{name: value for (of, name), value in known.limits.items() if of == step.name},
        }
        for step in load_steps()
    }


def load_engine(name: str, known: Configuration | None = None) -> Engine:
    """The engine of that name, as it is in force. Raises EngineUnavailable."""
    if name in ENGINE_BUILDERS:
        return ENGINE_BUILDERS[name].build(known or load_configuration())
    entry = load_entries().get(name)
    if entry is None or entry.kind != "writer":
        raise EngineUnavailable(f"{name}: no such engine in the roster")
    return _load_writer(entry)


@cache
def load_encoder():  # type: ignore[no-untyped-def]  # its type would import it
    from triage.inference.encoder import Encoder

    return Encoder(load_entries()[ENCODER], settings.TRIAGE_MODEL_THREADS, graphs=_get_graphs())


@cache
def load_multilingual_encoder():  # type: ignore[no-untyped-def]  # its type would import it
    """The encoder of texts that are not English. Raises EngineUnavailable."""
    from triage.inference.multilingual import MultilingualEncoder

    return MultilingualEncoder(load_entries()[MULTILINGUAL], settings.TRIAGE_MODEL_THREADS)


def read_signals(text: str, language: str = "") -> Signals | None:
    """Urgency, mood and spam of a text in that language; None where their model or its encoder is
    not there.
    """
    try:
        if language in LABELLED_LANGUAGES:
            return _read_foreign_signals(text)
        return _read_english_signals(text)
    except EngineUnavailable:
        return None


def _read_english_signals(text: str) -> Signals:
    from triage.signals.encoded_text import EncodedText

    found: Signals = load_signal_model().read_signals(EncodedText.encode(text, load_encoder()))
    return replace(found, readers={**found.readers, ENCODER: get_encoder_sha256()})


def _read_foreign_signals(text: str) -> Signals:
    from triage.signals.whole_text import WholeText

    said = WholeText.encode(text, load_multilingual_encoder())
    found: Signals = load_signal_model(FOREIGN_SIGNALS).read_signals(said)
    return replace(found, readers={**found.readers, MULTILINGUAL: get_multilingual_sha256()})


def find_signal_model(name: str = SIGNALS) -> Any:  # its type would import numpy
    """The model of the signals, or None where it is missing: urgency is then read by rules."""
    try:
        return load_signal_model(name)
    except EngineUnavailable:
        return None


@cache
def load_signal_model(name: str = SIGNALS):  # type: ignore[no-untyped-def]  # its type would import numpy
    """The bundled model of the signals of that name. Raises EngineUnavailable."""
    from triage.signals.linear_models import SignalModel

    return SignalModel.loads(pinned.verify_file(load_entries()[name]).read_bytes())


def _build_phrase_labeller(known: Configuration) -> Engine:
    return PhraseLabeller(read=read_signals)


def _load_writer(entry: pinned.Entry) -> Engine:
    """The writer of an entry. A file that cannot serve is loaded once and not for each text: its
    refusal is remembered as long as it is the file pinned. Raises EngineUnavailable.
    """
    pinned.verify_file(entry)  # a file that is not there yet may come
    found = _try_writer(entry)
    if isinstance(found, str):
        raise EngineUnavailable(found)
    return found


@cache
def _try_writer(entry: pinned.Entry) -> Engine | str:
    """The writer, loaded once a process, or why it cannot serve; one pinned anew is another."""
    from triage.inference.writer import LlamaWriter

    try:
        return LlamaWriter(entry, threads=settings.TRIAGE_MODEL_THREADS)
    except EngineError as error:
        return str(error)


def get_encoder_sha256() -> str:
    """The digest of the pinned encoder, without loading it."""
    return load_entries()[ENCODER].sha256


def get_multilingual_sha256() -> str:
    """The digest of the pinned encoder of many languages, without loading it."""
    return load_entries()[MULTILINGUAL].sha256


def get_target_precision(known: Configuration | None = None) -> float:
    """The share of automatic labels that shall be right, 0 to 1."""
    return float(load_limits(known)["classify"].get("target", 0.95))


def get_stranger_share(known: Configuration | None = None) -> float:
    """The share of messages that are taken to be none of ours, 0 to 1."""
    return float(load_limits(known)["classify"].get("strangers", 0.3))


def _load_active_labeller(known: Configuration) -> Engine:
    """That of the active version; where there is none, one that knows the intents by name."""
    if not known.classifier:
        return _build_description_labeller(load_encoder())
    return load_labeller(known.classifier, known)


@keep_on_argument
def _build_description_labeller(encoder: Any) -> Engine:
    from triage.classifier.description_labeller import DescriptionLabeller

    return DescriptionLabeller(encoder, load_multilingual_encoder, read_signals)


def load_labeller(pk: int, known: Configuration | None = None, *, reads: bool = True) -> Engine:
    """The labeller of a trained version, for the target in force; loaded again only when that
    or an alarm changes.

    It also ``reads`` urgency and mood, unless only its labels are wanted. Raises
    EngineUnavailable.
    """
    known = known or load_configuration()
    alarms = known.alarms.get(pk, frozenset())
    promised = get_target_precision(known), get_stranger_share(known)
    return _build_labeller(pk, *promised, alarms, reads)


@lru_cache(maxsize=4)
def _build_labeller(
    pk: int, target: float, strangers: float, alarms: frozenset[str], reads: bool
) -> Engine:
    from triage.classifier.labeller import IntentLabeller

    row, model = _load_intent_model(pk)
    try:
        return IntentLabeller(
            load_version_encoder(row.encoder_id),
            model,
            plain=load_encoder(),
            version=pk,
            sha256=row.sha256,
            target=target,
            strangers=strangers,
            alarms=alarms,
            signals=find_signal_model() if reads else None,
            foreign=_build_foreign_labeller(pk, target, strangers, alarms, reads),
        )
    except ValueError as error:
        raise EngineUnavailable(f"the limits of classify: {error}") from error


def _build_foreign_labeller(
    pk: int, target: float, strangers: float, alarms: frozenset[str], reads: bool
) -> Any:
    """That of a version for other languages, which says itself where it cannot serve; None for
    a version of an earlier release.
    """
    from triage.classifier.foreign_labeller import ForeignLabeller, UnavailableLabeller
    from triage.classifier.promised_model import PromisedModel

    row = models.ForeignClassifier.objects.filter(classifier=pk).first()
    if row is None:
        return None
    try:
        encoder, model = load_multilingual_encoder(), _load_foreign_model(row)
    except EngineUnavailable as error:
        return UnavailableLabeller(str(error))
    promised = PromisedModel(
        model,
        target=target,
        strangers=strangers,
        alarms={""} if models.OTHER_LANGUAGES in alarms else (),
        version=pk,
        sha256=row.sha256,
    )
    readers = {MULTILINGUAL: row.encoder_sha256, "labels of other languages": row.sha256}
    signals = find_signal_model(FOREIGN_SIGNALS) if reads else None
    return ForeignLabeller(encoder, promised, readers=readers, signals=signals)


def _load_foreign_model(row: models.ForeignClassifier) -> Any:  # its type would import numpy
    """The model of a version's part for other languages. Raises EngineUnavailable."""
    from triage.classifier.intent_model import IntentModel

    if row.encoder_sha256 != get_multilingual_sha256():
        raise EngineUnavailable("the classifier was trained on another encoder: train it again")
    try:
        return IntentModel.loads(_verify_weights(row))
    except ValueError as error:
        raise EngineUnavailable(str(error)) from error


@lru_cache(maxsize=2)
def _load_intent_model(pk: int):  # type: ignore[no-untyped-def]  # its type would import it
    from triage.classifier.intent_model import IntentModel

    row = models.Classifier.objects.get(pk=pk)
    if row.encoder_sha256 != load_encoder().entry.sha256:
        raise EngineUnavailable("the classifier was trained on another encoder: train it again")
    try:
        return row, IntentModel.loads(_verify_weights(row))
    except ValueError as error:
        raise EngineUnavailable(str(error)) from error


def load_version_encoder(pk: int | None):  # type: ignore[no-untyped-def]  # a type imports it
    """The encoder that a version reads with: that IntentEncoder, or the plain one. Raises
    EngineUnavailable.
    """
    return _load_intent_encoder(pk) if pk else load_encoder()


@lru_cache(maxsize=2)
def _load_intent_encoder(pk: int):  # type: ignore[no-untyped-def]
    return load_tuned_encoder(models.IntentEncoder.objects.get(pk=pk))


def load_tuned_encoder(  # type: ignore[no-untyped-def]
    row: models.IntentEncoder | models.TunedEncoder,
):
    """The encoder with the row's weights; loaded anew. Raises EngineUnavailable."""
    from triage.inference.encoder import Encoder

    return Encoder(
        load_entries()[ENCODER],
        settings.TRIAGE_MODEL_THREADS,
        tuned=_verify_weights(row),
        graphs=_get_graphs(),
    )


def has_encoder_graph() -> bool:
    """Whether the plain encoder's graph was made on this machine already."""
    return GraphFolder.find(_get_graphs(), get_encoder_sha256(), "").path.exists()


def _get_graphs() -> Path:
    """The folder in which encoders' graphs are kept."""
    return Path(settings.DATA) / "graphs"


def _verify_weights(
    row: models.Classifier | models.ForeignClassifier | models.IntentEncoder | models.TunedEncoder,
) -> bytes:
    """The weights of a row, held against its digest: what a receipt names is what served.
    Raises EngineUnavailable.
    """
    weights = bytes(row.weights)
    if hashlib.sha256(weights).hexdigest() != row.sha256:
        raise EngineUnavailable(f"the weights of {row} are not those that were kept: make it again")
    return weights


def embed_texts(texts: Sequence[str], reader: Any = None):  # type: ignore[no-untyped-def]
    """Unit vectors (n, 384) by the ``reader``, or the plain encoder; vectors that it made
    before are reused.
    """
    import numpy as np

    reader = reader or load_encoder()
    card = reader.build_engine_info("encoder")
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


def _load_hybrid_search(known: Configuration) -> Engine:
    return _load_search("hybrid", known.clauses, known.tuned_encoder)


def _load_lexical_search(known: Configuration) -> Engine:
    return _load_search("lexical", known.clauses, 0)


@lru_cache(maxsize=4)
def _load_search(name: str, state: tuple[int, int], tuned: int) -> Engine:
    """The search engine over all clauses, whole before it is used: a search goes on over the
    old index until the new one is there.
    """
    from triage.retrieval import engine as retrieval_engine
    from triage.retrieval import index

    rows = models.Clause.objects.select_related("version__policy")
    clauses = [build_clause(row) for row in rows.order_by("version", "position")]
    if name == "lexical":
        return retrieval_engine.Search(name, index.build_index(clauses))
    return build_clause_search(clauses, tuned)


def _load_answer_finder(known: Configuration) -> Engine:
    """What takes messages apart and compares them with saved replies and clauses. Raises
    EngineUnavailable.
    """
    limits = load_limits(known)["answer"]
    return _build_answer_finder(
        known.clauses,
        known.tuned_encoder,
        limits["reply"],
        limits["clause"],
        known.sent_replies,
    )


def _load_word_answerer(known: Configuration) -> Engine:
    """The same by words alone, which needs no encoder."""
    from triage.retrieval.word_answerer import WordAnswerer

    limits = load_limits(known)["answer"]
    search: Any = _load_search("lexical", known.clauses, 0)
    return WordAnswerer(search, least_reply=limits["reply"], least_clause=limits["clause"])


@lru_cache(maxsize=2)
def _build_answer_finder(
    clauses: tuple[int, int],
    tuned: int,
    least_reply: float,
    least_clause: float,
    sent_replies: tuple[int, int],
) -> Engine:
    from triage.retrieval.answer_finder import AnswerFinder

    encoder = load_encoder()
    asked = _load_asked_model()
    search: Any = _load_search("hybrid", clauses, tuned)
    return AnswerFinder(
        encoder,
        search,
        asked,
        least_reply=least_reply,
        least_clause=least_clause,
        card=encoder.build_engine_info("answers", asked_sha256=asked.sha256),
        library=_load_sent_library(sent_replies),
        foreign=_load_foreign_matcher,
    )


@cache
def _load_foreign_matcher():  # type: ignore[no-untyped-def]  # its type would import numpy
    """What matches messages in other languages with saved replies. Raises EngineUnavailable."""
    from triage.retrieval.foreign_matcher import ForeignMatcher

    return ForeignMatcher(load_multilingual_encoder())


@lru_cache(maxsize=1)
def _load_sent_library(state: tuple[int, int]):  # type: ignore[no-untyped-def]  # as above
    """What people answered before, while the library is in this ``state``."""
    import numpy as np

    from triage.retrieval.sent_library import EMPTY_LIBRARY, SentLibrary

    answered = [one for one in load_answered_questions() if not one.is_unfit]
    if not answered:
        return EMPTY_LIBRARY
    return SentLibrary(
        np.asarray(embed_texts([one.question for one in answered]), np.float32),
        tuple(one.label for one in answered),
        tuple(SentAnswer(ref=f"message:{one.message}", text=one.reply) for one in answered),
    )


@cache
def _load_asked_model():  # type: ignore[no-untyped-def]  # its type would import numpy
    """The bundled model of what a message asks. Raises EngineUnavailable."""
    from triage.signals.asked_model import AskedModel

    return AskedModel.loads(pinned.verify_file(load_entries()[ASKED]).read_bytes())


def build_clause_search(clauses: Sequence[Clause], tuned: int | None = None) -> Engine:
    """The engine of the retrieve step over these clauses, by meaning. Raises EngineUnavailable."""
    from triage.retrieval import engine as retrieval_engine
    from triage.retrieval import index
    from triage.retrieval.store import Store

    tuned = load_configuration().tuned_encoder if tuned is None else tuned
    reader, relevance = _load_clause_encoder(tuned)
    by = f"{reader.entry.sha256} {reader.tuned_sha256} {reader.runtime}"
    embedded = Store(settings.DATA / "clauses").load_embedded(clauses, reader, by)
    return retrieval_engine.Search(
        "hybrid", index.build_index(clauses, embedded), reader, relevance
    )


@lru_cache(maxsize=2)
def _load_clause_encoder(tuned: int):  # type: ignore[no-untyped-def]  # its types would import it
    """The encoder that clauses are searched with, and its calibration; None is the shipped one."""
    if not tuned:
        return load_encoder(), None
    from triage.retrieval.relevance import Relevance

    row = models.TunedEncoder.objects.get(pk=tuned)
    if "relevance" not in row.report:
        raise EngineUnavailable("the tuned encoder was never calibrated: tune it again")
    return load_tuned_encoder(row), Relevance(**row.report["relevance"])


def build_clause(row: models.Clause) -> Clause:
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


@dataclass(frozen=True)
class EngineBuilder:
    """The protocol that an engine serves, and how it is built. ``build`` raises
    EngineUnavailable.
    """

    serves: type
    build: Callable[[Configuration], Engine]


# An engine is one line here; each kind of model in the roster that can be a rung, one below.
ENGINE_BUILDERS = {
    "encoder": EngineBuilder(Labeller, _load_active_labeller),
    "phrases": EngineBuilder(Labeller, _build_phrase_labeller),
    "hybrid": EngineBuilder(Searcher, _load_hybrid_search),
    "lexical": EngineBuilder(Searcher, _load_lexical_search),
    "answers": EngineBuilder(Answerer, _load_answer_finder),
    "words": EngineBuilder(Answerer, _load_word_answerer),
    "arithmetic": EngineBuilder(Computing, lambda known: ArithmeticEngine()),
    "sentences": EngineBuilder(Writer, lambda known: SentenceWriter()),
}
ROSTER_PROTOCOLS: Mapping[str, type] = {"writer": Writer}
