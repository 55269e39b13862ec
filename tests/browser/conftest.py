"""People at their browsers."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client

from erp.models import User
from tests.browser.person import DESK, Person


@pytest.fixture
def open_as(browser: Any, live_server: Any) -> Iterator[Callable[..., Person]]:
    """Seat somebody at a browser of their own: `open_as(user)`, or nobody yet; `size=PHONE` hands them a phone.

    A page that fails or breaks the security policy fails the test.
    """
    contexts, people = [], []

    def seat(user: User | None = None, *, size: dict[str, Any] = DESK) -> Person:
        context = browser.new_context(locale="zh-CN", **size)
        context.set_default_timeout(15_000)
        contexts.append(context)
        if user is not None:
            client = Client()
            client.force_login(user)
            session = client.cookies["sessionid"].value
            context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
        people.append(Person(context.new_page(), live_server.url, user))
        return people[-1]

    yield seat
    for context in contexts:
        context.close()
    assert [problem for person in people for problem in person.problems] == []
