"""Models of a few kilobytes that write nonsense: any architecture, any tokenizer."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.support.random_gguf import (
    CONTROL_TOKEN_TYPE,
    NORMAL_TOKEN_TYPE,
    GgufTokenizer,
    Recipe,
    Shape,
    build_byte_tokenizer,
    list_byte_letters,
    list_words,
    write_gguf,
    write_tensors,
)
from triage.inference.chat_prompt import INSTRUCTIONS
from triage.inference.registry.pinned import Entry

ARCHITECTURES = ("llama", "qwen2", "qwen3", "mellum")
TEXT = INSTRUCTIONS + " Dear Hello Thank regards http https www com @ £ half one"
UNKNOWN, BYTE, USER = 2, 6, 4


def shape(architecture: str = "llama") -> Shape:
    return Shape(architecture=architecture, experts=4 if architecture == "mellum" else 0)


def splitting() -> GgufTokenizer:
    """Byte-level: a mark has no token of its own, some tokens hold a part of one."""
    letters = list_byte_letters()
    made = build_byte_tokenizer(
        [*list_words(TEXT), "⟦", "⟧", "⟦o", " ⟦", "12", " 2", "://", "½", "é"]
    )
    return plus(made, ["".join(letters[b] for b in "der⟧.".encode()), "<|note|>"])


def plus(
    tokens: GgufTokenizer, texts: Sequence[str], kind: int = NORMAL_TOKEN_TYPE
) -> GgufTokenizer:
    """Further tokens, before the controls at the end."""
    at = len(tokens.texts) - 3
    return replace(
        tokens,
        texts=[*tokens.texts[:at], *texts, *tokens.texts[at:]],
        kinds=[*tokens.kinds[:at], *[kind] * len(texts), *tokens.kinds[at:]],
        end=(tokens.end or 0) + len(texts),
    )


def with_bytes() -> GgufTokenizer:
    """Like SentencePiece: words begin with ▁, and what has no token is spelled in bytes."""
    words = [word.replace(" ", "▁") for word in list_words(TEXT)]
    letters = sorted({letter for word in words for letter in word} | set("▁.,:/@£0123456789"))
    texts = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256))]
    kinds = [UNKNOWN, CONTROL_TOKEN_TYPE, CONTROL_TOKEN_TYPE, *[BYTE] * 256]
    more = list(dict.fromkeys([*letters, *words]))
    texts, kinds = [*texts, *more], [*kinds, *[NORMAL_TOKEN_TYPE] * len(more)]
    scores = [
        0.0 if kind != NORMAL_TOKEN_TYPE else float(len(t))
        for t, kind in zip(texts, kinds, strict=True)
    ]
    return GgufTokenizer(
        texts=texts,
        kinds=kinds,
        scores=scores,
        model="llama",
        pre="default",
        bos=1,
        end=2,
        add_bos=True,
    )


def tiny(path: Path, recipe: Recipe | None = None, **changes: Any) -> Entry:
    """The entry of a new file under ``path``, which is a folder."""
    made = replace(recipe or Recipe(shape=shape(), tokens=splitting()), **changes)
    name = made.shape.architecture
    return entry_of(write_gguf(path / f"{name}-{abs(hash(repr(made)))}.gguf", made))


def entry_of(path: Path, **changes: Any) -> Entry:
    """The file as the roster would name it, pinned as it is."""
    known: dict[str, Any] = {
        "name": path.stem,
        "kind": "writer",
        "path": path,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "model_class": "general",
        "licence": "none",
        "context": 2048,
        "max_tokens": 60,
    }
    return Entry(**{**known, **changes})


def holding(tokens: GgufTokenizer, wanted: str) -> list[str]:
    """The tokens that hold any of these characters."""
    shown = (
        chr(int(text[3:5], 16)) if kind == BYTE else text
        for text, kind in zip(tokens.texts, tokens.kinds, strict=True)
    )
    pairs = zip(tokens.texts, shown, strict=True)
    return [text for text, said in pairs if any(c in wanted for c in said)]


def prefer(tokens: GgufTokenizer, *wanted: str) -> Any:
    """Weights by which these tokens are likelier than all others.

    The first dimension of every embedding is large, so it stays large through all layers,
    and in the output only those tokens look at it.
    """
    rows = [n for n, text in enumerate(tokens.texts) if text in wanted]

    def adjust(name: str, weights: Any) -> Any:
        if name == "token_embd.weight":
            weights[:, 0] = 5.0
        if name == "output.weight":
            weights[:, 0] = 0.0
            weights[rows, 0] = 5.0
        return weights

    return adjust


def encoder(path: Path) -> Entry:
    """A BERT of two layers: it reads, and cannot write."""
    from gguf import GGUFWriter, PoolingType

    width, words = 32, ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "▁hello", "▁order"]
    writer = GGUFWriter(path / "encoder.gguf", "bert")
    writer.add_context_length(64)
    writer.add_embedding_length(width)
    writer.add_block_count(1)
    writer.add_feed_forward_length(width)
    writer.add_head_count(2)
    writer.add_layer_norm_eps(1e-6)
    writer.add_causal_attention(False)
    writer.add_pooling_type(PoolingType.MEAN)
    writer.add_tokenizer_model("bert")
    writer.add_tokenizer_pre("default")
    writer.add_token_list(words)
    writer.add_token_types([CONTROL_TOKEN_TYPE] * 5 + [NORMAL_TOKEN_TYPE] * 2)
    writer.add_token_type_count(2)
    sizes: dict[str, tuple[int, ...]] = {
        "token_embd.weight": (len(words), width),
        "position_embd.weight": (64, width),
        "token_types.weight": (2, width),
    }
    for name in ("attn_q", "attn_k", "attn_v", "attn_output", "ffn_up", "ffn_down"):
        sizes |= {f"blk.0.{name}.weight": (width, width), f"blk.0.{name}.bias": (width,)}
    for name in ("token_embd_norm", "blk.0.attn_output_norm", "blk.0.layer_output_norm"):
        sizes |= {f"{name}.weight": (width,), f"{name}.bias": (width,)}
    write_tensors(writer, sizes.items(), Recipe(tokens=splitting()))
    return entry_of(path / "encoder.gguf")


def focal(path: Path, tokenizer: Any) -> Entry:
    """Random weights behind the bundled writer's own kind of vocabulary, by its own export."""
    import numpy as np

    from triage.training.writer import export
    from triage.training.writer.architecture import Shape as FocalShape

    width, inner = 64, 96
    sizes: dict[str, tuple[int, ...]] = {
        "model.embed_tokens.weight": (tokenizer.get_vocab_size(), width),
        "model.norm.weight": (width,),
    }
    for name in export.TENSOR_NAMES:
        size = {"mlp.down_proj": (width, inner)}.get(name, (width, width))
        size = (inner, width) if name in ("mlp.gate_proj", "mlp.up_proj") else size
        sizes[f"model.layers.0.{name}.weight"] = (width,) if "norm" in name else size
    random = np.random.default_rng(1)
    arrays = {name: random.standard_normal(size, np.float32) for name, size in sizes.items()}
    target = path / "focal.gguf"
    export.write_gguf(target, tokenizer, FocalShape(width, 1, 2, inner), arrays)
    return entry_of(target, model_class="focal", context=1024)
