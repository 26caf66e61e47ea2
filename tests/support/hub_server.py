"""A model hub of a few lines, on a real socket, that does what a test tells it to.

It speaks what the hub's library asks: a repository's listing with commit and sha256, a file's
address that leads on to where the bytes are, and parts of those bytes.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Commit:
    """One state of the repository: its file's bytes, and what it says of them."""

    name: str
    content: bytes
    stated: str = ""
    longer: int = 0
    in_lfs: bool = True

    @property
    def sha256(self) -> str:
        return self.stated or hashlib.sha256(self.content).hexdigest()


@dataclass
class Hub:
    """``gives`` is how many more bytes it sends before it hangs up; ``refuses`` has statuses."""

    repository: str
    file: str
    commits: list[Commit]
    asked: list[str] = field(default_factory=list)
    refuses: dict[str, tuple[int, str]] = field(default_factory=dict)
    gives: int | None = None
    each: int | None = None
    sent: int = 0
    address: str = ""

    def commit(self, revision: str) -> Commit | None:
        """The last one is what main points at."""
        named = {commit.name: commit for commit in self.commits}
        return self.commits[-1] if revision == "main" else named.get(revision)

    def listing(self, commit: Commit) -> dict[str, Any]:
        size = len(commit.content) + commit.longer
        lfs = {"sha256": commit.sha256, "size": size, "pointerSize": 134}
        siblings = [
            {"rfilename": "README.md", "size": 5, "blobId": "0" * 40},
            {"rfilename": self.file, "size": size, "blobId": "1" * 40},
        ]
        if commit.in_lfs:
            siblings[1]["lfs"] = lfs
        return {
            "id": self.repository,
            "sha": commit.name,
            "siblings": siblings,
            "cardData": {"license": "apache-2.0"},
            "tags": [],
        }


class Server(ThreadingHTTPServer):
    daemon_threads = True
    hub: Hub

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Nothing: a client that leaves early is what some tests are about."""


class Conversation(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        hub = self.server.hub
        wanted = self.headers.get("Range", "")
        hub.asked.append(" ".join(filter(None, (self.path.partition("?")[0], wanted))))
        for start, answer in (
            ("/api/models/", self.tell),
            ("/cdn/", self.send_part),
            ("/", self.lead_on),
        ):
            if self.path.startswith(start):
                status, code = hub.refuses.get(start, (0, ""))
                if status:
                    self.say(status, {"X-Error-Code": code} if code else {})
                else:
                    answer()
                return

    def tell(self) -> None:
        hub = self.server.hub
        found = re.fullmatch(rf"/api/models/{hub.repository}/revision/(\w+)\?blobs=.*", self.path)
        commit = hub.commit(found[1]) if found else None
        if commit:
            self.say(200, {"X-Repo-Commit": commit.name}, json.dumps(hub.listing(commit)).encode())
        else:
            self.say(404, {"X-Error-Code": "RevisionNotFound" if found else "RepoNotFound"})

    def lead_on(self) -> None:
        hub = self.server.hub
        found = re.fullmatch(rf"/{hub.repository}/resolve/(\w+)/{hub.file}", self.path)
        commit = hub.commit(found[1]) if found else None
        if commit is None:
            self.say(404, {"X-Error-Code": "EntryNotFound"})
            return
        headers = {
            "Location": f"/cdn/{commit.name}",
            "X-Repo-Commit": commit.name,
            "X-Linked-Etag": f'"{commit.sha256}"',
            "X-Linked-Size": str(len(commit.content)),
        }
        self.say(302, headers)

    def send_part(self) -> None:
        hub = self.server.hub
        commit = hub.commit(self.path.removeprefix("/cdn/"))
        assert commit is not None
        whole = commit.content
        first = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        start = int(first[1]) if first else 0
        if start >= len(whole):
            self.say(416, {"Content-Range": f"bytes */{len(whole)}"})
            return
        headers = {"Accept-Ranges": "bytes", "ETag": f'"{commit.sha256}"'}
        if start:
            headers["Content-Range"] = f"bytes {start}-{len(whole) - 1}/{len(whole)}"
        self.say(206 if start else 200, headers, whole[start:])

    def say(self, status: int, headers: dict[str, str], body: bytes = b"") -> None:
        """The answer, or as much of it as the hub still gives."""
        hub = self.server.hub
        binary = self.path.startswith("/cdn/")
        if binary and hub.gives == 0:
            self.close_connection = True
            return
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if binary:
            body = self.shortened(body)
            hub.sent += len(body)
        self.wfile.write(body)

    def shortened(self, body: bytes) -> bytes:
        hub = self.server.hub
        most = min(len(body) if most is None else most for most in (hub.gives, hub.each))
        if hub.gives is not None:
            hub.gives -= most
        self.close_connection = most < len(body)
        return body[:most]

    def log_message(self, *args: Any) -> None:
        """Nothing: a test reads ``asked``."""


@contextmanager
def hub_server(hub: Hub) -> Iterator[Hub]:
    """The hub, listening, until the block ends."""
    with Server(("127.0.0.1", 0), Conversation) as server:
        server.hub = hub
        hub.address = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield hub
        server.shutdown()
        thread.join()
