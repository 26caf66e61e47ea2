"""The writer's own tokens: BPE over the corpus, marks and digits one token each.

Marks are added tokens, never merged from pieces, and each digit is a token of its own (the
pre-tokenizer known to llama.cpp as "smollm"), so that a mask over tokens is exact.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final

from triage.contract.slots import CLOSE, OPEN, iter_slot_names
from triage.generation.prompt import DRAFT, END, SUMMARY, WRITE, build_writer_prompt
from triage.training.writer.corpus.generate import iter_examples

if TYPE_CHECKING:
    from tokenizers import Tokenizer

VOCABULARY_SIZE: Final = 4096
PAD: Final = "<|pad|>"
CONTROL: Final = (PAD, DRAFT, SUMMARY, WRITE, END)
MARKS: Final = tuple(f"{OPEN}{name}{CLOSE}" for name in iter_slot_names())
TRAINING_SAMPLES: Final = 12_000


def get_token_id(tokenizer: Tokenizer, token: str) -> int:
    """The id of a token that must be there. Raises KeyError."""
    index = tokenizer.token_to_id(token)
    if index is None:
        raise KeyError(token)
    return index


def train_tokenizer(seed: int) -> Tokenizer:
    """A byte-level BPE of VOCABULARY_SIZE tokens; the special ones come first."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY_SIZE,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        special_tokens=[AddedToken(token) for token in CONTROL + MARKS],
        show_progress=False,
    )
    texts = (
        build_writer_prompt(example.task) + example.text
        for example in islice(iter_examples(seed), TRAINING_SAMPLES)
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer
