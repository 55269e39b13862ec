"""Programs that fight for the last pieces through the API, over real HTTP, each request with a key of its own."""

import json
import random
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

NO = (403, 404, 409, 422)  # clear refusals
PATIENCE = 120.0  # seconds that a client goes on asking while the server is away


@dataclass
class Fight:
    """What is fought for, and what came of it. `away`: the server may be away for a moment, so clients ask again."""

    url: str
    token: str
    customer: str
    skus: list[str]
    purchase: str = ""
    away: bool = False
    answers: Counter[int] = field(default_factory=Counter)
    entered: dict[str, str] = field(default_factory=dict)  # external number: our number
    cancelled: set[str] = field(default_factory=set)
    received: int = 0
    strange: list[str] = field(default_factory=list)  # neither yes nor a clear no
    lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self, clients: int, *, seconds: float, name: str) -> None:
        """Let so many clients and one supplier loose for some seconds; each does at least one thing to its end."""
        until = time.monotonic() + seconds
        start = threading.Barrier(clients + 1)
        with ThreadPoolExecutor(clients + 1) as pool:
            works = [pool.submit(self._client, f"{name}-{at}", until, start) for at in range(clients)]
            works.append(pool.submit(self._supplier, name, until, start))
            for work in works:
                work.result()

    def _client(self, name: str, until: float, start: threading.Barrier) -> None:
        rng, turn = random.Random(name), 0
        start.wait()
        while not turn or time.monotonic() < until:
            turn += 1
            number = self._enter(f"{name}-{turn}", rng)
            if number and rng.random() < 0.5:
                self._cancel(number)

    def _enter(self, key: str, rng: random.Random) -> str:
        skus = rng.sample(self.skus, rng.randint(1, len(self.skus)))
        body = {
            "customer": self.customer,
            "external_number": key,
            "promised_date": "2099-12-01",
            "lines": [{"sku": sku, "quantity": str(rng.randint(1, 3))} for sku in skus],
        }
        status, answer = self._ask("/orders", body, key=key)
        if status not in (200, 201):
            return ""
        with self.lock:
            self.entered[key] = answer["number"]
        return str(answer["number"])

    def _cancel(self, number: str) -> None:
        status, _answer = self._ask(f"/orders/{number}/transitions", {"transition": "cancel", "note": "不要了"})
        # The answer to the first try may be lost with its worker; the second then says that it is cancelled already.
        if status == 200 or (self.away and status == 409):
            with self.lock:
                self.cancelled.add(number)

    def _supplier(self, name: str, until: float, start: threading.Barrier) -> None:
        start.wait()
        turn = 0
        while not turn or time.monotonic() < until:
            turn += 1
            lines = [{"position": at, "quantity": "1"} for at, _sku in enumerate(self.skus, start=1)]
            key = f"{name}-receipt-{turn}"
            status, _answer = self._ask(f"/purchase-orders/{self.purchase}/receipts", {"lines": lines}, key=key)
            self.received += status in (200, 201)

    def _ask(self, path: str, body: dict[str, Any], *, key: str = "") -> tuple[int, dict[str, Any]]:
        """Ask until there is an answer; where the server may be away, as often as it takes."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                status, answer = self._send(path, body, key)
                break
            except OSError as error:
                if not self.away or time.monotonic() > deadline:
                    status, answer = 0, {"error": repr(error)}
                    break
                threading.Event().wait(0.1)
        with self.lock:
            self.answers[status] += 1
            if status not in (200, 201, *NO):
                self.strange.append(f"{path} {status} {answer}")
        return status, answer

    def _send(self, path: str, body: dict[str, Any], key: str) -> tuple[int, dict[str, Any]]:
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        if key:
            headers["Idempotency-Key"] = key
        request = urllib.request.Request(f"{self.url}/api/v1{path}", json.dumps(body).encode(), headers)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as response:
                return response.status, json.load(response)
        except urllib.error.HTTPError as error:
            text = error.read().decode(errors="replace")
            return error.code, json.loads(text) if text.startswith("{") else {"text": text[:500]}
