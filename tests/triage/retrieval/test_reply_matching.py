"""A question is matched with the saved reply that answers it, or with none, by bundled models."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from tests.support.case_values import FakeSearch
from triage.contract.answers import AskedKind
from triage.contract.saved_reply import Fit, SavedReply, Wording
from triage.nlu.content_words import list_stems
from triage.pipeline import registry
from triage.pipeline.configuration import load_configuration
from triage.retrieval.answer_finder import AnswerFinder
from triage.retrieval.reply_matching import ReplyIndex, ReplyWeights, load_weights
from triage.retrieval.word_answerer import WordAnswerer
from triage.saved_replies.reply_files import STARTER, read_replies

REPLIES = read_replies(STARTER)
EVERY = [Fit.LIKELY] * len(REPLIES)


@pytest.fixture(scope="module")
def finder() -> AnswerFinder:
    encoder = registry.load_encoder()
    return AnswerFinder(
        encoder,
        FakeSearch(),
        registry._load_asked_model(),
        least_reply=0.5,
        least_clause=0.75,
        card=encoder.build_engine_info("answers"),
    )


def match(finder: AnswerFinder, subject: str, text: str) -> list[tuple[str, bool]]:
    """The reply of each question, and whether it is likely enough."""
    found = finder.match_replies(finder.find_asked(subject, text), REPLIES, EVERY)
    return [(REPLIES[place].slug, chance >= finder.least_reply) for place, chance in found]


def test_questions_and_wishes_are_told_from_the_story(finder: AnswerFinder) -> None:
    text = (
        "Hello, my sister is getting married on Saturday and the rug is her present. "
        "Has it been sent yet? Please leave it with the neighbours. Kind regards, Dee"
    )
    found = finder.find_asked("The rug", text)
    assert [(one.words, one.kind) for one in found] == [
        ("Has it been sent yet?", AskedKind.QUESTION),
        ("Please leave it with the neighbours.", AskedKind.WISH),
    ]
    assert found[0].context.startswith("Hello, my sister")
    assert "sister" not in found[1].context


def test_who_wants_to_know_asks_a_question(finder: AnswerFinder) -> None:
    (one,) = finder.find_asked("", "We'd also want to know if the mats can be wiped down.")
    assert one.kind == AskedKind.QUESTION


def test_what_stands_in_the_subject_alone_is_asked_too(finder: AnswerFinder) -> None:
    (one,) = finder.find_asked("Where is my order?", "HP-10705. Ivy")
    assert one.words == "Where is my order?"


def test_two_questions_of_one_mail_get_a_reply_each(finder: AnswerFinder) -> None:
    text = "Has my parcel been sent yet? And could you give me the tracking number, please?"
    (first, _), (second, _) = match(finder, "", text)
    assert (first, second) == ("has-it-been-sent", "tracking-number")


@pytest.mark.parametrize(
    ("text", "sure"),
    [("Where is my parcel?", True), ("Are the slippers vegan, and is the glue?", False)],
)
def test_what_no_reply_is_about_is_left_alone(
    finder: AnswerFinder, text: str, *, sure: bool
) -> None:
    assert match(finder, "", text)[0][1] is sure


def test_what_is_for_another_label_has_no_chance(finder: AnswerFinder) -> None:
    asked = finder.find_asked("", "Where is my parcel?")
    only = [Fit.LIKELY if reply.slug == "tracking-number" else Fit.NO for reply in REPLIES]
    ((place, _),) = finder.match_replies(asked, REPLIES, only)
    assert REPLIES[place].slug == "tracking-number"
    assert finder.match_replies(asked, REPLIES, [Fit.NO] * len(REPLIES)) == [(0, 0.0)]


def test_replies_that_say_the_same_share_their_chances() -> None:
    twin = replace(REPLIES[0], slug="twin")
    index = ReplyIndex.build([REPLIES[0], twin], registry.load_encoder())
    merged = index.merge_alike(np.array([[0.4, 0.35]], np.float32))
    assert merged == pytest.approx(np.array([[0.75, 0.75]]))


def test_chances_leave_room_for_none_of_them() -> None:
    weights = ReplyWeights((1.0, 0.0, 0.0, 0.0, 0.0), none=0.0)
    chances = weights.compute_chances(np.zeros((1, 3, 5), np.float32))
    assert chances == pytest.approx(np.full((1, 3), 0.25))


def test_the_shipped_weights_say_where_they_are_from() -> None:
    assert load_weights().made == "on second_shop"


def test_words_that_carry_nothing_are_no_sign() -> None:
    assert list_stems("Is it what you have?") == frozenset()
    assert list_stems("returns returned") == list_stems("return")


# --- without a model -----------------------------------------------------------------------


def by_words(asked: Sequence[str]) -> list[tuple[int, float]]:
    engine = WordAnswerer(FakeSearch(), least_reply=0.5, least_clause=0.75)
    return engine.match_replies(engine.find_asked("", " ".join(asked)), REPLIES, EVERY)


def test_word_by_word_the_same_question_is_matched() -> None:
    assert by_words(["Where is my ORDER?"]) == [(0, 1.0)]
    assert by_words(["Where is our order?"]) == [(0, 0.0)]


@pytest.mark.django_db
def test_the_engine_in_force_has_the_limits_of_the_step() -> None:
    engine = registry.load_engine("answers", load_configuration())
    assert isinstance(engine, AnswerFinder)
    assert (engine.least_reply, engine.least_clause) == (0.45, 0.75)
    assert engine.card.settings["asked_sha256"] == registry.load_entries()["asked"].sha256


def test_a_reply_without_examples_of_others_is_not_lost() -> None:
    alone = SavedReply(slug="x", title="X", questions=("Why?",), wordings=(Wording(text="So."),))
    features = ReplyIndex.build([alone], registry.load_encoder()).compute_features(
        np.ones((1, 384), np.float32), np.ones((1, 384), np.float32), ["why"], np.ones(1, bool)
    )
    assert features.shape == (1, 1, 5)
