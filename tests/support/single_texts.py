"""What an encoder of tests says of one text, from what it says of many."""

from __future__ import annotations

from typing import Any


class SingleTexts:
    """Gives `embed_text` to whatever has `embed_with_tokens`."""

    def embed_text(self, text: str) -> Any:
        vectors, tokens = self.embed_with_tokens([text])  # type: ignore[attr-defined]
        return vectors[0], tokens[0]
