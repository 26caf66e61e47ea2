"""Importing the settings writes nothing; what is kept is made when Django starts."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from triage.runtime.data_folder import load_or_create_secret


def run_python(data: Path, *command: str, **more: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if name != "SECRET_KEY"}
    env = {**kept, "TRIAGE_DATA": str(data), "DATABASE_URL": "", "CELERY_BROKER_URL": "", **more}
    env["DJANGO_SETTINGS_MODULE"] = "triage.settings"
    return subprocess.run(
        [sys.executable, *command],
        cwd=settings.BASE,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def unwritable(tmp_path: Path) -> Path:
    """A folder in a file: not even root can make it."""
    (tmp_path / "file").touch()
    return tmp_path / "file" / "data"


def test_importing_the_settings_writes_nothing(tmp_path: Path) -> None:
    done = run_python(tmp_path / "data", "-c", "import triage.settings")
    assert (done.returncode, done.stderr) == (0, "")
    assert list(tmp_path.iterdir()) == []


def test_they_can_be_imported_where_nothing_can_be_written(unwritable: Path) -> None:
    done = run_python(unwritable, "-c", "import triage.settings as s; print(s.DATA)")
    assert (done.returncode, done.stdout.strip()) == (0, str(unwritable))


def test_a_folder_that_cannot_be_written_to_is_one_sentence(unwritable: Path) -> None:
    done = run_python(unwritable, "manage.py", "check")
    assert done.returncode == 1
    assert done.stderr.startswith(f"Nothing can be kept in {unwritable}: ")
    assert "Traceback" not in done.stderr


def test_django_makes_the_folders_and_the_secret_once(tmp_path: Path) -> None:
    data = tmp_path / "data"
    said = (
        "import django; django.setup(); from django.conf import settings as s; print(s.SECRET_KEY)"
    )
    first, second = (run_python(data, "-c", said).stdout for _ in range(2))
    assert first == second
    assert first.strip() == (data / "secret_key").read_text()
    assert (data / "secret_key").stat().st_mode & 0o777 == 0o600
    made = {path.name for path in data.iterdir()}
    assert made == {"secret_key", "static", "broker"}
    assert (data / "broker" / "control" / "celery.exchange").read_text() == "[]"


def test_a_secret_signs_as_the_text_that_is_kept(tmp_path: Path) -> None:
    said = (
        "import django; django.setup(); from django.core.signing import dumps, loads; "
        "print(loads(dumps('seen')))"
    )
    done = run_python(tmp_path, "-c", said)
    assert (done.stdout.strip(), done.stderr) == ("seen", "")


def test_a_mail_server_is_taken_from_its_address(tmp_path: Path) -> None:
    said = (
        "from triage import settings as s; print(s.EMAIL_HOST, s.EMAIL_PORT, s.EMAIL_HOST_USER, "
        "s.EMAIL_HOST_PASSWORD, s.EMAIL_USE_TLS, s.EMAIL_USE_SSL, s.EMAIL_BACKEND)"
    )
    url = "smtp+tls://ana:wal%40nut@mail.example.com:587"
    done = run_python(tmp_path, "-c", said, EMAIL_URL=url)
    backend = "django.core.mail.backends.smtp.EmailBackend"
    assert done.stdout.split() == [
        "mail.example.com", "587", "ana", "wal@nut", "True", "False", backend,
    ]  # fmt: skip


def test_a_secret_is_made_once(tmp_path: Path) -> None:
    path = tmp_path / "kept" / "secret"
    assert load_or_create_secret(path, 9) == load_or_create_secret(path, 9) == path.read_text()
    assert list(path.parent.iterdir()) == [path]


def test_what_is_kept_is_for_its_owner_alone(tmp_path: Path) -> None:
    data = tmp_path / "data"
    (data / "outbox").mkdir(parents=True)  # as an older version left it
    (data / "outbox").chmod(0o755)
    said = "import django; django.setup(); open('{}', 'w').close()".format(data / "later")
    assert run_python(data, "-c", said).returncode == 0
    modes = {path.name: oct(path.stat().st_mode & 0o777) for path in data.iterdir()}
    assert modes == {
        **dict.fromkeys(("outbox", "static", "broker"), "0o700"),
        "later": "0o600",
    }
    assert data.stat().st_mode & 0o066 == 0


@pytest.mark.parametrize("name", ["SECRET_KEY", "PAYMENT_SECRET", "STRIPE_API_KEY"])
def test_a_secret_that_begins_with_a_dollar_is_taken_as_it_stands(
    tmp_path: Path, name: str
) -> None:
    said = f"import triage.settings as s; print(s.{name})"
    assert run_python(tmp_path, "-c", said, **{name: "$HOME/x"}).stdout.strip() == "$HOME/x"
