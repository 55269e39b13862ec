"""Main pages fit: on a phone without sideways scroll, within 60 KB of HTML, asking no other host, without complaints."""

from typing import Any

import pytest

from tests.browser.pages import Visitors, main_pages, open_demo
from tests.browser.person import PHONE

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.timeout(600)]
MOST_HTML = 60 * 1024  # bytes
HEAVIER = {"/orders/": 84 * 1024}  # forty rows, and the choice of twenty-eight columns beside them


def test_main_pages_fit_a_phone_and_are_small(open_as: Any) -> None:
    open_demo(orders=40)
    visitors, found = Visitors(open_as, PHONE), []
    for username, path in main_pages():
        page = visitors[username].page
        answer = page.goto(visitors[username].base + path, wait_until="load")
        assert answer.status == 200, path
        size = len(answer.body())
        if size > HEAVIER.get(path, MOST_HTML):
            found.append(f"{path}: {size} bytes of HTML")
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > PHONE["viewport"]["width"]:
            found.append(f"{path}: {width} pixels wide")
    assert not found, "\n".join(found)
