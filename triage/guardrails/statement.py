"""One sentence in its case, as the rules look at it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from triage.contract.slots import SLOT, WritingTask

VALUE: Final = "•"
"""What stands for a value in the words around it."""
PART_BOUNDARY: Final = re.compile(
    r"[,;:]\s+(?:and |but |or |so |(?:al)?though (?=not\b))?"
    r"|\s(?:and|but|or)\s(?=(?:we|you|it|they|i|there|cannot|can|is|are|do|does|has|have)\b)"
    r"|\s(?:but|and|though|although) (?=not\b)"
    r"|\s(?:which|who|while|although|because|so that)\s",
    re.IGNORECASE,
)
"""Where one thing said ends and another begins."""


@dataclass(frozen=True)
class Statement:
    """A sentence with its slots, and the writing task of the case that it speaks of."""

    text: str
    task: WritingTask

    @cached_property
    def prose(self) -> str:
        """The sentence with • for its values."""
        return SLOT.sub(VALUE, self.text)

    @cached_property
    def plain(self) -> str:
        """The sentence with a space for its values."""
        return SLOT.sub(" ", self.text)

    @cached_property
    def parts(self) -> list[str]:
        return PART_BOUNDARY.split(self.prose)

    @cached_property
    def kinds(self) -> frozenset[str]:
        """The kinds of the values it points at."""
        slots = (self.task.find_slot(name) for name in SLOT.findall(self.text))
        return frozenset(slot.kind for slot in slots if slot)

    @property
    def is_question(self) -> bool:
        return self.prose.rstrip().endswith("?")

    @property
    def is_reply(self) -> bool:
        return self.task.kind == "draft"
