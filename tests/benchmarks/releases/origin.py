"""Where figures come from: the commit and the machine, in words."""

from __future__ import annotations

import os
import platform
import subprocess
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[3]
CPU_FACTS: Final = Path("/proc/cpuinfo")
OWN_FILES: Final = "tests/benchmarks/releases/releases.*"


def find_commit() -> str:
    """The commit that is checked out, with a plus where files differ from it; "unknown" outside
    a repository.
    """
    commit = _ask_git("rev-parse", "--short=10", "HEAD")
    changed = _ask_git("status", "--porcelain", "--", ".", f":!{OWN_FILES}")
    return f"{commit}{'+' if changed else ''}" if commit else "unknown"


def _ask_git(*words: str) -> str:
    try:
        asked = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True)
    except FileNotFoundError:
        return ""
    return "" if asked.returncode else asked.stdout.strip()


def describe_machine() -> str:
    """Its processor and how many cores we may use: "Intel Xeon @ 2.60GHz, 2 cores"."""
    return f"{_find_processor()}, {os.cpu_count()} cores"


def _find_processor() -> str:
    lines = CPU_FACTS.read_text().splitlines() if CPU_FACTS.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return next(filter(None, names), platform.processor() or platform.machine())
