"""Who wrote a mail: the address that an answer goes to, and the name beside it.

From says it, unless a program speaks there for somebody: a form, a group, a noreply or our own
address. Then Reply-To does, or what groups keep of the first sender.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from email.message import Message as Part
from email.utils import unquote
from pathlib import Path

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from tickets.mail.headers import quote_encoded_words
from tickets.mail.parsing import find_hints, make_storable

MAX_ADDRESS_CHARS = 254
MAX_LOCAL_CHARS = 64
MAX_HEADER_CHARS = 8_000
MAX_MAILBOXES = 50
MAX_FORM_LINES = 40
QUOTED_BLANK = "\u2060"  # a blank within quotation marks: "ana b"@shop is no address of b
NAMES: dict[str, list[str]] = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
MACHINES, ROLES, BULK, SHARED = (
    frozenset(NAMES[kind]) for kind in ("machines", "roles", "bulk", "shared")
)
SENDER_HEADERS = ("From", "Sender", "Reply-To", "Return-Path")
KEPT_SENDERS = ("Reply-To", "X-Original-From", "X-Original-Sender", "X-Google-Original-From")
FORM_MARKS = ("X-PHP-Originating-Script", "X-PHP-Script", "X-WPCF7-Content-Type")
NOT_IN_ADDRESS = frozenset(' \t\r\n<>(),;:"\\[]')


@dataclass(frozen=True)
class Writer:
    """A person or a program as a header names them; each part may be empty."""

    name: str = ""
    email: str = ""


def find_writer(message: Part, text: str, own_address: str = "") -> Writer:
    """The writer of a mail with this body text; an empty one where nobody is named.

    ``own_address`` is the one we write from.
    """
    sender = find_sender(message)
    if not (is_intermediary(message, sender, own_address)):
        return sender
    others = [writer for header in KEPT_SENDERS for writer in read_mailboxes(message, header)]
    is_program = is_machine(sender.email) or strip_tag(sender.email) == own_address.lower()
    if is_program and not message.get("In-Reply-To") and not message.get("References"):
        others += _find_form_address(text)
    found = next((one for one in others if _is_another(one, sender, message, own_address)), None)
    if found is None:
        return sender
    return Writer(found.name or _strip_group(sender.name, message), found.email)


def find_sender(message: Part) -> Writer:
    """Who the header says sent it, whoever wrote it."""
    name = ""
    for header in SENDER_HEADERS:
        for writer in read_mailboxes(message, header):
            if writer.email:
                return Writer(writer.name or name, writer.email)
            name = name or writer.name
    return Writer(name, "")


def is_intermediary(message: Part, sender: Writer, own_address: str) -> bool:
    """Whether a program or a group sent it that may speak for somebody else."""
    local, _, domain = strip_tag(sender.email).partition("@")
    if not local or is_machine(sender.email) or strip_tag(sender.email) == own_address.lower():
        return True
    if domain and domain == get_own_domain(own_address):
        return True
    if sender.email.lower() in _list_group_addresses(message):
        return True
    if any(message.get(header) for header in ("X-Original-From", "X-Original-Sender")):
        return True
    elsewhere = any(
        one.email.lower().partition("@")[2] not in ("", domain)
        for one in read_mailboxes(message, "Reply-To")
    )
    return elsewhere and (local in ROLES or any(message.get(mark) for mark in FORM_MARKS))


def is_machine(address: str) -> bool:
    """Whether the local part is one that programs use."""
    local = strip_tag(address).partition("@")[0]
    letters = "".join(filter(str.isalpha, local))
    return local in MACHINES or "noreply" in letters or "donotreply" in letters


def strip_tag(address: str) -> str:
    """The address in lower case without what stands after its plus sign."""
    local, at, domain = address.lower().rpartition("@")
    return f"{local.partition('+')[0]}{at}{domain}"


def _is_another(one: Writer, sender: Writer, message: Part, own_address: str) -> bool:
    """Whether this is somebody to answer: not the program, the group or ourselves."""
    email = strip_tag(one.email)
    if not email or email == strip_tag(sender.email) or is_machine(email):
        return False
    if email == own_address.lower() or email in _list_group_addresses(message):
        return False
    own_domain = get_own_domain(own_address)
    return not own_domain or email.partition("@")[2] != own_domain


def get_own_domain(own_address: str) -> str:
    """The domain that only colleagues write from; "" where strangers share it."""
    domain = own_address.lower().partition("@")[2]
    return "" if domain in SHARED else domain


def parse_mailbox(line: str) -> Writer:
    """The first mailbox of a line with an address that one can write to; an empty one of none."""
    line = line.replace("[mailto:", "<").replace("]", ">") if "[mailto:" in line else line
    found = [Writer(one.name, clean_address(one.email)) for one in _parse_mailboxes(line)]
    return next((one for one in found if one.email), Writer())


def _list_group_addresses(message: Part) -> set[str]:
    """The addresses of the list or group that a mail came through, in lower case."""
    post = str(message.get("List-Post", "")).lower().partition("mailto:")[2]
    found = {post.partition(">")[0].partition("?")[0].strip()}
    listed = str(message.get("List-Id", "")).lower().rpartition("<")[2].partition(">")[0]
    if "." in listed:
        found.add(listed.strip().replace(".", "@", 1))
    return found - {""}


def _strip_group(name: str, message: Part) -> str:
    """The person's name in what groups make of it, as in: 'Ana Moreno' via Help."""
    person, via, _ = name.partition(" via ")
    return person.strip(" '\"") if via else ""


