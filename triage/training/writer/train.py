"""Training the bundled writer: ``python -m triage.training.writer.train``.

Everything lies under .data/focal: tokenizer.json, checkpoint.pt (written every two
minutes and resumed from), loss.csv, loss.svg. The budget is wall-clock minutes or tokens,
all runs of a checkpoint together.
"""

from __future__ import annotations

import argparse
import csv
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from triage.training.writer.architecture import (
    DEFAULT_SHAPE,
    SHAPES,
    build_model,
    build_optimizers,
    set_learning_rate,
)
from triage.training.writer.batches import UNLABELLED, Batch, iter_batches
from triage.training.writer.loss_chart import write_chart
from triage.training.writer.tokenizer import train_tokenizer

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from torch import Tensor
    from transformers import LlamaForCausalLM

FOLDER: Final = Path(".data/focal")
BATCH_SIZE: Final = 16
SAVE_SECONDS: Final = 120.0
LOG_STEPS: Final = 10


@dataclass
class Progress:
    """How far a run is; ``seconds`` is time spent training, ``example`` the next."""

    step: int = 0
    example: int = 0
    tokens: int = 0
    seconds: float = 0.0


def train_writer(
    minutes: float,
    seed: int,
    folder: Path = FOLDER,
    threads: int = 1,
    shape: str = DEFAULT_SHAPE,
    device: str = "cpu",
    tokens: float = math.inf,
) -> Path:
    """Train or go on training until the minutes or the tokens are used up, whichever is
    first; the checkpoint's path."""
    import torch
    from tqdm import tqdm

    torch.set_num_threads(threads)
    torch.manual_seed(seed)
    folder.mkdir(parents=True, exist_ok=True)
    run = Run(folder, seed, shape, device)
    bar = tqdm(total=round(minutes * 60), initial=round(run.progress.seconds), unit="s")
    saved = run.progress.seconds
    for loss in run.iter_steps(minutes * 60, tokens):
        now = run.progress
        bar.update(round(now.seconds) - bar.n)
        bar.set_postfix(loss=f"{loss:.3f}", tokens=f"{now.tokens / 1e6:.2f}M")
        if now.step % LOG_STEPS == 0:
            run.log(loss)
        if now.seconds - saved > SAVE_SECONDS:
            run.save()
            saved = now.seconds
    run.save()
    bar.close()
    return run.checkpoint


class Run:
    """A model in training with everything needed to go on after an interruption."""

    def __init__(self, folder: Path, seed: int, shape: str, device: str) -> None:
        import torch

        self.folder, self.seed, self.shape, self.device = folder, seed, shape, device
        self.checkpoint = folder / "checkpoint.pt"
        self.progress = Progress()
        self.tokenizer = load_or_train_tokenizer(folder, seed)
        self.model = build_model(self.tokenizer, SHAPES[shape])
        torch.nn.Module.to(self.model, device)
        self.optimizers = build_optimizers(self.model)
        if self.checkpoint.exists():
            self._resume_training()

    def iter_steps(self, budget: float, tokens: float) -> Iterator[float]:
        """One optimizer step each, until ``budget`` seconds or ``tokens`` are spent; the loss."""
        stream = iter_batches(self.tokenizer, self.seed, BATCH_SIZE, self.progress.example)
        before = time.monotonic()
        while (spent := self._compute_spent_share(budget, tokens)) < 1:
            self.progress.example, parts = next(stream)
            parts = [Batch(*(tensor.to(self.device) for tensor in part)) for part in parts]
            set_learning_rate(self.optimizers, self.progress.step, spent)
            loss = self._run_step(parts)
            self.progress.step += 1
            self.progress.tokens += sum(part.ids.numel() for part in parts)
            now = time.monotonic()
            self.progress.seconds += now - before
            before = now
            yield loss

    def _compute_spent_share(self, budget: float, tokens: float) -> float:
        return max(self.progress.seconds / budget, self.progress.tokens / tokens)

    def _run_step(self, parts: list[Batch]) -> float:
        import torch

        everything = sum(compute_labelled_weight(part) for part in parts)
        total = 0.0
        for part in parts:
            loss = compute_summed_loss(self.model, part) / everything
            loss.backward()  # type: ignore[no-untyped-call]
            total += loss.item()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        for optimizer in self.optimizers:
            optimizer.step()
            optimizer.zero_grad()
        return total

    def log(self, loss: float) -> None:
        with (self.folder / "loss.csv").open("a", newline="") as file:
            now = self.progress
            csv.writer(file).writerow([now.step, now.tokens, round(now.seconds, 1), round(loss, 4)])

    def save(self) -> None:
        """The checkpoint, moved into place whole, and the loss curve so far."""
        import torch

        state = {
            "model": self.model.state_dict(),
            "optimizers": [o.state_dict() for o in self.optimizers],
            "progress": vars(self.progress),
            "seed": self.seed,
            "shape": self.shape,
        }
        part = self.checkpoint.with_suffix(".part")
        torch.save(state, part)
        part.replace(self.checkpoint)
        write_chart(self.folder / "loss.csv", self.folder / "loss.svg")

    def _resume_training(self) -> None:
        state = load_checkpoint(self.checkpoint, self.device)
        if (state["seed"], state["shape"]) != (self.seed, self.shape):
            raise SystemExit(
                f"{self.checkpoint} was trained with seed {state['seed']} and shape "
                f"{state['shape']}: name those, or remove the file to start anew."
            )
        self.model.load_state_dict(state["model"])
        for optimizer, kept in zip(self.optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(kept)
        self.progress = Progress(**state["progress"])


def compute_summed_loss(model: LlamaForCausalLM, batch: Batch) -> Tensor:
    """Weighted sum of cross-entropy over the labelled positions.

    Logits are computed for those alone: the output matrix is a fifth of the model.
    """
    import torch

    asked = batch.labels != UNLABELLED
    with torch.autocast(batch.ids.device.type, dtype=torch.bfloat16):
        hidden = model.model(batch.ids).last_hidden_state[asked]
        logits = model.lm_head(hidden).float()
    losses = torch.nn.functional.cross_entropy(logits, batch.labels[asked], reduction="none")
    return (losses * batch.weights[asked]).sum()


def compute_labelled_weight(batch: Batch) -> float:
    return batch.weights[batch.labels != UNLABELLED].sum().item()


def load_or_train_tokenizer(folder: Path, seed: int) -> Tokenizer:
    from tokenizers import Tokenizer

    path = folder / "tokenizer.json"
    if not path.exists():
        train_tokenizer(seed).save(str(path))
    return Tokenizer.from_file(str(path))


def load_checkpoint(path: Path, device: str = "cpu") -> dict[str, Any]:
    """The saved state; plain tensors and numbers only, never pickled code."""
    import torch

    state: dict[str, Any] = torch.load(path, map_location=device, weights_only=True)
    return state


def main(arguments: list[str] | None = None) -> None:
    """Parse the options and train the writer by them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=85)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--folder", type=Path, default=FOLDER)
    parser.add_argument("--shape", choices=SHAPES, default=DEFAULT_SHAPE)
    parser.add_argument("--tokens", type=float, default=math.inf, help="at most so many")
    parser.add_argument("--device", default="cpu", help="cpu, or cuda where there is one")
    chosen = parser.parse_args(arguments)
    train_writer(
        chosen.minutes,
        chosen.seed,
        chosen.folder,
        chosen.threads,
        chosen.shape,
        chosen.device,
        chosen.tokens,
    )


if __name__ == "__main__":
    main()
