"""Models that think aloud: what they think is no part of what they write.

No model is trusted to keep to its own format: a thought that is not closed leaves no
text, and a stray tag is removed.
"""

from __future__ import annotations

import re
from typing import Final

SPANS: Final = (
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
CHANNEL: Final = "<|channel|>analysis"
HEADER: Final = ("<|start|>assistant", "<|channel|>final")
"""A format of its own, in which the answer has a header as well."""

TAGS: Final = frozenset(
    {tag for span in SPANS for tag in span}
    | {"<|channel|>", "<|message|>", "<|start|>", "<|end|>"}
    | {"<|START_RESPONSE|>", "<|END_RESPONSE|>"}
)
"""The tokens a writer may use though they are no text: none of them is left in an answer."""

# A thought may lack its beginning: some templates end with it.
THOUGHTS: Final = (
    *(
        re.compile(rf"(?:^(?:(?!{re.escape(a)}).)*|{re.escape(a)}.*?){re.escape(z)}", re.DOTALL)
        for a, z in SPANS
    ),
    re.compile(rf"{re.escape(CHANNEL)}.*?<\|end\|>", re.DOTALL),
)
OPENED: Final = re.compile("|".join(map(re.escape, [CHANNEL, *(begin for begin, _ in SPANS)])))
TAG: Final = re.compile("|".join(map(re.escape, [*HEADER, *sorted(TAGS, key=len, reverse=True)])))


def closed(prompt: str) -> str:
    """The prompt, and where it ends in a begun thought, that thought ended at once."""
    said = prompt.rstrip()
    for begin, end in SPANS:
        if said.endswith(begin):
            return f"{said}\n\n{end}\n\n"
    return prompt


def answer(text: str) -> tuple[str, bool]:
    """The text without its thoughts, and whether each of them came to its end.

    A thought leaves a line break: what stood before and after it never becomes one word.
    """
    for thought in THOUGHTS:
        text = thought.sub("\n", text)
    opened = OPENED.search(text)
    if opened:
        text = text[: opened.start()]
    return TAG.sub("\n", text).strip(), opened is None