def _find_form_address(text: str) -> list[Writer]:
    """The writer whom a form names in a line of its own, such as "E-mail: ana@example.org"."""
    found = []
    for line in text.strip().splitlines()[:MAX_FORM_LINES]:
        label, colon, value = line.strip(" *-\t").partition(":")
        if colon and "@" in value and 0 < len(label) <= MAX_LOCAL_CHARS:
            boxes = [Writer(one.name, clean_address(one.email)) for one in _parse_mailboxes(value)]
            found += boxes if len(boxes) == 1 and boxes[0].email else []
    return found if len({strip_tag(one.email) for one in found}) == 1 else []


def read_mailboxes(message: Part, header: str) -> list[Writer]:
    """The mailboxes of every header of this name, those that nobody can write to without email."""
    hints = find_hints(message)
    raws = [value for name, value in message.raw_items() if name.lower() == header.lower()]
    lines = [quote_encoded_words(str(raw)[:MAX_HEADER_CHARS], hints) for raw in raws]
    return [
        Writer(_collapse(one.name), clean_address(_collapse(one.email)))
        for line in lines
        for one in _parse_mailboxes(line)
    ]


def _collapse(text: str) -> str:
    return make_storable(" ".join(text.split()))


def _parse_mailboxes(line: str) -> Iterator[Writer]:
    """Each mailbox as it stands: what is in angle brackets, or the one word with an @."""
    for entry in list(_split_entries(line))[:MAX_MAILBOXES]:
        phrase, address, comments = entry
        if not address:
            words = phrase.split()
            at = [word for word in words if "@" in word]
            address = at[-1] if at else ""
            phrase = " ".join(word for word in words if word != address)
        phrase, address = (part.replace(QUOTED_BLANK, " ") for part in (phrase, address))
        phrase = phrase.strip(" '") if phrase.strip().startswith("'") else phrase.strip()
        if phrase or address:
            yield Writer(phrase or comments.strip(), address.strip(" '*").removeprefix("mailto:"))


def _split_entries(line: str) -> Iterator[tuple[str, str, str]]:
    """Phrase, address in angle brackets and comments of each entry between the commas."""
    found: dict[str, list[str]] = {"": [], "<": [], "(": []}
    state, quoted = "", False
    for char in _iter_unescaped(line):
        if char == '"' and state != "(":
            quoted = not quoted
        elif quoted or len(char) > 1:
            found[state].append(QUOTED_BLANK if char[-1] == " " else char[-1])
        elif char in "<(" and not state:
            state = char
            found[state].append(" ") if found[state] else None
            found["<"].clear() if char == "<" else None
        elif (state == "<" and char == ">") or (state == "(" and char == ")"):
            state = ""
        elif char in ",;" and state != "(":
            yield _join_entry(found)
            found, state = {"": [], "<": [], "(": []}, ""
        else:
            found[state].append(char)
    yield _join_entry(found)


def _iter_unescaped(line: str) -> Iterator[str]:
    """The characters; one behind a backslash comes with it, so that it means itself."""
    chars = iter(line)
    for char in chars:
        yield char + next(chars, "") if char == "\\" else char


def _join_entry(found: dict[str, list[str]]) -> tuple[str, str, str]:
    return "".join(found[""]), "".join(found["<"]), "".join(found["("])


def clean_address(address: str) -> str:
    """The address, or "" where no mail could be sent to it; letters of any script are fine."""
    address = unquote(address.strip())
    local, at, domain = address.rpartition("@")
    if not at or len(address) > MAX_ADDRESS_CHARS:
        return ""
    return address if _is_valid(local, domain) else ""


def _is_valid(local: str, domain: str) -> bool:
    """RFC 6531 lets letters beyond ASCII into both parts; the rest is as ever."""
    if not local.isascii():
        if len(local) > MAX_LOCAL_CHARS or not _has_no_signs(local):
            return False
        local = "".join(char if char.isascii() else "x" for char in local)
    try:
        domain = domain.encode("idna").decode() if not domain.isascii() else domain
        validate_email(f"{local}@{domain}")
    except (ValidationError, UnicodeError):
        return False
    return True


def _has_no_signs(local: Iterable[str]) -> bool:
    return all(char.isprintable() and char not in NOT_IN_ADDRESS for char in local)
