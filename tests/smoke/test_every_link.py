"""Every link of the site, followed by every role in a small living company: nothing fails, nothing leads nowhere."""

from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.test import Client

from erp.models import User
from erp.roles import ROLES
from tests.smoke.crawl import Visit, fetch, kind_of, walk


@pytest.mark.timeout(900)
def test_every_link_works_for_every_role(db: Any, caplog: Any) -> None:
    caplog.set_level("CRITICAL", logger="django.request")
    call_command("load_demo", orders=15, verbosity=0)
    visits = {name: walk(_client(name), "/") for name in ROLES}
    visits["customer"] = walk(_client("customer"), "/portal/")
    visits["visitor"] = walk(Client(), "/accounts/login/")

    problems = [f"{name}: {problem}" for name, visit in visits.items() for problem in visit.problems]
    assert not problems, "\n".join(problems)

    parts = {part for visit in visits.values() for part in visit.parts}
    assert [part for part in parts if not part.startswith("/")] == [], "from another host"
    assert _missing_files(parts) == []

    failures = _failures_of_each_page_for_each_role(visits)
    assert not failures, "\n".join(failures)


def _client(username: str) -> Client:
    client = Client()
    client.force_login(User.objects.get(username=username))
    return client


def _missing_files(parts: set[str]) -> list[str]:
    paths = {part.partition("?")[0].removeprefix("/static/") for part in parts if part.startswith("/static/")}
    return sorted(path for path in paths if not finders.find(path))


def _failures_of_each_page_for_each_role(visits: dict[str, Visit]) -> list[str]:
    """One address of each kind that anybody found, asked for by everybody: the right answer may be a refusal."""
    addresses: dict[str, str] = {}
    for visit in visits.values():
        for kind, urls in visit.seen.items():
            if not kind.startswith("admin:") or kind in ("admin:index", "admin:orders_salesorder_changelist"):
                addresses.setdefault(kind.partition("?")[0], min(urls))
        for url in visit.writes:  # asked for by GET they answer with a page or "not allowed"
            addresses.setdefault(kind_of(url) or url, url)
    found = []
    for name in visits:
        client = _client(name) if name != "visitor" else Client()
        client.raise_request_exception = False
        for url in addresses.values():
            if url.partition("?")[0].endswith((".pdf", ".xlsx")) or "logout" in url:
                continue
            for headers in ({}, {"headers": {"HX-Request": "true"}}):
                answer = fetch(client, url, **headers)
                if answer.failure or answer.status_code >= 500:
                    found.append(f"{name} {url}: {answer.status_code} {answer.failure}")
    return found
