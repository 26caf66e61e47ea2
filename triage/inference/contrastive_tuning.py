"""Tuning the encoder on a shop's own questions and clauses, kept as the changes to the pinned file.

Questions are drawn to their clause and away from the other clauses of the batch (multiple
negatives ranking, Henderson et al. 2017, arXiv 1705.00652) and from one look-alike each. The
word embeddings stay: words that no pair has keep their place among those that were moved.
Seven tenths of the change are kept (weights between the plain and the tuned ones, Wortsman et
al. 2022, arXiv 2109.01903): on clauses that no pair had this ranks better than all of it.
sentence-transformers' own trainer needs two more packages for the same loop.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from triage.inference.tuned_weights import TunedWeights, pack_changes

if TYPE_CHECKING:
    from triage.inference.encoder import Encoder

T = TypeVar("T")
Pair = tuple[str, str]
Batch = tuple[list[str], list[str], list[str]]  # questions, their clauses, look-alikes
BATCH_SIZE = 32
CHUNK_SIZE = 16  # texts that pass through the module at once
LEARNING_RATE = 5e-5
COSINE_SCALE = 20.0  # of the cosines, as sentence-transformers has it
WARM_UP_SHARE = 0.1
KEPT_SHARE = 0.7  # of the change, see above
MIN_CLAUSES = 8  # different clauses: fewer teach what is not meant here, not what is


def tune_pairs(
    encoder: Encoder,
    pairs: Sequence[Pair],
    *,
    look_alikes: Sequence[str] = (),
    epochs: int = 2,
    seed: int = 7,
    progress: bool = False,
) -> TunedWeights:
    """The encoder's pinned weights tuned on (question, clause) pairs.

    ``look_alikes`` has for each pair a clause that shares its words and is not meant. The
    encoder itself is left as it is. Raises ValueError where the pairs are too few.
    """
    _check_pairs(pairs, look_alikes)
    from triage.inference.encoder import load_transformer

    answers = group_answers(pairs)
    with seed_torch(seed):
        model = load_transformer(encoder.entry)
        before = unfreeze_weights(model)
        plan = [
            _build_batch(pairs, look_alikes, rows)
            for rows in iter_shuffled_rows(len(pairs), BATCH_SIZE, epochs=epochs, seed=seed)
        ]
        groups = [{"params": list_trainable_weights(model), "lr": LEARNING_RATE}]
        losses = train_model(
            model, groups, plan, lambda batch: _compute_loss(model, batch, answers), progress
        )
    clauses = len({clause for _, clause in pairs})
    report: dict[str, Any] = {
        "pairs": len(pairs),
        "clauses": clauses,
        "look_alikes": bool(look_alikes),
    }
    report |= {"kept": KEPT_SHARE, **summarize_losses(losses, epochs, seed)}
    return pack_changes(model[0].auto_model, before, encoder.entry.sha256, report, share=KEPT_SHARE)


def _check_pairs(pairs: Sequence[Pair], look_alikes: Sequence[str]) -> None:
    if len({clause for _, clause in pairs}) < MIN_CLAUSES:
        raise ValueError(
            f"Tuning needs accepted citations of at least {MIN_CLAUSES} different clauses: "
            "send more replies that quote them."
        )
    if look_alikes and len(look_alikes) != len(pairs):
        raise ValueError(f"{len(pairs)} pairs, {len(look_alikes)} look-alikes: give one for each.")


def group_answers(pairs: Sequence[Pair]) -> dict[str, set[str]]:
    """All clauses that answer each question: none of them may be pushed away from it."""
    answers: dict[str, set[str]] = {}
    for question, clause in pairs:
        answers.setdefault(question, set()).add(clause)
    return answers


def _build_batch(pairs: Sequence[Pair], look_alikes: Sequence[str], rows: Sequence[int]) -> Batch:
    questions, clauses = zip(*(pairs[i] for i in rows), strict=True)
    others = [look_alikes[i] for i in rows] if look_alikes else []
    return list(questions), list(clauses), others


def _compute_loss(model: Any, batch: Batch, answers: Mapping[str, set[str]]) -> Any:
    """Cross-entropy of each question's own clause among all clauses of the batch."""
    import torch

    questions, clauses, others = batch
    columns = list(dict.fromkeys([*clauses, *others]))
    asked, found = embed_texts(model, questions), embed_texts(model, columns)
    also = torch.tensor(
        [
            [column != own and column in answers[question] for column in columns]
            for question, own in zip(questions, clauses, strict=True)
        ]
    )
    scores = (COSINE_SCALE * asked.float() @ found.float().T).masked_fill(also, -torch.inf)
    return torch.nn.functional.cross_entropy(
        scores, torch.tensor([columns.index(own) for own in clauses])
    )


