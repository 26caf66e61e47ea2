"""One splitter, and what each of its rules cuts that the plain one does not."""

import pytest

from triage.nlu.sentences import (
    INFORMAL,
    INFORMAL_JOINED,
    LABELLED,
    PLAIN,
    POLICY,
    REPLY,
    TOKENIZED,
    SentenceRule,
    cut_sentences,
    iter_sentence_spans,
    iter_slotted_sentences,
    split_sentences,
)

RULES = (PLAIN, POLICY, LABELLED, REPLY, TOKENIZED, INFORMAL, INFORMAL_JOINED)
TEXT = "Hi there!  It broke; badly.\n\n Is it - well -- covered?.. Thanks"


def test_plain_sentences_end_at_a_stop_before_a_blank_and_at_a_line() -> None:
    said = "It cost 4.50. Why?\nBecause: it did; so there"
    assert split_sentences(said) == ["It cost 4.50.", "Why?", "Because: it did; so there"]


@pytest.mark.parametrize(
    ("rule", "text", "found"),
    [
        (POLICY, "Unworn; in the box.", ["Unworn;", "in the box."]),
        (LABELLED, "Decision: we pay.", ["Decision:", "we pay."]),
        (REPLY, "“We pay.” So it is… Yes", ["“We pay.", "So it is…", "Yes"]),
        (TOKENIZED, "we pay . you wait", ["we pay", "you wait"]),
        (INFORMAL, "it broke - pay me.. or else", ["it broke", "pay me", "or else"]),
        (INFORMAL_JOINED, "it broke ..pay me", ["it broke", "pay me"]),
    ],
)
def test_each_rule_cuts_what_the_plain_one_leaves_whole(
    rule: SentenceRule, text: str, found: list[str]
) -> None:
    assert split_sentences(text, rule) == found
    assert split_sentences(text) != found


@pytest.mark.parametrize("rule", RULES)
def test_spans_are_where_the_sentences_stand(rule: SentenceRule) -> None:
    spans = list(iter_sentence_spans(TEXT, rule))
    assert [TEXT[start:end] for start, end in spans] == split_sentences(TEXT, rule)


def test_cutting_keeps_blanks_and_empty_pieces() -> None:
    assert cut_sentences("One.\n\n  two\n") == ["One.", "two", ""]
    assert cut_sentences("one\n two") == ["one", " two"]


def test_a_slotted_sentence_ends_behind_a_quoted_clause_too() -> None:
    said = "We say: ⟦clause1⟧ So it is. Bye\nShop"
    assert list(iter_slotted_sentences(said)) == [
        "We say: ⟦clause1⟧",
        " So it is.",
        " Bye",
        "\n",
        "Shop",
    ]
