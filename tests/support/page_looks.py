"""Looking at a page as axe and a narrow screen do, in both themes."""

from __future__ import annotations

from typing import Literal

from axe_playwright_python.sync_playwright import Axe

from tests.support.browser import Visitor

AA = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


def look_at(visitor: Visitor, path: str, status: int) -> list[str]:
    """Everything wrong with one page, one line each."""
    visitor.errors.clear()
    answered = visitor.go(path)
    wrong = [] if answered == status else [f"{path}: answered {answered}"]
    wrong += [f"{path}: {found}" for found in find_axe_violations(visitor)]
    expected = f"status of {status}" if status >= 400 else "\0"
    wrong += [f"{path}: console: {e}" for e in visitor.errors if expected not in e]
    wrong += [f"{path}: asks another host: {url}" for url in visitor.elsewhere]
    return wrong


def find_axe_violations(visitor: Visitor) -> list[str]:
    """What axe finds wrong with the page as it is shown now, everything unfolded."""
    visitor.page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    return [
        f"{violation['id']} {violation['help']}: "
        + "; ".join(node["html"][:160] for node in violation["nodes"][:3])
        for violation in Axe().run(visitor.page, options=AA).response["violations"]
    ]
