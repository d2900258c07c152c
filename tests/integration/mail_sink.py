"""A mail server of the tests on this machine: it takes mail, refuses it, or falls silent in the middle."""

import email
import socketserver
import threading
from collections import Counter
from email.message import Message
from typing import Any


class MailSink(socketserver.ThreadingTCPServer):
    """Remembers every mail it took. While `silent` it never answers the end of a mail: nothing is taken then."""

    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", port), Conversation)
        self.taken: list[Message] = []
        self.silent = threading.Event()
        self.in_the_middle = threading.Event()
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def by_id(self) -> Counter[str]:
        return Counter(str(mail["Message-ID"]) for mail in self.taken)


class Conversation(socketserver.StreamRequestHandler):
    """One SMTP conversation, as far as a client that sends one mail needs it."""

    server: Any

    def say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())

    def handle(self) -> None:
        self.say("220 sink")
        while line := self.rfile.readline().decode().strip().upper():
            if line.startswith("EHLO"):
                self.say("250 sink")
            elif line.startswith("DATA"):
                self.say("354 go on")
                if not self.take():
                    return
            elif line.startswith("QUIT"):
                self.say("221 bye")
                return
            else:
                self.say("250 ok")

    def take(self) -> bool:
        """Read a mail to its end and answer, unless silent: then until the client is gone."""
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line)
        if self.server.silent.is_set():
            self.server.in_the_middle.set()
            self.rfile.readline()
            return False
        self.server.taken.append(email.message_from_bytes(b"".join(lines)))
        self.say("250 taken")
        return True
