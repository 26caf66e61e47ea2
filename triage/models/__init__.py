"""What the machine knows and is told: the taxonomy, the policies and the admin's knobs."""

from triage.models.jobs import Job
from triage.models.knobs import Limit, Phrase, Rung
from triage.models.policy import Clause, EncoderChange, Policy, PolicyVersion, TunedEncoder
from triage.models.saved_replies import ReplyProposal, SavedReply, SavedWording, SentReply
from triage.models.taxonomy import (
    DIMENSIONS,
    OTHER_LANGUAGES,
    Activation,
    Alarm,
    Classifier,
    Embedding,
    ForeignClassifier,
    Intent,
    IntentEncoder,
    IntentExample,
    IntentProposal,
)

__all__ = [
    "DIMENSIONS",
    "OTHER_LANGUAGES",
    "Activation",
    "Alarm",
    "Classifier",
    "Clause",
    "Embedding",
    "EncoderChange",
    "ForeignClassifier",
    "Intent",
    "IntentEncoder",
    "IntentExample",
    "IntentProposal",
    "Job",
    "Limit",
    "Phrase",
    "Policy",
    "PolicyVersion",
    "ReplyProposal",
    "Rung",
    "SavedReply",
    "SavedWording",
    "SentReply",
    "TunedEncoder",
]
