"""A running shop of real processes, of which any can be killed, and ana who works in it."""

from __future__ import annotations

import html
import http.cookiejar
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.client import HTTPException
from pathlib import Path

import psutil
from django.conf import settings

from triage.runtime.postgres import database_folder, private_server

KINDS = ("PostgreSQL", "worker", "web", "mail server", "broker")
MAX_READY_SECONDS = 240
REQUEST_SECONDS = 40


def find_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(what: Callable[[], bool], seconds: float, why: str) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        if time.monotonic() > deadline:
            raise TimeoutError(f"it took more than {seconds:.0f} s: {why}")
        time.sleep(0.2)


def leave_the_database_alone() -> None:
    """This process waits for the private server and never starts it: the shop has to."""

    def wait_for_server(folder: Path) -> str:
        sockets = private_server.find_socket_folder(folder)
        wait_until(
            lambda: private_server.is_answering(sockets), MAX_READY_SECONDS, "no database came back"
        )
        return str(sockets)

    private_server.start_private_server = wait_for_server


@dataclass
class FaultyShop:
    """``manage.py start`` over ``settings.DATA``, and a mail server outside it in ``folder``."""

    folder: Path
    lot: random.Random
    web_port: int = field(default_factory=find_free_port)
    mail_port: int = field(default_factory=find_free_port)
    killed: list[str] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.web_port}"

    @property
    def arrived(self) -> list[str]:
        """The Message-IDs that the mail server took, in order."""
        return (self.folder / "arrived").read_text().split()

    @property
    def said(self) -> str:
        return (self.folder / "log").read_text()

    def start(self) -> None:
        (self.folder / "arrived").touch()
        self.mail = self._start_mail_server()
        env = {
            **os.environ,
            "EMAIL_URL": f"smtp://127.0.0.1:{self.mail_port}",
            "TRIAGE_LEASE_SECONDS": "10",
        }
        command = [sys.executable, "manage.py", "start", "--no-demo", "--workers", "1"]
        with (self.folder / "log").open("w") as log:
            self.main = subprocess.Popen(
                [*command, "--port", str(self.web_port)],
                cwd=settings.BASE,
                env=env,
                stdout=log,
                stderr=log,
            )
        wait_until(self.is_healthy, MAX_READY_SECONDS, f"no page came: {self.said}")

    def is_healthy(self) -> bool:
        if self.main.poll() is not None:
            raise AssertionError(f"the shop ended: {self.said}")
        try:
            with urllib.request.urlopen(f"{self.address}/healthz", timeout=5) as answer:
                return bool(answer.status == 200)
        except (OSError, HTTPException):
            return False

    def list_processes(self, word: str) -> list[psutil.Process]:
        """The shop's living processes whose command line has the word."""
        found = []
        for process in psutil.Process(self.main.pid).children(recursive=True):
            try:
                if word in process.cmdline() and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
            except psutil.Error:
                continue
        return found

    def kill(self, kind: str) -> None:
        """Kill or remove one of the kind by lot, as soon as there is one."""
        {
            "PostgreSQL": self._kill_database,
            "worker": lambda: self._kill_one("celery"),
            "web": lambda: self._kill_one("gunicorn"),
            "mail server": self._kill_mail_server,
            "broker": self._remove_broker,
        }[kind]()
        self.killed.append(kind)

    def _kill_database(self) -> None:
        folder = settings.DATA / "postgres"
        wait_until(
            lambda: database_folder.find_postmaster(folder, ready=True) is not None,
            MAX_READY_SECONDS,
            "no database to kill",
        )
        if process := database_folder.find_postmaster(folder):
            process.kill()

    def _kill_one(self, word: str) -> None:
        """One of the processes of the word: the first, its children, or the beat."""
        wait_until(lambda: bool(self.list_processes(word)), MAX_READY_SECONDS, f"no {word}")
        self.lot.choice(self.list_processes(word)).kill()

    def _kill_mail_server(self) -> None:
        """It belongs to somebody else, who starts it again after a while."""
        self.mail.kill()
        self.mail.wait()
        time.sleep(self.lot.uniform(0.5, 3))
        self.mail = self._start_mail_server()

    def _remove_broker(self) -> None:
        wait_until(lambda: settings.BROKER.exists(), MAX_READY_SECONDS, "no broker's folder")
        shutil.rmtree(settings.BROKER, ignore_errors=True)

    def _start_mail_server(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "tests.support.mail_sink", str(self.mail_port)]
        return subprocess.Popen([*command, str(self.folder / "arrived")], cwd=settings.BASE)

    def end(self) -> list[psutil.Process]:
        """Press Ctrl-C; return what is left of the shop's processes then."""
        children = psutil.Process(self.main.pid).children(recursive=True)
        self.main.send_signal(signal.SIGINT)
        self.main.wait(90)
        self.mail.kill()
        self.mail.wait()
        return psutil.wait_procs(children, timeout=5)[1]


class FormReader(HTMLParser):
    """The hidden fields of the reply's form, wherever on the page they stand."""

    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self.within = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = dict(attrs)
        if tag == "form":
            self.within = has.get("id") == "reply"
        is_ours = self.within or has.get("form") == "reply"
        if tag == "input" and has.get("type") == "hidden" and is_ours:
            self.fields[has.get("name") or ""] = has.get("value") or ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.within = False


class Ana:
    """An agent at her browser: what did not work she looks at again before she tries again."""

    def __init__(self, address: str, name: str, password: str) -> None:
        self.address, self.name, self.password = address, name, password
        cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self.browser = urllib.request.build_opener(cookies)
        self.refused = 0

    def sign_in(self) -> None:
        page = self._ask("/accounts/login/")
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        assert token
        fields = {"login": self.name, "password": self.password}
        self._ask("/accounts/login/", {"csrfmiddlewaretoken": token[1], **fields})

    def reply(self, ticket: int, words: str) -> None:
        """Send the words on the ticket, once, whatever happens to the pages meanwhile."""
        deadline = time.monotonic() + MAX_READY_SECONDS
        while time.monotonic() < deadline:
            try:
                page = self._ask(f"/tickets/{ticket}/")
                if _is_sent(page, words):
                    return
                reader = FormReader()
                reader.feed(page)
                typed = {**reader.fields, "text": words, "has_read": "on"}
                self._ask(f"/tickets/{ticket}/send/", typed)
            except (OSError, HTTPException):
                self.refused += 1
                time.sleep(0.5)
        raise TimeoutError(f"no reply could be sent on ticket {ticket}")

    def list_unsent(self) -> str:
        """The page of replies that were not sent."""
        return self._ask("/?status=unsent")

    def _ask(self, path: str, fields: dict[str, str] | None = None) -> str:
        data = urllib.parse.urlencode(fields).encode() if fields else None
        request = urllib.request.Request(
            f"{self.address}{path}", data, headers={"Referer": self.address}
        )
        with self.browser.open(request, timeout=REQUEST_SECONDS) as answer:
            return str(answer.read().decode())


def _is_sent(page: str, words: str) -> bool:
    """Whether the page shows the words as a message to the customer."""
    said = re.findall(r"message-out.*?</article>", page, re.DOTALL)
    return any(html.escape(words) in one for one in said)
