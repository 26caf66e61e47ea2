"""The shape of the writer and how its parameters are optimised."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from triage.generation.prompt import END
from triage.training.writer.tokenizer import PAD, get_token_id

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from torch.optim import Optimizer
    from transformers import LlamaForCausalLM

CONTEXT_TOKENS: Final = 1024
MATRIX_RATE: Final = 0.02
OTHER_RATE: Final = 3e-3


@dataclass(frozen=True)
class Shape:
    """How large a writer is. ``heads`` divides ``width``; ``inner`` a multiple of 32."""

    width: int
    layers: int
    heads: int
    inner: int


SHAPES: Final = {
    "6x256": Shape(256, 6, 4, 704),
    "4x320": Shape(320, 4, 5, 864),
    "9x320": Shape(320, 9, 5, 864),
    "8x384": Shape(384, 8, 6, 1024),
}
"""Between 4 and 16 million parameters; what each bought is in ``weights/README.md``."""
DEFAULT_SHAPE: Final = "6x256"


def build_model(tokenizer: Tokenizer, shape: Shape) -> LlamaForCausalLM:
    """A Llama with tied embeddings; weights from torch's current seed."""
    from transformers import LlamaConfig, LlamaForCausalLM

    end = get_token_id(tokenizer, END)
    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=tokenizer.get_vocab_size(),
            hidden_size=shape.width,
            intermediate_size=shape.inner,
            num_hidden_layers=shape.layers,
            num_attention_heads=shape.heads,
            num_key_value_heads=shape.heads,
            max_position_embeddings=CONTEXT_TOKENS,
            tie_word_embeddings=True,
            use_cache=False,
            bos_token_id=None,
            eos_token_id=end,
            pad_token_id=get_token_id(tokenizer, PAD),
        )
    )


def build_optimizers(model: LlamaForCausalLM) -> list[Optimizer]:
    """Muon (Jordan et al. 2024) for the matrices, AdamW for embeddings and norms.

    Each group carries its peak rate as ``peak`` for ``set_learning_rate``.
    """
    import torch

    named = list(model.named_parameters())
    inner = [p for n, p in named if p.ndim == 2 and "embed" not in n]
    outer = [p for n, p in named if p.ndim != 2 or "embed" in n]
    made: list[Optimizer] = [
        torch.optim.Muon(inner, lr=MATRIX_RATE, momentum=0.95, weight_decay=0.01),
        torch.optim.AdamW(outer, lr=OTHER_RATE, betas=(0.9, 0.98), weight_decay=0.0),
    ]
    for optimizer in made:
        for group in optimizer.param_groups:
            group["peak"] = group["lr"]
    return made


def set_learning_rate(made: list[Optimizer], step: int, spent: float) -> None:
    """Warm up over 60 steps, hold, then fall to nothing over the last 30 % of the
    budget; ``spent`` is the share of the budget that is used up."""
    scale = min(1.0, (step + 1) / 60, max(0.0, (1.0 - spent) / 0.3))
    for optimizer in made:
        for group in optimizer.param_groups:
            group["lr"] = group["peak"] * scale
