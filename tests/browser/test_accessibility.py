"""No main page breaks a rule of accessibility (axe-core), on a desk and on a phone, light and dark."""

from typing import Any

import pytest

from tests.browser.pages import Visitors, main_pages, open_demo
from tests.browser.person import DESK, PHONE

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.timeout(900)]


def test_main_pages_break_no_rule_of_accessibility(open_as: Any) -> None:
    from axe_playwright_python.sync_playwright import Axe

    open_demo()
    axe, found = Axe(), []
    for size, scheme in ((DESK, "light"), (PHONE, "dark")):
        visitors = Visitors(open_as, size)
        for username, path in main_pages():
            page = visitors[username].page
            page.emulate_media(color_scheme=scheme)
            visitors[username].goes_to(path)
            for rule in axe.run(page).response["violations"]:
                parts = "; ".join(node["html"][:160] for node in rule["nodes"][:3])
                found.append(f"{scheme} {path}: {rule['id']}: {parts}")
    assert not found, "\n".join(found)
