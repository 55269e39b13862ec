"""One clerk who takes orders of five lines from entry to posted receivable through the pages, as a browser sends it."""

import random
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any, Protocol

LINES = 5


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said: the status, where it sends the browser, and the page."""

    status: int
    location: str
    html: str


class Transport(Protocol):
    """How a request reaches the application; keeps cookies as a browser does."""

    def send(self, method: str, path: str, data: dict[str, str] | None = None) -> Answer:
        """Send one request; redirects are not followed."""
        ...


class Refused(Exception):
    """The application did not do what the clerk asked; the message holds what it said."""


class _Forms(HTMLParser):
    """The forms of a page with what their fields hold."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[tuple[str, dict[str, str]]] = []
        self._fields: dict[str, str] | None = None
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._fields = {}
            self.forms.append((values.get("action", ""), self._fields))
        if self._fields is None:
            return
        name = values.get("name", "")
        if tag == "input" and name and values.get("type") not in ("checkbox", "radio", "submit", "file"):
            self._fields[name] = values.get("value", "")
        elif tag == "input" and name and "checked" in values:
            self._fields[name] = values.get("value") or "on"
        elif tag == "textarea" and name:
            self._fields[name] = ""
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select and ("selected" in values or not self._fields.get(self._select)):
            self._fields[self._select] = values.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._fields = None
        elif tag == "select":
            self._select = ""


@dataclass
class Clerk:
    """Somebody with customers and products of his own, so that clerks meet only where every company's do."""

    browser: Transport
    customers: Sequence[tuple[int, str]]  # id and code
    products: Sequence[tuple[int, str]]  # id and SKU
    chance: random.Random
    note: Callable[[str], Any] = lambda step: _nothing()  # a context manager around each step
    page: Answer = field(default_factory=lambda: Answer(0, "", ""))

    def cycle(self) -> str:
        """Take one order the whole way; returns its number. Raises Refused."""
        customer, code = self.chance.choice(self.customers)
        with self.note("enter"):
            order = self._enter(customer)
        with self.note("approve and deliver"):
            self._post(f"/orders/{order}/transitions/approve/", {})
            picks = self._found(r"/shipping/picks/([\w-]+)/")
        with self.note("display"):
            self._get(f"/orders/{order}/")
        with self.note("pick and issue"):
            self._pick_and_issue(picks)
        with self.note("list"):
            self._get(f"/orders/?customer={code}&v=0")
        with self.note("invoice"):
            self._post("/finance/to-bill/", {"order": order})
            self._post(f"/finance/invoices/{self._found(r'/finance/invoices/([0-9]+)/')}/transitions/post/", {})
        return order

    def _enter(self, customer: int) -> str:
        self._get("/orders/new/")
        form = self._form("/orders/new/")
        # What another customer or delivery leaves empty, and the rows that the page opens with.
        form = {name: value for name, value in form.items() if not name.startswith("lines-")}
        form |= {"customer": str(customer), "lines-TOTAL_FORMS": str(LINES), "lines-INITIAL_FORMS": "0"}
        form.pop("save", None)
        for place, (product, sku) in enumerate(self.chance.sample(self.products, LINES)):
            row = {"product": str(product), "text": sku, "quantity": str(self.chance.randint(1, 20)), "tax": "0.13"}
            form |= {f"lines-{place}-{name}": value for name, value in row.items()}
        self._post("/orders/new/", form)
        return self._found(r"/orders/(SO-[\w-]+)/transitions")

    def _pick_and_issue(self, picks: str) -> None:
        path = f"/shipping/picks/{picks}/"
        self._get(path)
        self._post(path, self._form(path))
        self._post(f"{path}pack/", self._form(f"{path}pack/"))
        hand_over = re.search(r"/shipping/[\w-]+/hand-over/", self.page.html)
        if hand_over is None:
            raise Refused("no way to hand over: " + self._said())
        form = self._form(hand_over[0])
        number = f"{self.chance.getrandbits(60):x}"
        form |= {name: f"B{number}{place}" for place, name in enumerate(form) if name.startswith("tracking_")}
        self._post(hand_over[0], form)

    def _get(self, path: str) -> None:
        self._take(self.browser.send("GET", path), path)

    def _post(self, path: str, data: dict[str, str]) -> None:
        self._take(self.browser.send("POST", path, data), path)
        if self.page.location:
            self._get(self.page.location)

    def _take(self, answer: Answer, path: str) -> None:
        self.page = answer
        if answer.status not in (200, 302, 303):
            raise Refused(f"{path}: {answer.status} {self._said()}")

    def _said(self) -> str:
        return " ".join(re.sub(r"<[^>]+>", " ", self.page.html).split())[:1500]

    def _form(self, action: str) -> dict[str, str]:
        parser = _Forms()
        parser.feed(self.page.html)
        for found, fields in parser.forms:
            if re.split(r"[?#]", found)[0] == action and len(fields) > 1:
                return dict(fields)
        raise Refused(f"no form for {action}: " + self._said())

    def _found(self, pattern: str) -> str:
        found = re.search(pattern, self.page.html)
        if found is None:
            raise Refused(f"no {pattern}: " + self._said())
        return found[1]


@contextmanager
def _nothing() -> Iterator[None]:
    yield
