"""Brings a catalogued model from the Hugging Face hub, pinned by what the hub itself states.

Nothing else in the application asks a hub. The first fetch writes the commit and the sha256 into
the roster of fetched models; a later one asks for exactly that commit and takes no other bytes.
What has arrived of a file waits beside it under another name, and the next fetch asks for the rest.
"""

from __future__ import annotations

import errno
import fcntl
import logging
import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx2
from huggingface_hub import HfApi, ModelInfo, constants, hf_hub_url
from huggingface_hub.errors import HfHubHTTPError, RevisionNotFoundError
from huggingface_hub.file_download import http_get
from huggingface_hub.utils import build_hf_headers  # type: ignore[attr-defined]  # it loads late

from triage.inference.registry import pinned as registry_pinned
from triage.inference.registry.catalogue import Model

TIMEOUT_SECONDS = 20.0  # seconds for one answer of the hub
HUB_LOGGER = logging.getLogger("huggingface_hub")
HUB_SWITCHES = {
    "HF_HUB_OFFLINE": False,
    "HF_HUB_DISABLE_TELEMETRY": True,
    "DOWNLOAD_CHUNK_SIZE": 1 << 20,  # bytes; a broken connection loses less than one of these
}


class DownloadError(Exception):
    """No new model serves. The message is a sentence that says what to do."""


class PinMismatch(DownloadError):
    """What the hub states or sent is not what was pinned: it never serves."""


SHA256: Final = re.compile(r"[0-9a-f]{64}")
COMMIT: Final = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True, kw_only=True)
class HubFile:
    """What the hub says of one file at one commit. ``size`` in bytes, ``licence`` as carded."""

    url: str
    revision: str
    sha256: str
    size: int
    licence: str


def fetch_model(model: Model, pins: Path, say: Callable[[str], None]) -> registry_pinned.Entry:
    """Fetch a model; its entry in the roster file ``pins``, its bytes in a folder beside.

    ``say`` is given lines for a person. Raises DownloadError, and PinMismatch for what was
    changed.
    """
    with _translate_errors(pins.parent), _lock_folder(pins.parent), _allow_network():
        pinned = load_fetched(pins).get(model.name)
        stated = ask_hub(model, pinned.revision if pinned else "main")
        entry = pinned or _build_entry(model, stated, pins.parent)
        if stated.sha256 != entry.sha256:
            raise PinMismatch(
                f"The hub now states another sha256 for {model.file} than the one pinned: keep "
                f"what you have, or remove [{model.name}] from {pins} and its file to take "
                "the new one."
            )
        say(f"Licence: {model.licence}, {_get_hub_address()}/{model.repository}")
        if stated.licence.lower() != model.licence.lower():
            say(f"Its page names another: {stated.licence}. Read it before you use the model.")
        _place_file(entry.path, stated, say)
        if pinned is None:
            registry_pinned.append_entry(pins, entry)
        return entry


def load_fetched(pins: Path) -> Mapping[str, registry_pinned.Entry]:
    """The entries that were fetched before, by name. Raises RosterError."""
    return (
        {entry.name: entry for entry in registry_pinned.read_roster_file(pins)}
        if pins.exists()
        else {}
    )


def ask_hub(model: Model, revision: str) -> HubFile:
    """What the hub states of the model's file at ``revision``, a branch or a commit."""
    info = _get_model_info(model, revision)
    files = {each.rfilename: each for each in info.siblings or []}
    if model.file not in files:
        there = ", ".join(sorted(name for name in files if name.endswith(".gguf"))) or "none"
        raise DownloadError(
            f"{model.repository} has no {model.file}: correct "
            f"triage/inference/registry/catalogue.toml by the .gguf "
            f"files it has, which are {there}."
        )
    lfs = files[model.file].lfs
    if lfs is None or not COMMIT.fullmatch(info.sha or "") or not SHA256.fullmatch(lfs.sha256):
        raise DownloadError(
            f"The hub states no proper commit and sha256 for {model.file}: name another file in "
            "triage/inference/registry/catalogue.toml."
        )
    return HubFile(
        url=hf_hub_url(
            model.repository, model.file, revision=info.sha, endpoint=_get_hub_address()
        ),
        revision=str(info.sha),
        sha256=lfs.sha256,
        size=lfs.size,
        licence=_strip_unprintable(getattr(info.card_data, "license", None)) or "not named",
    )


def _strip_unprintable(text: object) -> str:
    """At most 80 characters of a stranger's text, without what a terminal would obey."""
    return "".join(c for c in str(text or "") if c.isprintable())[:80]


