"""Thoughts are no part of an answer, whatever a model does with its own format."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.guardrails.attribution import has_unsourced_value
from triage.inference.reasoning import REASONING_TAGS, THOUGHT_SPANS, close_thought, extract_answer


@pytest.mark.parametrize(("begin", "end"), THOUGHT_SPANS)
def test_a_thought_is_removed(begin: str, end: str) -> None:
    assert extract_answer(f"{begin}\nHm, the order.\n{end}\n\nHello ⟦customer⟧,") == (
        "Hello ⟦customer⟧,",
        True,
    )


@pytest.mark.parametrize(("begin", "end"), THOUGHT_SPANS)
def test_a_thought_that_is_not_closed_leaves_no_text_and_is_not_finished(
    begin: str, end: str
) -> None:
    assert extract_answer(f"{begin} Hello ⟦customer⟧, we") == ("", False)


def test_a_thought_that_the_prompt_began_is_removed_up_to_its_end() -> None:
    assert extract_answer("so they want\nit back</think>Hello.") == ("Hello.", True)


def test_the_channels_of_a_model_are_read() -> None:
    thought = "<|channel|>analysis<|message|>They ask.<|end|>"
    said = "<|start|>assistant<|channel|>final<|message|>Hello ⟦customer⟧,"
    assert extract_answer(thought + said) == ("Hello ⟦customer⟧,", True)
    assert extract_answer("<|channel|>analysis<|message|>They ask") == ("", False)


def test_two_thoughts_are_two_thoughts() -> None:
    assert extract_answer("<think>a</think>Hello.<think>b</think> Bye.") == ("Hello.\n Bye.", True)


@pytest.mark.parametrize(("begin", "end"), THOUGHT_SPANS)
def test_a_prompt_that_ends_in_a_begun_thought_is_closed(begin: str, end: str) -> None:
    assert close_thought(f"<|assistant|>{begin}\n").endswith(f"{begin}\n\n{end}\n\n")
    assert close_thought("Hello\n") == "Hello\n"


@given(
    st.lists(
        st.sampled_from([*sorted(REASONING_TAGS), "ht", "tp:", "www", ".", "a", " "]), max_size=12
    )
)
def test_no_tag_is_left_and_nothing_comes_together_where_a_thought_was(pieces: list[str]) -> None:
    text, _ = extract_answer("".join(pieces))
    assert not any(tag in text for tag in REASONING_TAGS)
    if not has_unsourced_value("|".join(pieces)) and not has_unsourced_value(
        "".join(p for p in pieces if p not in REASONING_TAGS)
    ):
        assert not has_unsourced_value(text)
