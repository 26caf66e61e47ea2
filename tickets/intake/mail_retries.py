"""Mails that were refused: kept with their reason, and taken in later."""

from __future__ import annotations

import hashlib

from django.db import DataError, IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from tickets.intake.mails import receive_mail
from tickets.intake.outcome import Outcome
from tickets.mail.reading import MAX_MAIL_BYTES, UnreadableMail
from tickets.models import RefusedMail
from tickets.models.refused_mails import MAX_PLACE_CHARS


def keep_refused_mail(raw: bytes | None, place: str, reason: str) -> RefusedMail:
    """Keep what was refused, once: the same bytes again only count one attempt more.

    ``raw`` is None where there was nothing to read; above MAX_MAIL_BYTES only the place is kept.
    """
    place = place.encode("utf-8", "replace").decode()[-MAX_PLACE_CHARS:]
    kept = raw if raw is not None and len(raw) <= MAX_MAIL_BYTES else None
    digest = hashlib.sha256(place.encode() if kept is None else kept).hexdigest()
    told = {"place": place, "reason": reason, "refused_at": timezone.now()}
    refused, is_new = RefusedMail.objects.get_or_create(
        sha256=digest, defaults={**told, "raw": kept}
    )
    if not is_new:
        RefusedMail.objects.filter(pk=refused.pk).update(**told, attempts=F("attempts") + 1)
        refused.refresh_from_db()
    return refused


def retry_refused_mail(refused: RefusedMail) -> Outcome | None:
    """Try to take the mail in again; None where it is still refused, and ``reason`` says why."""
    if refused.raw is None:
        return None
    raw = bytes(refused.raw)
    try:
        with transaction.atomic():
            outcome = receive_mail(raw)
    except UnreadableMail as unread:
        keep_refused_mail(raw, refused.place, str(unread))
        return None
    except (DataError, IntegrityError) as error:
        keep_refused_mail(raw, refused.place, f"the database refused it: {error}")
        return None
    RefusedMail.objects.filter(pk=refused.pk).update(
        ticket=outcome.ticket, taken_in_at=timezone.now()
    )
    return outcome
