"""GGUF files of any shape with random weights: to measure how fast a size is, and for tests.

What such a file writes means nothing; how long it takes is what a trained one takes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Adjust = Callable[[str, NDArray[np.float32]], NDArray[np.float32]]

CHATML: Final = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
CONTROL_TOKENS: Final = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
NORMAL_TOKEN_TYPE, CONTROL_TOKEN_TYPE = (
    1,
    3,
)  # gguf.TokenType, which is not there without the "train" extra
BLOCK_BYTES: Final = {"Q8_0": 34, "Q4_0": 18}  # bytes for 32 weights, the first two their scale
WEIGHT_DEVIATION: Final = 0.02  # standard deviation of a weight, as models are initialised


@dataclass(frozen=True, kw_only=True)
class Shape:
    """How large a model is; ``experts`` 0 for none, ``quantized`` Q8_0, Q4_0 or "" (float32)."""

    architecture: str = "llama"
    width: int = 64
    layers: int = 2
    heads: int = 4
    kv_heads: int = 2
    inner: int = 96
    experts: int = 0
    context: int = 4096
    tied: bool = False
    quantized: str = ""

    @property
    def head_width(self) -> int:
        return self.width // self.heads


@dataclass(frozen=True, kw_only=True)
class GgufTokenizer:
    """A tokenizer as a GGUF describes it; ``kinds`` are numbers of gguf.TokenType."""

    texts: Sequence[str]
    kinds: Sequence[int]
    model: str = "gpt2"
    pre: str = "qwen2"
    merges: Sequence[str] = ()
    scores: Sequence[float] = ()
    bos: int | None = None
    end: int | None = None
    add_bos: bool = False


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """A whole file. ``adjust(name, weights)`` may change a float32 tensor of that name."""

    shape: Shape = field(default_factory=Shape)
    tokens: GgufTokenizer
    template: str = CHATML
    seed: int = 1
    adjust: Adjust | None = None


def build_byte_tokenizer(words: Iterable[str], size: int = 0) -> GgufTokenizer:
    """A tokenizer of every byte, the words with all their beginnings, fillers and controls.

    The fillers bring it up to ``size`` tokens.
    """
    letters = list_byte_letters()
    texts = dict.fromkeys(letters)
    merges: dict[str, None] = {}
    for word in words:
        begun, *rest = (letters[byte] for byte in word.encode())
        for letter in rest:
            merges[f"{begun} {letter}"] = None
            begun += letter
            texts[begun] = None
    filled = [*texts, *_iter_filler_words(size - len(texts) - len(CONTROL_TOKENS))]
    kinds = [*[NORMAL_TOKEN_TYPE] * len(filled), *[CONTROL_TOKEN_TYPE] * len(CONTROL_TOKENS)]
    return GgufTokenizer(
        texts=[*filled, *CONTROL_TOKENS], kinds=kinds, merges=list(merges), end=len(kinds) - 1
    )


def list_byte_letters() -> list[str]:
    """The letter by which byte-level vocabularies write each byte (as GPT-2 does)."""
    shown = [*range(33, 127), *range(161, 173), *range(174, 256)]
    hidden = [byte for byte in range(256) if byte not in shown]
    return [chr(b) if b in shown else chr(256 + hidden.index(b)) for b in range(256)]


def _iter_filler_words(count: int) -> Iterator[str]:
    """Words nobody writes; one in thirty holds a digit, as in real vocabularies."""
    for number in range(count):
        spelled = "".join(chr(97 + int(digit)) for digit in str(number))
        yield f"Ġzq{spelled}{number % 10 if number % 30 == 0 else 'x'}"


def list_words(text: str) -> list[str]:
    """The words of a text, each once, with the space before them."""
    return list(dict.fromkeys(re.findall(r" ?[^\W\d_]+", text)))


def write_gguf(path: Path, recipe: Recipe) -> Path:
    """Write the file, tensor by tensor; returns its path."""
    from gguf import GGUFWriter

    writer = GGUFWriter(path, recipe.shape.architecture)
    _add_shape(writer, recipe.shape)
    _add_tokens(writer, recipe.tokens)
    if recipe.template:
        writer.add_chat_template(recipe.template)
    write_tensors(writer, iter_tensors(recipe.shape, len(recipe.tokens.texts)), recipe)
    return path


def _add_shape(writer: Any, shape: Shape) -> None:
    writer.add_name("random")
    writer.add_context_length(shape.context)
    writer.add_embedding_length(shape.width)
    writer.add_block_count(shape.layers)
    writer.add_feed_forward_length(shape.inner)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.kv_heads)
    writer.add_key_length(shape.head_width)
    writer.add_value_length(shape.head_width)
    writer.add_rope_dimension_count(shape.head_width)
    writer.add_rope_freq_base(10_000.0)
    writer.add_layer_norm_rms_eps(1e-6)
    if shape.experts:
        writer.add_expert_count(shape.experts)
        writer.add_expert_used_count(2)
        writer.add_expert_feed_forward_length(shape.inner)


def _add_tokens(writer: Any, tokens: GgufTokenizer) -> None:
    writer.add_tokenizer_model(tokens.model)
    writer.add_tokenizer_pre(tokens.pre)
    writer.add_token_list(tokens.texts)
    writer.add_token_types(tokens.kinds)
    if tokens.scores:
        writer.add_token_scores(tokens.scores)
    if tokens.merges:
        writer.add_token_merges(tokens.merges)
    if tokens.bos is not None:
        writer.add_bos_token_id(tokens.bos)
    if tokens.end is not None:
        writer.add_eos_token_id(tokens.end)
    writer.add_add_bos_token(tokens.add_bos)


def iter_tensors(shape: Shape, vocabulary: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    """The names and sizes of all tensors, rows first."""
    yield "token_embd.weight", (vocabulary, shape.width)
    yield "output_norm.weight", (shape.width,)
    if not shape.tied:
        yield "output.weight", (vocabulary, shape.width)
    for layer in range(shape.layers):
        for name, size in _iter_layer_tensors(shape):
            yield f"blk.{layer}.{name}", size


def _iter_layer_tensors(shape: Shape) -> Iterator[tuple[str, tuple[int, ...]]]:
    rows = {"q": shape.heads * shape.head_width, "k": shape.kv_heads * shape.head_width}
    yield "attn_norm.weight", (shape.width,)
    for part in "qkv":
        yield f"attn_{part}.weight", (rows.get(part, rows["k"]), shape.width)
        if shape.architecture == "qwen2":
            yield f"attn_{part}.bias", (rows.get(part, rows["k"]),)
    if shape.architecture in ("qwen3", "mellum"):
        yield "attn_q_norm.weight", (shape.head_width,)
        yield "attn_k_norm.weight", (shape.head_width,)
    yield "attn_output.weight", (shape.width, rows["q"])
    yield "ffn_norm.weight", (shape.width,)
    exps, many = ("_exps", (shape.experts,)) if shape.experts else ("", ())
    if shape.experts:
        yield "ffn_gate_inp.weight", (shape.experts, shape.width)
    yield f"ffn_gate{exps}.weight", (*many, shape.inner, shape.width)
    yield f"ffn_up{exps}.weight", (*many, shape.inner, shape.width)
    yield f"ffn_down{exps}.weight", (*many, shape.width, shape.inner)


def write_tensors(
    writer: Any, named: Iterable[tuple[str, tuple[int, ...]]], recipe: Recipe
) -> None:
    """Write header, keys and weights; only one tensor is in memory at a time."""
    import numpy as np
    from gguf import GGMLQuantizationType

    kind = recipe.shape.quantized
    sizes = dict(named)
    for name, size in sizes.items():
        if _is_quantized(size, kind):
            packed = (*size[:-1], size[-1] // 32 * BLOCK_BYTES[kind])
            quantization = GGMLQuantizationType[kind]
            writer.add_tensor_info(
                name, packed, np.dtype(np.uint8), int(np.prod(packed)), quantization
            )
        else:
            writer.add_tensor_info(name, size, np.dtype(np.float32), 4 * int(np.prod(size)))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    random = np.random.default_rng(recipe.seed)
    for name, size in sizes.items():
        made = _make_quantized_blocks if _is_quantized(size, kind) else _make_plain_weights
        writer.write_tensor_data(made(name, size, recipe, random))
    writer.close()


def _is_quantized(size: tuple[int, ...], kind: str) -> bool:
    return bool(kind) and len(size) > 1 and size[-1] % 32 == 0


def _make_plain_weights(name: str, size: tuple[int, ...], recipe: Recipe, random: Any) -> Any:
    import numpy as np

    weights = random.standard_normal(size, np.float32) * np.float32(WEIGHT_DEVIATION)
    if "norm" in name and not name.endswith("bias"):
        weights = weights + np.float32(1)
    return recipe.adjust(name, weights) if recipe.adjust else weights


def _make_quantized_blocks(name: str, size: tuple[int, ...], recipe: Recipe, random: Any) -> Any:
    """Blocks of random weights, a stretch of them repeated: speed ignores their values."""
    import numpy as np

    width = BLOCK_BYTES[recipe.shape.quantized]
    blocks = random.integers(0, 256, (4096, width), np.uint8)
    largest = 127 if recipe.shape.quantized == "Q8_0" else 8
    scale = np.array([WEIGHT_DEVIATION * 1.7 / largest], np.float16).view(np.uint8)
    blocks[:, :2] = scale
    return np.resize(blocks, (*size[:-1], size[-1] // 32 * width))
