"""The demo's classifier as a file: the first start opens with it and need not train.

`manage.py load_demo --train` makes it from the demo's own examples and writes it here. It is
taken where it belongs to these examples and this encoder and its digest is right; otherwise the
demo trains as any shop does.
"""

from __future__ import annotations

import hashlib
import json
import logging
from pathlib import Path

from django.contrib.auth.models import User

from triage.learning import versions
from triage.models import Classifier, ForeignClassifier
from triage.pipeline import registry

log = logging.getLogger(__name__)

HERE = Path(__file__).resolve().parent
WEIGHTS, FACTS = HERE / "trained_head.safetensors", HERE / "trained_head.json"
FOREIGN_WEIGHTS = HERE / "trained_head_foreign.safetensors"
MADE_OF = ("intents.toml", "examples.toml")
COLUMNS = ("sha256", "labels", "promise", "report", "comparison", "encoder_sha256")
FOREIGN_COLUMNS = ("sha256", "promise", "encoder_sha256")


def create_version(*, by: User) -> Classifier:
    """The bundled version as a row, or one trained now where it does not belong here."""
    if doubt := find_doubt():
        log.warning("The demo's classifier is trained anew: %s", doubt)
        return versions.train_version(by=by)
    facts = json.loads(FACTS.read_text())
    columns = {name: facts[name] for name in COLUMNS}
    made = Classifier.objects.create(weights=WEIGHTS.read_bytes(), created_by=by, **columns)
    foreign = FOREIGN_WEIGHTS.read_bytes()
    ForeignClassifier.objects.create(classifier=made, weights=foreign, **facts["foreign"])
    return made


def train_and_keep(*, by: User) -> Classifier:
    """A version trained now, kept in the files."""
    made = versions.train_version(by=by)
    facts = {name: getattr(made, name) for name in COLUMNS}
    facts["foreign"] = {name: getattr(made.foreign, name) for name in FOREIGN_COLUMNS}
    FACTS.write_text(json.dumps({**facts, "made_of": digest_examples()}, indent=1) + "\n")
    WEIGHTS.write_bytes(made.weights)
    FOREIGN_WEIGHTS.write_bytes(made.foreign.weights)
    return made


def find_doubt() -> str:
    """Why the bundled version cannot be taken, "" where it can."""
    try:
        facts = json.loads(FACTS.read_text())
        kept = {path: _digest_file(path) for path in (WEIGHTS, FOREIGN_WEIGHTS)}
    except (OSError, ValueError) as error:
        return f"its files cannot be read ({error})"
    if facts.get("made_of") != digest_examples():
        return "the examples were changed since it was made"
    foreign = facts.get("foreign", {})
    encoders = facts.get("encoder_sha256"), foreign.get("encoder_sha256")
    if encoders != (registry.get_encoder_sha256(), registry.get_multilingual_sha256()):
        return "it was made for another encoder"
    digests = {WEIGHTS: facts.get("sha256"), FOREIGN_WEIGHTS: foreign.get("sha256")}
    return "" if kept == digests else "its weights are not those that were kept"


def _digest_file(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def digest_examples() -> str:
    """The sha256 of the examples it is made of."""
    return hashlib.sha256(b"\0".join((HERE / name).read_bytes() for name in MADE_OF)).hexdigest()
