"""Models that think aloud: what they think is no part of what they write.

No model is trusted to keep to its own format: a thought that is not closed leaves no
text, and a stray tag is removed.
"""

from __future__ import annotations

import re
from typing import Final

THOUGHT_SPANS: Final = (
    ("<think>", "</think>"),
    ("<thinking>", "</thinking>"),
    ("<thought>", "</thought>"),
    ("<reasoning>", "</reasoning>"),
    ("<seed:think>", "</seed:think>"),
    ("[THINK]", "[/THINK]"),
    ("<|START_THINKING|>", "<|END_THINKING|>"),
    ("<|channel>", "<channel|>"),
)
"""How a thought begins and ends, as the makers of models write it."""
ANALYSIS_CHANNEL: Final = "<|channel|>analysis"
ANSWER_HEADERS: Final = ("<|start|>assistant", "<|channel|>final")
"""A format of its own, in which the answer has a header as well."""

REASONING_TAGS: Final = frozenset(
    {tag for span in THOUGHT_SPANS for tag in span}
    | {"<|channel|>", "<|message|>", "<|start|>", "<|end|>"}
    | {"<|START_RESPONSE|>", "<|END_RESPONSE|>"}
)
"""The tokens a writer may use though they are no text: none of them is left in an answer."""

# A thought may lack its beginning: some templates end with it.
THOUGHT_PATTERNS: Final = (
    *(
        re.compile(rf"(?:^(?:(?!{re.escape(a)}).)*|{re.escape(a)}.*?){re.escape(z)}", re.DOTALL)
        for a, z in THOUGHT_SPANS
    ),
    re.compile(rf"{re.escape(ANALYSIS_CHANNEL)}.*?<\|end\|>", re.DOTALL),
)
OPEN_THOUGHT: Final = re.compile(
    "|".join(map(re.escape, [ANALYSIS_CHANNEL, *(begin for begin, _ in THOUGHT_SPANS)]))
)
TAG_PATTERN: Final = re.compile(
    "|".join(map(re.escape, [*ANSWER_HEADERS, *sorted(REASONING_TAGS, key=len, reverse=True)]))
)


def close_thought(prompt: str) -> str:
    """The prompt; where it ends in a begun thought, that thought is ended at once."""
    said = prompt.rstrip()
    for begin, end in THOUGHT_SPANS:
        if said.endswith(begin):
            return f"{said}\n\n{end}\n\n"
    return prompt


def extract_answer(text: str) -> tuple[str, bool]:
    """The text without its thoughts, and whether each of them came to its end.

    A thought leaves a line break: what stood before and after it never becomes one word.
    """
    for thought in THOUGHT_PATTERNS:
        text = thought.sub("\n", text)
    opened = OPEN_THOUGHT.search(text)
    if opened:
        text = text[: opened.start()]
    return TAG_PATTERN.sub("\n", text).strip(), opened is None
