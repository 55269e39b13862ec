"""The scripts in a real browser (Debian's Chromium); left out where there is none."""

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def signed_in(browser, live_server, client, person):
    person.is_superuser = True
    person.save()
    client.force_login(person)
    context = browser.new_context(
        viewport={"width": 1280, "height": 900}, permissions=["clipboard-read", "clipboard-write"]
    )
    context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}])
    yield context
    context.close()


@pytest.fixture
def page(signed_in, live_server):
    page = signed_in.new_page()
    page.problems = []
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    page.on("console", lambda m: page.problems.append(m.text) if m.type == "error" and "500" not in m.text else None)
    page.goto(f"{live_server.url}/behave/")
    yield page
    assert page.problems == []


def sums(page):
    return [page.locator(f"[data-sum={name}]").inner_text() for name in ("untaxed", "tax", "total")]


def test_lines_are_entered_by_keyboard_alone(page):
    page.get_by_label("产品").first.focus()
    page.keyboard.type("M8")
    page.locator(".picker-option").first.wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "数量"
    page.keyboard.type("3")
    assert sums(page) == ["3.02", "0.39", "3.41"]  # 3 × 1.005 = 3.015, half up
    page.keyboard.press("Enter")
    assert page.locator("[data-lines-body] tr").count() == 2
    page.keyboard.type("m8-20")
    page.keyboard.press("Enter")  # before the answer, as a scanner does
    page.wait_for_function("() => document.activeElement.getAttribute('aria-label') === '数量'")
    page.keyboard.type("1000")
    assert sums(page) == ["853.02", "110.89", "963.91"]
    assert page.locator("[name=line-1-product]").input_value() == "1"
    assert page.locator("[data-lines-count]").input_value() == "2"


def test_a_block_from_excel_becomes_lines(page):
    page.get_by_label("产品").first.focus()
    page.evaluate("navigator.clipboard.writeText('M8-20\\t1,000\\t0.80\\nM8-30\\t2\\nnope\\t5\\n')")
    page.keyboard.press("Control+V")
    page.wait_for_function("() => document.querySelectorAll('[data-lines-body] tr').length === 3")
    page.wait_for_function("() => document.querySelector('[data-sum=untaxed]').textContent === '802.01'")
    quantities = [f.input_value() for f in page.get_by_label("数量").all()]
    assert quantities == ["1000", "2", "5"]
    assert page.locator("[aria-invalid]").count() == 1


def test_removing_the_last_line_leaves_an_empty_one(page):
    page.get_by_label("删除", exact=True).first.click()
    assert page.locator("[data-lines-body] tr").count() == 1
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "产品"


def test_a_form_survives_a_lost_session(page, signed_in, person):
    person.set_password("demo")
    page.get_by_label("产品").first.fill("M8-20")
    page.locator(".picker-option").first.click()
    page.keyboard.press("Enter")
    page.get_by_label("数量").last.fill("7")
    person.save()  # a new password ends every session
    page.get_by_role("button", name="保存").click()
    page.get_by_label("用户名").fill("plain")
    page.locator("[name=password]").fill("demo")
    page.get_by_role("button", name="登录").click()
    page.locator(".toast-item", has_text="已恢复").wait_for()
    assert [f.input_value() for f in page.get_by_label("数量").all()] == ["1", "7"]
    assert sums(page)[0] == "0.85"
    page.goto(page.url)
    assert page.get_by_label("数量").count() == 1


def test_a_select_becomes_a_picker_and_keeps_its_value(page):
    box = page.get_by_label("客户", exact=True)
    box.fill("M8-20")
    page.locator(".picker-option").first.click()
    assert page.locator("#customer").input_value() == "1"
    box.fill("no such thing")
    page.locator(".picker-note", has_text="没有找到").wait_for()
    assert page.locator("#customer").input_value() == ""
    box.press("Escape")
    assert box.get_attribute("aria-expanded") == "false"


def test_a_deletion_asks_once(page, live_server):
    page.get_by_role("button", name="删除", exact=True).last.click()
    dialog = page.locator("#confirm")
    assert dialog.get_by_text("确定删除？").is_visible()
    dialog.get_by_role("button", name="取消").click()
    assert page.url.endswith("/behave/")
    page.get_by_role("button", name="删除", exact=True).last.click()
    dialog.get_by_role("button", name="确定").click()
    page.wait_for_url(f"{live_server.url}/echo/")


def test_toasts_from_the_server_and_for_failures(page):
    page.get_by_role("button", name="提示").click()
    page.locator(".toast-item.danger", has_text="二").wait_for()
    page.get_by_role("button", name="出错").click()
    page.locator(".toast-item", has_text="系统出了问题").wait_for()


def test_live_parts_follow_and_rest_while_a_dialog_is_open(page):
    page.locator("#clock", has_text="走").wait_for()


def test_a_row_opens_in_the_side_panel(page):
    page.get_by_text("打开", exact=True).click()
    page.locator("#panel-body #first").wait_for()
    assert page.locator("[data-panel-full]").get_attribute("href") == "/page/"
    page.keyboard.press("Escape")
    assert not page.locator("#panel").is_visible()


def test_theme_and_sidebar_change_at_once_and_stay(page):
    page.get_by_label("外观").click()
    page.get_by_role("button", name="深色").click()
    assert page.evaluate("document.documentElement.dataset.bsTheme") == "dark"
    page.get_by_role("button", name="收起菜单").click()
    page.wait_for_load_state("networkidle")
    page.reload()
    assert page.evaluate("[document.documentElement.dataset.bsTheme, document.documentElement.dataset.sidebar]") == [
        "dark",
        "folded",
    ]


def test_the_menu_works_by_keyboard(page):
    summary = page.get_by_label("语言").first
    summary.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.textContent") == "简体中文"
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "语言"


def test_no_page_of_the_frame_breaks_accessibility(page, live_server):
    from axe_playwright_python.sync_playwright import Axe

    for path in ("/ui/", "/behave/", "/page/", "/nothing/"):
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            page.goto(live_server.url + path)
            found = Axe().run(page).response["violations"]
            assert found == [], [(v["id"], [n["html"] for n in v["nodes"]]) for v in found]
    page.problems.clear()  # the missing page is reported by the browser


def test_a_phone_has_no_sideways_scroll_and_a_drawer(page, live_server):
    page.set_viewport_size({"width": 360, "height": 740})
    for path in ("/ui/", "/behave/"):
        page.goto(live_server.url + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.get_by_role("link", name="更多").click()
    assert page.locator("#sidebar").get_by_role("link", name="报表").is_visible()
    page.keyboard.press("Escape")
