"""A message as one document: how much of it is read, how often, and who remembers it."""

from __future__ import annotations

import ast
import functools
import gc
from collections.abc import Iterator
from pathlib import Path

from tests.support.order_values import MONDAY, NEWER, OFFERS, OLDER, SHIRTS
from triage.contract.slots import WritingTask
from triage.guardrails.claims import find_unsupported_claim
from triage.nlu import find_other_order_question, find_requested_items, find_stake, link_order
from triage.nlu.document import MAX_TEXT_CHARS, Document
from triage.nlu.entities import mask_entities
from triage.nlu.item_names import list_words
from triage.nlu.requests import find_requests

TRIAGE = Path(__file__).parents[3] / "triage"
NEVER_A_CUSTOMERS = {
    "name": "of a file, a list of ours or a product",
    "label": "an intent",
    "template": "a sentence of ours",
    "character": "one letter",
    "source": "a chat template",
    "patterns": "a list of ours",
    "clause": "a policy of the shop",
    "alarms": "intents",
    "state": "a digest of what admins set",
    "entry": "a model of the roster",
    "path": "a model's file",
}
"""Parameters of cached functions that hold text, and whose it is."""


def test_only_the_beginning_is_read() -> None:
    assert len(Document.read("cancel it " * 9_000).text) <= MAX_TEXT_CHARS
    assert Document.read("⟦clause⟧ it").text == " clause  it"


def test_clauses_are_the_whole_text() -> None:
    text = "Return the mug; the lamp. Why?\n\nBye\n- the tent"
    clauses = Document.read(text).clauses
    assert [text[start:end] for start, end in clauses] == [
        "Return the mug; the lamp.",
        " Why?",
        "\n\n",
        "Bye\n",
        "- the tent",
    ]


def test_words_are_in_the_singular_and_tokens_as_written() -> None:
    document = Document.read("Two Lamps, T-shirts")
    assert document.tokens == ("Two", "Lamps", "T", "shirts")
    assert list_words(document) == ("two", "lamp", "t", "shirt")


def test_sentences_are_those_of_the_plain_rule() -> None:
    assert Document.read("It broke. Why?\nBye").sentences == ("It broke.", "Why?", "Bye")


def test_a_document_is_read_once() -> None:
    document = Document.read("Please cancel it.")
    assert find_requests(document) is find_requests(document)
    assert list_words(document) is list_words(document)


def iter_cached_functions() -> Iterator[tuple[str, ast.FunctionDef]]:
    for path in TRIAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and any(
                ast.unparse(each).startswith(("cache", "lru_cache", "functools."))
                and "property" not in ast.unparse(each)
                for each in node.decorator_list
            ):
                yield f"{path.relative_to(TRIAGE)}: {node.name}", node


def test_no_cache_is_asked_for_by_a_text_of_a_customer() -> None:
    found = dict(iter_cached_functions())
    wrong = {
        f"{where}({parameter.arg})"
        for where, node in found.items()
        for parameter in (*node.args.args, *node.args.kwonlyargs)
        if parameter.annotation is not None
        and ast.unparse(parameter.annotation) not in {"int", "float", "bool", "tuple[int, int]"}
        and parameter.arg not in NEVER_A_CUSTOMERS
    }
    assert "nlu/item_names.py: get_name_head" in found
    assert not wrong, "computed once for an object? then triage.contract.memo.keep_on_argument"


def read_everything(text: str) -> None:
    document = Document.read(text)
    link_order(document, (NEWER, OLDER, SHIRTS), MONDAY)
    find_requested_items(document, SHIRTS)
    find_stake(document, (SHIRTS,), OFFERS)
    find_other_order_question(document, (SHIRTS, NEWER), SHIRTS)
    masked, slots = mask_entities(text, (), "t", ("HP-1042",))
    task = WritingTask(kind="draft", intent="", outcome="", urgency="", slots=slots, ticket=masked)
    find_unsupported_claim(f"We never sell {text}", task)


def count_cache_misses() -> dict[str, int]:
    return {
        f"{each.__module__}.{each.__qualname__}": each.cache_info().misses
        for each in gc.get_objects()
        if type(each) is functools._lru_cache_wrapper  # isinstance would wake lazy modules
        and str(getattr(each, "__module__", "")).startswith(("triage.", "tickets.", "approvals."))
    }


def test_no_cache_keeps_anything_of_a_text_nobody_sent_before() -> None:
    read_everything("Please return the shirts, Mr Aldersonby.")
    before = count_cache_misses()
    read_everything("Kindly cancel what Wimblethorpe ordered on 3 May, HP-77120, exchanging mugs.")
    assert before
    assert count_cache_misses() == before
