"""Writing on an order's page: a colleague by @, files by choosing, pasting and dropping, and the list that follows."""

from typing import Any

import pytest

from erp.models import Attachment, Comment
from tests.cast import make_order, make_product
from tests.talk.conftest import PDF, picture

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PASTE_AND_DROP = """() => {
  const pasted = new DataTransfer();
  pasted.items.add(new File(["pasted"], "note.txt"));
  const field = document.querySelector("#comment-text");
  field.dispatchEvent(new ClipboardEvent("paste", { clipboardData: pasted, bubbles: true, cancelable: true }));
  const dropped = new DataTransfer();
  dropped.items.add(new File(["dropped"], "drop.txt"));
  field.dispatchEvent(new DragEvent("drop", { dataTransfer: dropped, bubbles: true, cancelable: true }));
}"""


def test_a_comment_with_a_colleague_and_files(open_as: Any, cast: Any, no_auto_approval: Any) -> None:
    cast.warehouse.name = "张三"
    cast.warehouse.save()
    order = make_order((make_product(), 1), customer=cast.alpha, by=cast.sales)
    sales = open_as(cast.sales)
    sales.goes_to(order.get_absolute_url())
    field = sales.page.locator("#comment-text")
    field.click()
    field.press_sequentially("请 @zhangs")
    sales.page.locator(".mention-box .picker-option", has_text="张三").wait_for()
    sales.page.keyboard.press("Enter")
    sales.page.keyboard.type("核对")
    assert field.input_value() == "请 @张三 核对"

    chosen = [("合同.pdf", PDF), ("现场.png", picture()), ("setup.exe", b"MZ")]
    sales.page.locator("[data-files]").set_input_files(
        [{"name": name, "mimeType": "application/octet-stream", "buffer": content} for name, content in chosen]
    )
    sales.page.locator(".toast-item", has_text="setup.exe").wait_for()
    sales.page.evaluate(PASTE_AND_DROP)
    for name in ("合同.pdf", "现场.png", "note.txt", "drop.txt"):
        sales.page.locator(".talk-files", has_text=name).wait_for()
    assert field.input_value() == "请 @张三 核对"  # the list came anew around it

    sales.clicks("发送")
    sales.page.locator(".tl-said .mention", has_text="@张三").wait_for()
    assert field.input_value() == ""
    assert Comment.objects.get().files.count() == 4
    sales.page.get_by_role("button", name="删除 note.txt").click()
    sales.page.locator("#confirm [data-confirm-ok]").click()
    sales.page.locator(".talk-files", has_text="note.txt").wait_for(state="detached")
    assert Attachment.objects.present().count() == 3
    sales.page.locator(".talk-edit summary").click()
    sales.page.locator(".talk-edit textarea").fill("@张三 已核对")
    sales.page.locator(".talk-edit form button").click()
    sales.page.locator(".tl-said", has_text="已核对").wait_for()


def test_files_that_arrive_while_the_list_is_fetched_are_shown(open_as: Any, cast: Any, no_auto_approval: Any) -> None:
    order = make_order((make_product(), 1), customer=cast.alpha, by=cast.sales)
    page = open_as(cast.sales)
    page.goes_to(order.get_absolute_url())
    page, held = page.page, []
    list_address = page.locator("form[data-talk]").get_attribute("data-talk")

    def hold_the_first(route: Any) -> None:
        if route.request.method == "GET" and not held:
            held.append((route, route.fetch()))  # answered before the other files are there
        else:
            route.continue_()

    page.route(lambda url: url.endswith(list_address), hold_the_first)
    page.route(
        lambda url: "_v=" in url, lambda route: route.fulfill(status=204)
    )  # the live page would hide what is lost
    with page.expect_request(lambda request: request.url.endswith(list_address)):
        page.locator("[data-files]").set_input_files([{"name": "一.pdf", "mimeType": "application/pdf", "buffer": PDF}])
    page.evaluate(PASTE_AND_DROP)
    page.locator("[data-uploads] li:not([data-busy])").nth(2).wait_for(state="attached")
    route, answer = held[0]
    route.fulfill(response=answer)
    for name in ("一.pdf", "note.txt", "drop.txt"):
        page.locator(".talk-files", has_text=name).wait_for()
