"""The private server: it comes back by itself, and what is in its way is a sentence."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from triage.runtime.postgres import database_folder, private_server
from triage.runtime.postgres.refusals import UnusableDatabase


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A database made under a locale that no machine has, in a folder with a blank in its name."""
    place = tmp_path_factory.mktemp("a shop") / "postgres"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LANG", "xx_XX.UTF-8")
        patch.setenv("LC_ALL", "xx_YY.UTF-8")
        private_server.start_private_server(place)
    yield place
    private_server.release_use(place)
    assert not private_server.is_answering(place)
    assert database_folder.list_server_processes(place) == []


def ask(folder: Path, query: str) -> object:
    host = private_server.start_private_server(folder)
    with psycopg.connect(host=host, user="postgres", dbname="postgres") as connection:
        row = connection.execute(query.encode()).fetchone()
    return row[0] if row else None


def kill_server(folder: Path) -> int:
    process = database_folder.find_postmaster(folder)
    assert process
    process.kill()
    process.wait(10)
    return int(process.pid)


@pytest.mark.parametrize(
    "query",
    [
        "SELECT upper('Élan') LIKE upper('%élan%')",
        "SELECT 'ÅNGSTRÖM' ILIKE 'ångström'",
        "SELECT lower('ЛАМПА') = 'лампа'",
        "SELECT to_tsvector('simple', 'ÉTÉ')::text = '''été'':1'",
    ],
)
def test_it_folds_case_in_every_alphabet_whatever_the_locale_of_the_machine(
    folder: Path, query: str
) -> None:
    assert ask(folder, query) is True


def test_a_killed_server_comes_back_with_what_was_saved_and_says_so(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    host = private_server.start_private_server(folder)
    with psycopg.connect(host=host, user="postgres", dbname="postgres") as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS value")
    kill_server(folder)
    assert ask(folder, "SELECT value FROM kept") == 42
    assert "had died and was started again" in caplog.text


def spoil_with_our_number(folder: Path) -> None:
    """After a power cut another program may have the number: here it is ourselves."""
    lines = (folder / "postmaster.pid").read_text().splitlines()
    (folder / "postmaster.pid").write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")


def spoil_with_nothing(folder: Path) -> None:
    for name in database_folder.LOCK_FILES:
        (folder / name).write_text("")


def spoil_with_half_a_line(folder: Path) -> None:
    (folder / "postmaster.pid").write_text("12")


@pytest.mark.parametrize(
    "spoil", [spoil_with_our_number, spoil_with_nothing, spoil_with_half_a_line]
)
def test_lock_files_that_a_power_cut_left_are_no_server(
    folder: Path, spoil: Callable[[Path], None]
) -> None:
    kill_server(folder)
    spoil(folder)
    assert ask(folder, "SELECT 1") == 1


def test_the_last_one_stops_it_and_the_others_do_not(folder: Path) -> None:
    private_server.start_private_server(folder)
    with private_server._open_lock_file(folder, "users") as another:
        fcntl.flock(another, fcntl.LOCK_SH)
        private_server.release_use(folder)
        assert private_server.is_answering(folder)
    private_server.start_private_server(folder)
    private_server.release_use(folder)
    assert not private_server.is_answering(folder)


def write_database(folder: Path, version: str) -> Path:
    (folder / "global").mkdir(parents=True)
    (folder / "global" / "pg_control").write_bytes(b"x")
    (folder / "PG_VERSION").write_text(f"{version}\n")
    return folder


@pytest.mark.parametrize(
    ("version", "way"),
    [("16", "PGSERVER_POSTGRES_VERSION=16"), ("13", "DATABASE_URL"), ("99", "DATABASE_URL")],
)
def test_data_of_another_major_version_are_left_alone_with_a_sentence(
    tmp_path: Path, version: str, way: str
) -> None:
    place = write_database(tmp_path / "postgres", version)
    before = sorted(place.rglob("*"))
    with pytest.raises(UnusableDatabase, match=f"was written by PostgreSQL {version}") as refusal:
        private_server.start_private_server(place)
    assert way in str(refusal.value)
    assert sorted(place.rglob("*")) == before
    private_server.release_use(place)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [("holiday.jpg", "holds files and no database"), ("PG_VERSION", "only a part of a database")],
)
def test_a_folder_that_holds_no_whole_database_is_left_alone_with_a_sentence(
    tmp_path: Path, name: str, sentence: str
) -> None:
    place = tmp_path / "postgres"
    place.mkdir()
    (place / name).write_text("18")
    with pytest.raises(UnusableDatabase, match=sentence):
        private_server.start_private_server(place)
    assert [path.name for path in place.iterdir()] == [name]
    private_server.release_use(place)


def test_a_full_disk_is_a_sentence_that_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: object, *arguments: str) -> None:
        raise database_folder.ToolFailed("could not create directory: No space left on device")

    monkeypatch.setattr(database_folder.Installation, "run_tool", fail)
    with pytest.raises(UnusableDatabase, match=r"is full.*make room"):
        private_server.start_private_server(tmp_path / "postgres")
    monkeypatch.undo()
    private_server.release_use(tmp_path / "postgres")
