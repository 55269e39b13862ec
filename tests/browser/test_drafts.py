"""What somebody types survives: the web server killed in the middle, the window closed, the session ended."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import connection
from django.test import Client

from erp.models import Draft
from orders.models import SalesOrder
from tests.cast import make_product

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


class Server:
    """A real web server (granian) on the test's database, that can be killed and started again at the same address."""

    def __init__(self, folder: Any) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        database = connection.settings_dict["NAME"]
        base, _slash, _name = os.environ["DATABASE_URL"].partition("?")[0].rpartition("/")
        query = os.environ["DATABASE_URL"].partition("?")[2]
        self.env = {
            **os.environ,
            "DATABASE_URL": f"{base}/{database}" + (f"?{query}" if query else ""),
            "DJANGO_SETTINGS_MODULE": "erp.settings",
            "SECRET_KEY": settings.SECRET_KEY,
            "ERP_VAR_DIR": str(folder),
            "DEBUG": "true",  # static files without collecting them
        }
        self.process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-m", "granian", "erp.wsgi:application", "--interface", "wsgi", "--no-ws"]
        command += ["--host", "127.0.0.1", "--port", str(self.port), "--workers", "1", "--log-level", "error"]
        self.process = subprocess.Popen(command, env=self.env, cwd=settings.BASE_DIR, start_new_session=True)
        for _attempt in range(300):
            try:
                with urllib.request.urlopen(f"{self.url}/healthz", timeout=5):
                    return
            except OSError:
                time.sleep(0.1)
        raise AssertionError("The web server did not start.")

    def kill(self) -> None:
        """kill -9 of the server and its workers."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None


@pytest.fixture
def server(tmp_path: Any) -> Iterator[Server]:
    server = Server(tmp_path)
    yield server
    server.kill()


@pytest.fixture
def window(browser: Any) -> Iterator[Callable[[Any, str], Any]]:
    """A new browser, signed in: `window(user, url)`."""
    contexts = []

    def open_(user: Any, url: str) -> Any:
        client = Client()
        client.force_login(user)
        context = browser.new_context(locale="zh-CN", viewport={"width": 1440, "height": 900})
        contexts.append(context)
        context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": url}])
        page = context.new_page()
        page.set_default_timeout(15_000)
        return page

    yield open_
    for context in contexts:
        context.close()


def types_an_order(page: Any) -> None:
    """Customer, product and quantity as a clerk enters them."""
    page.locator("[name=customer_text]").press_sequentially("甲公司")
    page.locator(".picker-option:visible").first.wait_for()
    page.keyboard.press("Enter")
    page.locator("[name='lines-0-text']").press_sequentially("HG-1")
    page.locator(".picker-option:visible").first.wait_for()
    page.keyboard.press("Enter")
    page.locator("[name='lines-0-quantity']").fill("12")


def kept(page: Any, **fields: str) -> None:
    """Wait until the server's draft holds these fields."""
    for _attempt in range(150):
        draft = Draft.objects.order_by("-at").first()
        if draft and all(draft.payload.get(name.replace("__", "-")) == value for name, value in fields.items()):
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"No draft with {fields}: {list(Draft.objects.values('payload', 'version'))}")


def test_kill_9_of_the_web_server_loses_nothing(server: Server, cast: SimpleNamespace, window: Any) -> None:
    make_product("HG-1", name="合页")
    page = window(cast.sales, server.url)
    page.goto(f"{server.url}/orders/new/")
    types_an_order(page)
    kept(page, lines__0__quantity="12")
    server.kill()
    page.locator("[name=customer_note]").fill("周五前送到")  # typed while nobody listens
    page.get_by_text("尚未连接").wait_for()
    server.start()
    kept(page, customer_note="周五前送到")  # the same window caught up by itself

    elsewhere = window(cast.sales, server.url)
    elsewhere.goto(f"{server.url}/orders/")
    elsewhere.get_by_label("草稿").get_by_role("link", name="甲公司").click()
    assert elsewhere.locator("[name='lines-0-quantity']").input_value() == "12"
    assert elsewhere.locator("[name=customer_note]").input_value() == "周五前送到"
    elsewhere.locator("[data-sum=total]", has_text="1,356.00").wait_for()
    elsewhere.get_by_role("button", name="创建订单").click()
    elsewhere.locator("h1 .pill").first.wait_for()
    assert SalesOrder.objects.get().lines.get().quantity == 12
    assert not Draft.objects.exists()


def test_an_ended_session_loses_nothing(live_server: Any, cast: SimpleNamespace, window: Any) -> None:
    make_product("HG-1", name="合页")
    page = window(cast.sales, live_server.url)
    page.goto(f"{live_server.url}/orders/new/")
    types_an_order(page)
    kept(page, lines__0__quantity="12")
    Session.objects.all().delete()
    cache.clear()  # sessions are cached
    page.locator("[name=customer_note]").fill("没有会话")
    page.get_by_text("已退出登录").wait_for()
    page.get_by_role("button", name="创建订单").click()
    page.get_by_label("用户名或邮箱").fill("sales")
    page.locator("[name=password]").fill("secret-password")
    page.get_by_role("button", name="登录", exact=True).click()
    page.locator("[name='lines-0-quantity']").wait_for()
    page.wait_for_function("() => document.querySelector('[name=customer_note]').value === '没有会话'")
    page.locator("[name=external_number]").fill("PO-1")
    kept(page, customer_note="没有会话", external_number="PO-1", lines__0__quantity="12")
    assert Draft.objects.count() == 1
    page.get_by_role("button", name="创建订单").click()
    page.locator("h1 .pill").first.wait_for()
    assert SalesOrder.objects.get().external_number == "PO-1"
    assert not Draft.objects.exists()


def test_two_windows_on_one_draft(live_server: Any, cast: SimpleNamespace, window: Any) -> None:
    first = window(cast.sales, live_server.url)
    first.goto(f"{live_server.url}/orders/new/")
    first.locator("[name=customer_note]").fill("一")
    kept(first, customer_note="一")
    first.wait_for_url("**/orders/new/?draft=*")
    second = window(cast.sales, live_server.url)
    second.goto(first.url)
    second.locator("[name=customer_note]").fill("二")
    kept(second, customer_note="二")
    first.locator("[name=customer_note]").fill("三")
    kept(first, customer_note="三")
    first.get_by_text("另一个窗口").wait_for()
    assert {draft.payload["customer_note"] for draft in Draft.objects.all()} == {"二", "三"}


def test_what_is_kept_does_not_warn_and_can_be_discarded(live_server: Any, cast: SimpleNamespace, window: Any) -> None:
    page = window(cast.sales, live_server.url)
    warned: list[str] = []
    page.on("dialog", lambda dialog: (warned.append(dialog.type), dialog.accept()))
    page.goto(f"{live_server.url}/orders/new/")
    page.locator("[name=customer_note]").fill("先放着")
    page.get_by_text("草稿已保存").wait_for()
    page.goto(f"{live_server.url}/orders/")
    assert warned == []
    page.get_by_label("草稿").get_by_role("link", name="未选客户").click()
    assert page.locator("[name=customer_note]").input_value() == "先放着"
    page.get_by_role("button", name="丢弃草稿").click()
    page.locator("#confirm").get_by_role("button", name="确定").click()
    page.wait_for_url(f"{live_server.url}/orders/")
    assert not Draft.objects.exists()