def embed_texts(model: Any, texts: list[str]) -> Any:
    """Vectors in the order of the texts, in chunks of like length: padding costs most here."""
    import torch

    order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
    starts = range(0, len(order), CHUNK_SIZE)
    parts = [
        _embed_chunk(model, [texts[i] for i in order[start : start + CHUNK_SIZE]])
        for start in starts
    ]
    return torch.cat(parts)[torch.tensor(order).argsort()]


def _embed_chunk(model: Any, texts: list[str]) -> Any:
    features = model.tokenizer(
        texts, padding=True, truncation=True, max_length=model.max_seq_length, return_tensors="pt"
    )
    return model(dict(features))["sentence_embedding"]


@contextmanager
def seed_torch(seed: int) -> Iterator[None]:
    """Within it torch draws what the seed fixes; outside it goes on as before."""
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield


def iter_shuffled_rows(count: int, size: int, *, epochs: int, seed: int) -> Iterator[list[int]]:
    """The row numbers of each batch of all epochs, shuffled by the seed."""
    import numpy as np

    rng = np.random.default_rng(seed)
    for _ in range(epochs):
        order = rng.permutation(count).tolist()
        yield from (order[start : start + size] for start in range(0, count, size))


def unfreeze_weights(model: Any) -> dict[str, Any]:
    """Let all weights but the embeddings change; returns them as they were before."""
    module = model[0].auto_model
    for name, weight in module.named_parameters():
        weight.requires_grad_(not name.startswith(("embeddings.", "pooler.")))
    return {
        name: weight.detach().clone()
        for name, weight in module.named_parameters()
        if weight.requires_grad
    }


def list_trainable_weights(model: Any) -> list[Any]:
    return [weight for weight in model.parameters() if weight.requires_grad]


def train_model(
    model: Any,
    groups: list[dict[str, Any]],
    batches: Sequence[T],
    loss_of: Callable[[T], Any],
    progress: bool,
) -> list[float]:
    """Train the weights of the groups on the batches; returns the loss of each batch."""
    import torch
    from tqdm import tqdm

    weights = [weight for group in groups for weight in group["params"]]
    optimizer = torch.optim.AdamW(groups, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, _build_schedule(len(batches)))
    model.train()
    losses = []
    for batch in tqdm(batches, disable=not progress, unit=" batches"):
        with torch.autocast("cpu", torch.bfloat16):
            loss = loss_of(batch)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        optimizer.step()
        schedule.step()
        losses.append(loss.item())
    model.eval()
    return losses


def _build_schedule(steps: int) -> Callable[[int], float]:
    """A schedule of the rate: up over the first tenth of the steps, then down to nothing."""
    warm = max(1, round(WARM_UP_SHARE * steps))
    return lambda step: min((step + 1) / warm, (steps - step) / max(1, steps - warm))


def summarize_losses(losses: Sequence[float], epochs: int, seed: int) -> dict[str, Any]:
    """Epochs, seed, and the mean loss of the first epoch and of the last."""
    each = len(losses) // epochs
    return {
        "epochs": epochs,
        "seed": seed,
        "loss_first": round(sum(losses[:each]) / each, 4),
        "loss_last": round(sum(losses[-each:]) / each, 4),
    }
