"""Takes the README's pictures of a running demo company: `DEMO_PASSWORD=… .venv/bin/python tools/screenshots.py [URL]`."""

import io
import os
import shutil
import sys
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

TARGET = Path(__file__).resolve().parent.parent / "docs" / "screenshots"
DESK = {"viewport": {"width": 1440, "height": 900}}
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
COLOURS = 128


def main(base: str) -> None:
    """Write every picture to docs/screenshots/."""
    TARGET.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        manager = _signed_in(browser, base, "manager", DESK)
        _take(manager, base, "/", "home")
        _take(manager, base, "/orders/", "orders")
        _take(manager, base, _first(manager, base, "/orders/?status=in_production", "td.card-main a"), "order")
        _take(manager, base, "/reports/", "reports")
        _order_form(_signed_in(browser, base, "sales", {"viewport": {"width": 1440, "height": 1080}}), base)
        warehouse = _signed_in(browser, base, "warehouse", PHONE)
        _take(warehouse, base, _first(warehouse, base, "/shipping/?tab=pick", "td.card-main a"), "picking-phone")
        customer = _signed_in(browser, base, "customer", PHONE)
        _take(customer, base, _first(customer, base, "/portal/?show=open", ".portal-order >> nth=-1"), "portal-phone")
        browser.close()


def _signed_in(browser: Browser, base: str, username: str, size: dict[str, Any]) -> Page:
    page = browser.new_context(locale="zh-CN", timezone_id="Asia/Shanghai", **size).new_page()
    page.goto(f"{base}/accounts/login/")
    page.fill("[name=login]", username)
    page.fill("[name=password]", os.environ.get("DEMO_PASSWORD", "demo-password"))
    page.click("main form button")
    page.wait_for_load_state("networkidle")
    return page


def _first(page: Page, base: str, path: str, selector: str) -> str:
    page.goto(base + path)
    return page.locator(selector).first.get_attribute("href") or path


def _take(page: Page, base: str, path: str, name: str) -> None:
    page.goto(base + path)
    page.wait_for_load_state("networkidle")
    _save(page, name)


def _order_form(page: Page, base: str) -> None:
    """A new order while it is typed: customer by initials, two lines, the third being searched."""
    page.goto(f"{base}/orders/new/")
    page.locator("[name=customer_text]").fill("hz")
    page.locator(".picker-option").first.click()
    page.wait_for_load_state("networkidle")
    page.locator("[data-lines-body]").get_by_role("combobox").first.click()
    for typed, quantity in (("ljls", "200"), ("hy", "60"), ("TL", "")):
        row = (
            page.locator("[data-lines-body] tr")
            .filter(has=page.locator("[data-f=product][value=''], [data-f=product]:not([value])"))
            .first
        )
        row.get_by_role("combobox").first.click()
        page.keyboard.type(typed)
        page.locator(".picker-list:not([hidden]) .picker-option").first.wait_for()
        if quantity:
            page.keyboard.press("Enter")
            page.keyboard.type(quantity)
            page.keyboard.press("Enter")
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(500)  # prices and stock of what was typed
    page.evaluate("window.scrollTo(0, 0)")
    _save(page, "order-form")


def _save(page: Page, name: str) -> None:
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    picture.quantize(COLOURS, dither=Image.Dither.NONE).save(TARGET / f"{name}.png", optimize=True)
    print(f"{name}: {(TARGET / f'{name}.png').stat().st_size // 1024} KB")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "http://localhost:8000")