def _get_model_info(model: Model, revision: str) -> ModelInfo:
    try:
        return HfApi(endpoint=_get_hub_address()).model_info(
            model.repository, revision=revision, files_metadata=True, timeout=TIMEOUT_SECONDS
        )
    except RevisionNotFoundError as error:
        raise PinMismatch(
            f"The hub no longer has commit {revision[:12]} of {model.repository}: keep what you "
            f"have, or remove [{model.name}] from the roster and its file to take what is "
            "there now."
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise DownloadError(
            f"{_get_hub_address()} does not answer as a hub does: check HF_ENDPOINT."
        ) from error


def _build_entry(model: Model, stated: HubFile, folder: Path) -> registry_pinned.Entry:
    return registry_pinned.Entry(
        name=model.name,
        kind="writer",
        path=folder / model.name / Path(model.file).name,
        sha256=stated.sha256,
        model_class=model.model_class,
        licence=model.licence,
        about=model.about,
        context=model.context,
        max_tokens=model.max_tokens,
        seconds=model.seconds,
        repository=model.repository,
        revision=stated.revision,
    )


def _place_file(path: Path, stated: HubFile, say: Callable[[str], None]) -> None:
    """Put the stated bytes at ``path``, or leave it as it was.

    Raises DownloadError, and PinMismatch for other bytes.
    """
    if path.exists():
        if registry_pinned.hash_file(path) != stated.sha256:
            raise PinMismatch(f"{path} is not the file that was pinned: remove it and run again.")
        say(f"{path} is there already, and it is the pinned one.")
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{stated.sha256[:12]}.part")
    for other in set(path.parent.glob("*.part")) - {part}:
        other.unlink()  # the beginning of a file the hub has replaced since
    _download_rest(stated, part, say)
    found = registry_pinned.hash_file(part)
    if found != stated.sha256:
        part.unlink()
        raise PinMismatch(
            f"What arrived has sha256 {found[:12]}… where the hub states {stated.sha256[:12]}…: it "
            "was thrown away, so run again, and distrust this hub if it stays so."
        )
    part.replace(path)


def _download_rest(stated: HubFile, part: Path, say: Callable[[str], None]) -> None:
    """Append to ``part`` what is missing of the stated file. Raises DownloadError."""
    here = part.stat().st_size if part.exists() else 0
    _check_disk_space(stated.size - here, part.parent)
    going_on = f", going on at {format_size(here)}" if here else ""
    say(f"Fetching {format_size(stated.size)} at commit {stated.revision[:12]}{going_on} …")
    headers = {**build_hf_headers(), "Accept-Encoding": "identity"}  # parts of a packed file differ
    with _check_length(stated, part), part.open("ab") as file:
        http_get(
            stated.url,
            file,
            resume_size=here,
            expected_size=stated.size,
            headers=headers,
            displayed_filename=part.parent.name,
        )


@contextmanager
def _check_length(stated: HubFile, part: Path) -> Iterator[None]:
    """A download that ends too early waits for its rest; other faults are found out later."""
    try:
        yield
    except HfHubHTTPError as error:
        if error.response.status_code == httpx2.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
            part.unlink()  # there is no rest: begin anew
        raise
    except OSError as error:
        if error.errno is not None:
            raise
        if part.stat().st_size < stated.size:
            raise httpx2.RemoteProtocolError("it ended early") from error


def _check_disk_space(needed: int, folder: Path) -> None:
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise DownloadError(
            f"{format_size(needed)} are needed and {format_size(free)} are free in {folder}: "
            "make room, or name a roomier folder in TRIAGE_DATA."
        )


def format_size(size: float) -> str:
    """A number of bytes for a reader, in units of 10⁹ or, below one of them, of 10⁶."""
    return f"{size / 1e9:.2f} GB" if size >= 1e9 else f"{size / 1e6:.1f} MB"


def _get_hub_address() -> str:
    """The address of the hub; HF_ENDPOINT is read now, not when the library was loaded."""
    return os.environ.get("HF_ENDPOINT", constants.ENDPOINT).rstrip("/")


@contextmanager
def _allow_network() -> Iterator[None]:
    """Let the hub's library out for as long as the block lasts: our settings keep it in."""
    kept, level = {name: getattr(constants, name) for name in HUB_SWITCHES}, HUB_LOGGER.level
    try:
        _set_switches(
            HUB_SWITCHES, logging.ERROR
        )  # it warns of each retry; what fails for good we say
        yield
    finally:
        _set_switches(kept, level)


def _set_switches(values: Mapping[str, int], level: int) -> None:
    HUB_LOGGER.setLevel(level)
    for name, value in values.items():
        setattr(constants, name, value)


@contextmanager
def _lock_folder(folder: Path) -> Iterator[None]:
    """One fetch at a time in a folder: two would write into the same part.

    Raises DownloadError while another is at work.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise DownloadError("Another fetch is at work here: wait for its end.") from error
        yield


@contextmanager
def _translate_errors(folder: Path) -> Iterator[None]:
    """Turn what a network and a disk can do into DownloadError."""
    kept = "run again to go on; what has arrived is kept."
    try:
        yield
    except HfHubHTTPError as error:
        raise DownloadError(_explain_response(error)) from error
    except httpx2.HTTPError as error:
        raise DownloadError(
            f"The connection to {_get_hub_address()} failed ({error}): check it, "
            f"or HF_ENDPOINT, and {kept}"
        ) from error
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DownloadError(f"The disk is full: make room in {folder} and {kept}") from error
        raise DownloadError(f"{error}: make {folder} writable and {kept}") from error
    except KeyboardInterrupt as stop:
        raise DownloadError(f"Stopped: {kept}") from stop


def _explain_response(error: HfHubHTTPError) -> str:
    """What to do about an answer of the hub that is not the one asked for."""
    status, url = error.response.status_code, error.response.url
    if status in (401, 403):
        return (
            f"The hub hands {url} to nobody it does not know ({status}): accept the model's terms "
            "on its page, put a token of yours into HF_TOKEN, and run again."
        )
    if status == 404:
        return f"The hub has no {url}: correct triage/inference/registry/catalogue.toml."
    return f"The hub answered {status}: run again in a while; what has arrived is kept."
