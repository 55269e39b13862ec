"""A small SMTP server on the loopback: takes mails, refuses them, or never answers, as a test asks."""

import socket
import threading
from email import message_from_bytes
from email.message import Message


class MailServer:
    """Listens on a free port. `answer` is the reply to RCPT; `silent` accepts the connection and says nothing."""

    def __init__(self, *, answer: str = "250 fine", silent: bool = False) -> None:
        self.answer, self.silent = answer, silent
        self.mails: list[Message] = []
        self.visited = threading.Event()
        self.received = threading.Event()
        self._open: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> "MailServer":
        return self

    def __exit__(self, *_: object) -> None:
        for sock in [self._listener, *self._open]:
            sock.close()

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    def _accept(self) -> None:
        while True:
            try:
                client, _address = self._listener.accept()
            except OSError:
                return
            self._open.append(client)
            self.visited.set()
            if not self.silent:
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, client.makefile("rwb") as stream:

            def say(line: str) -> None:
                stream.write(f"{line}\r\n".encode())
                stream.flush()

            say("220 here")
            for line in stream:
                verb = line.split(b" ")[0].strip().upper()[:4]
                if verb == b"RCPT":
                    say(self.answer)
                elif verb == b"DATA":
                    say("354 go on")
                    self._take(stream)
                    say("250 taken")
                elif verb == b"QUIT":
                    say("221 bye")
                    return
                else:
                    say("250 fine")

    def _take(self, stream: object) -> None:
        lines = []
        for line in stream:  # type: ignore[attr-defined]
            if line == b".\r\n":
                break
            lines.append(line)
        self.mails.append(message_from_bytes(b"".join(lines)))
        self.received.set()
