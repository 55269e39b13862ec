"""Follows the links of the site as one person would, a few of each kind."""

import sys
import traceback
from collections import Counter, deque
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

from django.core.signals import got_request_exception
from django.test import Client
from django.urls import Resolver404, resolve

OF_EACH_KIND = 2
LEAVES = {"account_logout", "set_language", "preferences"}  # they end or change the visit
SLOW = (".pdf", ".xlsx")


class _Addresses(HTMLParser):
    """Where a page leads to (`links`), what it loads (`parts`) and where it writes (`writes`)."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.parts: list[str] = []
        self.writes: list[str] = []
        self.anchors: list[str] = []
        self.ids: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value for name, value in attrs if value}
        if "id" in found:
            self.ids.add(found["id"])
        if tag == "form" and found.get("method", "get").lower() == "post":
            self.writes.append(found.get("action", ""))
        elif tag == "form":
            self.links.append(found.get("action", ""))
        if tag == "a" and found.get("href", "").startswith("#"):
            self.anchors.append(found["href"][1:])
        self.links += [found[name] for name in ("hx-get", "data-href", "data-picker") if name in found]
        if tag == "a" and "href" in found:
            self.links.append(found["href"])
        if tag == "link" or tag in ("script", "img"):
            self.parts += [found[name] for name in ("src", "href") if name in found]


@dataclass
class Visit:
    """What a walk has found."""

    seen: dict[str, set[str]] = field(default_factory=dict)  # kind of address → the ones visited
    writes: set[str] = field(default_factory=set)
    parts: set[str] = field(default_factory=set)
    problems: list[str] = field(default_factory=list)


class _Failures:
    """The traceback of the last view that failed."""

    def __init__(self) -> None:
        self.last = ""

    def __call__(self, **kwargs: Any) -> None:
        frames = traceback.extract_tb(sys.exc_info()[2])
        ours = [f"{frame.filename.rpartition('/main/')[2]}:{frame.lineno}" for frame in frames[-3:]]
        self.last = f"{sys.exc_info()[1]!r} at {' ← '.join(reversed(ours))}"


def fetch(client: Client, url: str, **headers: Any) -> Any:
    """GET one address; the answer carries `.failure`, the traceback in short, when the view raised."""
    failures = _Failures()
    got_request_exception.connect(failures)
    try:
        answer = client.get(url, **headers)
    finally:
        got_request_exception.disconnect(failures)
    answer.failure = failures.last
    return answer


def kind_of(url: str) -> str | None:
    """The view and the names of the query's fields; None when no view answers there."""
    parts = urlsplit(url)
    try:
        match = resolve(parts.path)
    except Resolver404:
        return None
    names = sorted({name for name, _value in parse_qsl(parts.query, keep_blank_values=True)})
    return f"{match.view_name}?{'&'.join(names)}" if names else match.view_name


def walk(client: Client, start: str, *, pages: int = 400, most: int = OF_EACH_KIND) -> Visit:
    """Follow every link from `start`, at most `most` of each kind and `pages` in all."""
    visit, queue, counts = Visit(), deque([(start, "(start)")]), Counter[str]()
    known = {start}
    client.raise_request_exception = False
    while queue and sum(counts.values()) < pages:
        url, source = queue.popleft()
        kind = kind_of(url)
        if kind is None:
            visit.problems.append(f"{source} → {url}: no such address")
            continue
        limit = 1 if url.partition("?")[0].endswith(SLOW) or kind.startswith("admin:") else most
        name, _sign, query = kind.partition("?")
        if counts[kind] >= limit or name in LEAVES or (query and name.startswith("admin:")):
            continue
        counts[kind] += 1
        visit.seen.setdefault(kind, set()).add(url)
        answer = fetch(client, url)
        if answer.failure or answer.status_code not in (200, 204, 302):
            visit.problems.append(f"{source} → {url}: {answer.status_code} {answer.failure}")
            continue
        for found in _follow(answer, url, visit):
            if found not in known:
                known.add(found)
                queue.append((found, url))
    return visit


def _follow(answer: Any, url: str, visit: Visit) -> list[str]:
    """The same site's addresses that an answer leads to."""
    if answer.status_code == 302:
        return _here([answer["Location"]], url)
    if not answer.get("Content-Type", "").startswith("text/html"):
        return []
    page = _Addresses()
    page.feed(answer.content.decode())
    whole = "<html" in answer.content.decode()[:300]
    if whole and not url.startswith("/admin/"):
        missing = {name for name in page.anchors if name and name not in page.ids}
        visit.problems += [f"{url}: the link #{name} leads nowhere" for name in sorted(missing)]
    visit.writes |= {address for address in _here(page.writes, url) if not address.startswith("/admin/")}
    visit.parts |= set(page.parts)
    return _here(page.links, url)


def _here(addresses: list[str], base: str) -> list[str]:
    found = []
    for address in addresses:
        parts = urlsplit(urljoin(base, address))
        if parts.netloc or parts.scheme or address.startswith("#"):
            continue
        found.append(parts._replace(fragment="").geturl())
    return found
