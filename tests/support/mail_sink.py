"""A mail server to be killed: python -m tests.support.mail_sink PORT FILE.

It notes each mail's Message-ID in FILE, on the disk, before it says that it took the mail.
"""

from __future__ import annotations

import os
import socketserver
import sys
from email import message_from_bytes
from pathlib import Path


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, port: int, kept: Path) -> None:
        super().__init__(("127.0.0.1", port), Conversation)
        self.kept = kept

    def keep(self, raw: bytes) -> None:
        line = f"{message_from_bytes(raw)['Message-ID']}\n".encode()
        descriptor = os.open(self.kept, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.write(descriptor, line)
        os.fsync(descriptor)
        os.close(descriptor)


class Conversation(socketserver.StreamRequestHandler):
    server: Server

    def handle(self) -> None:
        self.say("220 ready")
        while line := self.rfile.readline():
            verb = line.split()[0].upper() if line.split() else b""
            if verb == b"DATA":
                self.say("354 go on")
                self.server.keep(b"".join(iter(self.rfile.readline, b".\r\n")))
            self.say("221 bye" if verb == b"QUIT" else "250 ok")

    def say(self, answer: str) -> None:
        self.wfile.write(f"{answer}\r\n".encode())


if __name__ == "__main__":
    Server(int(sys.argv[1]), Path(sys.argv[2])).serve_forever()
