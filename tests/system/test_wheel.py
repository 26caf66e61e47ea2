"""A wheel holds the whole application: what is installed runs without the checkout."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest
from django.conf import settings

PACKAGES = ("triage", "approvals", "tickets")
PAGES = ("templates", "static")
FILES = ("pyproject.toml", "README.md", "LICENSE")


def run_python(*command: object, **environment: str) -> str:
    """What a command prints, away from the checkout."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    done = subprocess.run(
        [str(part) for part in command],
        cwd=sysconfig.get_path("data"),
        env={**kept, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy, without a network."""
    source, built = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for name in (*PACKAGES, *PAGES):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(settings.BASE / name, source / name, ignore=ignored)
    for name in FILES:
        shutil.copy(settings.BASE / name, source)
    pip = (sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--no-index")
    run_python(*pip, "--disable-pip-version-check", "--wheel-dir", built, source)
    (made,) = built.iterdir()
    return made


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of a fresh environment that holds the wheel and nothing else."""
    folder = tmp_path_factory.mktemp("environment")
    run_python(sys.executable, "-m", "venv", "--without-pip", folder)
    python = folder / "bin" / "python"
    pip = (sys.executable, "-m", "pip", "--python", python, "--disable-pip-version-check")
    run_python(*pip, "install", "--no-deps", "--no-index", wheel)
    return python


def list_source_files() -> set[str]:
    """Every file of the applications and of the pages, by its place in the wheel."""
    places = {**{name: name for name in PACKAGES}, **{name: f"triage/{name}" for name in PAGES}}
    return {
        f"{place}/{path.relative_to(settings.BASE / name).as_posix()}"
        for name, place in places.items()
        for path in (settings.BASE / name).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_it_holds_every_module_and_every_file_of_data_and_nothing_else(wheel: Path) -> None:
    held = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert held == list_source_files()


def test_installed_it_imports_finds_its_pages_and_passes_its_checks(
    installed: Path, tmp_path: Path
) -> None:
    there = {"PYTHONPATH": sysconfig.get_path("purelib"), "TRIAGE_DATA": str(tmp_path / "data")}
    where = run_python(
        installed, "-c", "import triage; import triage.settings; print(triage.__file__)", **there
    )
    assert Path(where.strip()).is_relative_to(installed.parent.parent)
    assert list(tmp_path.iterdir()) == []
    django = {**there, "DJANGO_SETTINGS_MODULE": "triage.settings"}
    said = run_python(installed, "-m", "django", "check", "--fail-level", "WARNING", **django)
    assert said.startswith("System check identified no issues")
    found = run_python(installed, "-m", "django", "findstatic", "app.css", "-v", "0", **django)
    assert Path(found.strip()).is_relative_to(installed.parent.parent)
    page = "import django; django.setup(); from django.template.loader import get_template as get; "
    names = "print(get('tickets/ticket.html').origin, get('account/login.html').origin)"
    for origin in run_python(installed, "-c", page + names, **django).split():
        assert Path(origin).is_relative_to(installed.parent.parent)
        assert "triage/templates" in origin
