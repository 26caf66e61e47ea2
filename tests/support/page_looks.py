"""Looking at a page as axe and a narrow screen do, in both themes."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe

from tests.support.browser import Visitor

AA = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


THEMES = ["light", "dark"]


def look_at(visitor: Visitor, path: str, status: int) -> list[str]:
    """Everything wrong with one page, one line each."""
    visitor.errors.clear()
    answered = visitor.go(path)
    wrong = [] if answered == status else [f"{path}: answered {answered}"]
    visitor.page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    for violation in Axe().run(visitor.page, options=AA).response["violations"]:
        nodes = "; ".join(node["html"][:160] for node in violation["nodes"][:3])
        wrong.append(f"{path}: {violation['id']} {violation['help']}: {nodes}")
    expected = f"status of {status}" if status >= 400 else "\0"
    wrong += [f"{path}: console: {e}" for e in visitor.errors if expected not in e]
    wrong += [f"{path}: asks another host: {url}" for url in visitor.elsewhere]
    return wrong
