"""A larger model: brought from a hub by name, pinned at first, and refused once it is another."""

from __future__ import annotations

import fcntl
import hashlib
import io
import random
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import huggingface_hub
import pytest
from django.core.management import CommandError, call_command
from huggingface_hub import constants

from tests.support.hub_server import Commit, Hub, hub_server
from triage.inference.registry import catalogue, download
from triage.inference.registry import pinned as registry_pinned
from triage.pipeline import registry

NAME = "qwen2.5-0.5b"
MODEL = catalogue.find_model(NAME)
CONTENT = random.Random(1).randbytes(100_000)
SHA = hashlib.sha256(CONTENT).hexdigest()
TERMS = "accept the model's terms on its page, put a token of yours into HF_TOKEN"
FIRST, SECOND = "1" * 40, "2" * 40


@pytest.fixture
def pins(settings: Any, tmp_path: Path) -> Path:
    settings.TRIAGE_FETCHED = tmp_path / "models" / "roster.toml"
    settings.TRIAGE_ROSTER = ""
    settings.HUB_FORBIDDEN = False
    return Path(settings.TRIAGE_FETCHED)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A hub whose repository has one commit, and a library that reads in small pieces."""
    monkeypatch.setitem(download.HUB_SWITCHES, "DOWNLOAD_CHUNK_SIZE", 1000)
    monkeypatch.setattr(
        "huggingface_hub.file_download.time", SimpleNamespace(sleep=lambda seconds: None)
    )
    with hub_server(Hub(MODEL.repository, MODEL.file, [Commit(FIRST, CONTENT)])) as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.address)
        yield hub
        huggingface_hub.close_session()


@pytest.fixture
def path(pins: Path) -> Path:
    """Where the file goes."""
    return pins.parent / NAME / MODEL.file


@pytest.fixture
def part(path: Path) -> Path:
    """Where it waits until it is whole."""
    return path.with_name(f"{path.name}.{SHA[:12]}.part")


@pytest.fixture
def begun(part: Path) -> None:
    """An earlier fetch brought a part of it."""
    part.parent.mkdir(parents=True)
    part.write_bytes(CONTENT[:30_000])


def fetch(name: str = NAME) -> str:
    out = io.StringIO()
    call_command("fetch_model", name, stdout=out)
    return out.getvalue()


def refusal(name: str = NAME) -> str:
    with pytest.raises(CommandError) as refused:
        fetch(name)
    assert refused.value.returncode == 1
    return str(refused.value)


def test_a_fetched_model_is_pinned_to_what_the_hub_states_and_can_be_read(
    hub: Hub, pins: Path, path: Path
) -> None:
    said = fetch()
    entry = registry_pinned.load_entries(str(pins))[NAME]
    assert registry_pinned.verify_file(entry) == path
    assert path.read_bytes() == CONTENT
    assert (entry.sha256, entry.revision, entry.repository) == (SHA, FIRST, MODEL.repository)
    assert (entry.licence, entry.model_class, entry.context) == ("Apache-2.0", "general", 4096)
    assert said.index("Licence: Apache-2.0") < said.index("Fetching")
    assert sorted(file.name for file in pins.parent.rglob("*")) == sorted(
        ["lock", "roster.toml", NAME, MODEL.file]
    )


def test_it_serves_at_once_and_the_ladder_to_write_is_said(hub: Hub, pins: Path) -> None:
    focal = registry_pinned.load_entries()["focal"]
    hub.commits = [Commit(FIRST, focal.path.read_bytes())]
    assert NAME not in registry.list_engine_names()
    assert f"draft: focal → {NAME} → sentences" in fetch()
    assert NAME in registry.list_step_engines("draft")
    try:
        assert registry.load_engine(NAME).card.weights == focal.sha256
    finally:
        registry._try_writer.cache_clear()


def test_nothing_but_the_model_is_asked_for_and_nobody_is_named(hub: Hub, pins: Path) -> None:
    fetch()
    assert hub.asked == [
        f"/api/models/{MODEL.repository}/revision/main",
        f"/{MODEL.repository}/resolve/{FIRST}/{MODEL.file}",
        f"/cdn/{FIRST}",
    ]


def test_a_second_fetch_asks_for_the_pinned_commit_and_brings_nothing(
    hub: Hub, pins: Path, path: Path
) -> None:
    fetch()
    pinned, hub.asked = pins.read_text(), []
    hub.commits.append(Commit(SECOND, b"a newer model"))
    assert "is there already" in fetch()
    assert hub.asked == [f"/api/models/{MODEL.repository}/revision/{FIRST}"]
    assert (path.read_bytes(), pins.read_text()) == (CONTENT, pinned)


def test_a_lost_file_comes_again_at_the_pinned_commit(hub: Hub, pins: Path, path: Path) -> None:
    fetch()
    path.unlink()
    hub.commits.append(Commit(SECOND, b"a newer model"))
    fetch()
    assert path.read_bytes() == CONTENT


def test_a_connection_that_breaks_off_is_taken_up_again(hub: Hub, pins: Path, path: Path) -> None:
    hub.each = 40_000
    fetch()
    assert path.read_bytes() == CONTENT
    assert hub.sent == len(CONTENT)


def test_a_connection_that_stays_away_leaves_a_part_and_the_next_run_asks_for_the_rest_only(
    hub: Hub, pins: Path, path: Path, part: Path
) -> None:
    hub.gives = 30_000
    assert "run again to go on; what has arrived is kept" in refusal()
    assert part.read_bytes() == CONTENT[:30_000]
    assert not path.exists()
    assert not pins.exists()

    hub.gives, hub.sent, hub.asked = None, 0, []
    assert "going on at 0.0 MB" in fetch()
    assert hub.asked[-1] == f"/cdn/{FIRST} bytes=30000-"
    assert hub.sent == 70_000
    assert path.read_bytes() == CONTENT
    assert not part.exists()


def test_a_part_longer_than_the_file_is_thrown_away(
    hub: Hub, path: Path, part: Path, begun: None
) -> None:
    part.write_bytes(CONTENT + b"more")
    assert "The hub answered 416" in refusal()
    fetch()
    assert path.read_bytes() == CONTENT


def test_the_part_of_a_file_since_replaced_is_thrown_away(
    hub: Hub, path: Path, part: Path, begun: None
) -> None:
    hub.commits.append(Commit(SECOND, b"a newer model"))
    fetch()
    assert path.read_bytes() == b"a newer model"
    assert not part.exists()


def test_another_sha256_at_the_pinned_commit_is_refused(hub: Hub, pins: Path, path: Path) -> None:
    fetch()
    pinned, hub.asked = pins.read_text(), []
    hub.commits = [Commit(FIRST, b"another model")]
    assert re.search(r"states another sha256 .* than the one pinned", refusal())
    assert len(hub.asked) == 1
    assert (path.read_bytes(), pins.read_text()) == (CONTENT, pinned)


def test_bytes_that_are_not_the_stated_ones_are_thrown_away(
    hub: Hub, pins: Path, path: Path
) -> None:
    hub.commits = [Commit(FIRST, CONTENT[::-1], stated=SHA)]
    assert f"where the hub states {SHA[:12]}" in refusal()
    assert list(path.parent.iterdir()) == []
    assert not pins.exists()


@pytest.mark.parametrize(
    ("longer", "said"), [(9, "failed (it ended early)"), (-9, "was thrown away")]
)
def test_a_file_of_another_length_than_stated_never_serves(
    hub: Hub, pins: Path, path: Path, longer: int, said: str
) -> None:
    hub.commits = [Commit(FIRST, CONTENT, stated="0" * 64, longer=longer)]
    assert said in refusal()
    assert not path.exists()
    assert not pins.exists()


def test_bytes_changed_on_the_disk_are_refused(hub: Hub, pins: Path, path: Path) -> None:
    fetch()
    path.write_bytes(b"changed")
    assert "is not the file that was pinned: remove it and run again" in refusal()
    assert path.read_bytes() == b"changed"


def test_a_commit_the_hub_no_longer_has_is_refused(hub: Hub, pins: Path, path: Path) -> None:
    fetch()
    hub.commits = [Commit(SECOND, CONTENT)]
    assert f"The hub no longer has commit {FIRST[:12]}" in refusal()


def test_a_disk_without_room_is_found_out_before_anything_comes(
    hub: Hub, pins: Path, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: SimpleNamespace(free=99_999))
    assert refusal().startswith("0.1 MB are needed and 0.1 MB are free")
    assert len(hub.asked) == 1
    assert list(path.parent.iterdir()) == []


def test_a_disk_that_needs_room_for_the_rest_only_has_it(
    hub: Hub, path: Path, begun: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: SimpleNamespace(free=70_000))
    fetch()
    assert path.read_bytes() == CONTENT


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has a disk that is always full")
def test_a_disk_that_fills_up_meanwhile_is_said(
    hub: Hub, pins: Path, path: Path, part: Path
) -> None:
    part.parent.mkdir(parents=True)
    part.symlink_to("/dev/full")
    assert refusal().startswith("The disk is full: make room in")
    assert not path.exists()
    assert not pins.exists()


def test_a_folder_nobody_may_write_to_is_said(hub: Hub, pins: Path, tmp_path: Path) -> None:
    pins.parent.write_text("a file where the folder should be")
    assert f"make {pins.parent} writable" in refusal()


@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        ({"refuses": {"/api/models/": (401, "RepoNotFound")}}, rf"\(401\): {TERMS}"),
        ({"refuses": {"/": (401, "GatedRepo")}}, rf"\(401\): {TERMS}"),
        ({"refuses": {"/": (403, "GatedRepo")}}, rf"\(403\): {TERMS}"),
        (
            {"repository": "somebody/else"},
            r"The hub has no http.*: correct triage/inference/registry/catalogue.toml",
        ),
        ({"file": "other.gguf"}, r"by the \.gguf files it has, which are other\.gguf\.$"),
        (
            {"commits": [Commit(FIRST, CONTENT, in_lfs=False)]},
            "The hub states no proper commit and sha256 for",
        ),
        ({"refuses": {"/api/models/": (503, "")}}, "The hub answered 503: run again in a while"),
        ({"refuses": {"/api/models/": (200, "")}}, "does not answer as a hub does: check HF_ENDP"),
    ],
)
def test_an_answer_that_helps_nobody_says_what_to_do(
    hub: Hub, pins: Path, path: Path, trouble: dict[str, Any], said: str
) -> None:
    vars(hub).update(trouble)
    assert re.search(said, refusal())
    assert not path.exists()
    assert not pins.exists()


def test_a_hub_out_of_reach_is_said(hub: Hub, pins: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with hub_server(Hub("", "", [])) as gone:
        monkeypatch.setenv("HF_ENDPOINT", gone.address)
    assert refusal().startswith(f"The connection to {gone.address} failed")


def test_whoever_stops_it_can_go_on(
    hub: Hub, pins: Path, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(seconds: float) -> None:
        raise KeyboardInterrupt

    hub.gives = 30_000
    monkeypatch.setattr("huggingface_hub.file_download.time", SimpleNamespace(sleep=stop))
    assert refusal() == "Stopped: run again to go on; what has arrived is kept."
    hub.gives = None
    fetch()
    assert path.read_bytes() == CONTENT


def test_whoever_forbids_the_hub_is_obeyed(hub: Hub, pins: Path, settings: Any) -> None:
    settings.HUB_FORBIDDEN = True
    assert "HF_HUB_OFFLINE forbids" in refusal()
    assert hub.asked == []


def test_the_library_is_locked_in_again_afterwards(hub: Hub, pins: Path) -> None:
    before = constants.HF_HUB_OFFLINE
    fetch()
    assert constants.HF_HUB_OFFLINE is before


def test_a_name_of_the_own_roster_is_not_taken(
    hub: Hub, pins: Path, settings: Any, tmp_path: Path
) -> None:
    own = tmp_path / "own.toml"
    own.write_text(
        f'["{NAME}"]\nkind = "writer"\nfile = "a"\nsha256 = ""\nclass = "general"\nlicence = '
        f'"MIT"\n'
    )
    settings.TRIAGE_ROSTER = str(own)
    assert "rename that one, then fetch" in refusal()
    assert hub.asked == []


def test_two_fetches_do_not_write_into_one_part(hub: Hub, pins: Path) -> None:
    pins.parent.mkdir(parents=True)
    with (pins.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert refusal() == "Another fetch is at work here: wait for its end."
    fetch()
