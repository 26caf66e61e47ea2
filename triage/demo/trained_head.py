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
from triage.models import Classifier
from triage.pipeline import registry

log = logging.getLogger(__name__)

HERE = Path(__file__).resolve().parent
WEIGHTS, FACTS = HERE / "trained_head.safetensors", HERE / "trained_head.json"
MADE_OF = ("intents.toml", "examples.toml")
COLUMNS = ("sha256", "labels", "promise", "report", "comparison", "encoder_sha256")


def create_version(*, by: User) -> Classifier:
    """The bundled version as a row, or one trained now where it does not belong here."""
    if doubt := find_doubt():
        log.warning("The demo's classifier is trained anew: %s", doubt)
        return versions.train_version(by=by)
    facts = json.loads(FACTS.read_text())
    columns = {name: facts[name] for name in COLUMNS}
    return Classifier.objects.create(weights=WEIGHTS.read_bytes(), created_by=by, **columns)


def train_and_keep(*, by: User) -> Classifier:
    """A version trained now, kept in the files."""
    made = versions.train_version(by=by)
    facts = {name: getattr(made, name) for name in COLUMNS}
    FACTS.write_text(json.dumps({**facts, "made_of": digest_examples()}, indent=1) + "\n")
    WEIGHTS.write_bytes(made.weights)
    return made


def find_doubt() -> str:
    """Why the bundled version cannot be taken, "" where it can."""
    try:
        facts = json.loads(FACTS.read_text())
        weights = hashlib.sha256(WEIGHTS.read_bytes()).hexdigest()
    except (OSError, ValueError) as error:
        return f"its files cannot be read ({error})"
    if facts.get("made_of") != digest_examples():
        return "the examples were changed since it was made"
    if facts.get("encoder_sha256") != registry.get_encoder_sha256():
        return "it was made for another encoder"
    return "" if weights == facts.get("sha256") else "its weights are not those that were kept"


def digest_examples() -> str:
    """The sha256 of the examples it is made of."""
    return hashlib.sha256(b"\0".join((HERE / name).read_bytes() for name in MADE_OF)).hexdigest()
