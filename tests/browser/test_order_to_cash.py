"""One order from entry to settled completion, by the nine people who do it, each at a browser of their own."""

import json
import time
from typing import Any

import pytest
from django.core import mail
from django.utils.module_loading import import_string

from erp.models import Outbox
from erp.verification import SOURCES
from notifications.tasks import sweep_outbox
from orders.models import Customer, CustomerUser, SalesOrder
from production.models import ProductionOrder
from shipping.carriers.signed import sign
from shipping.models import PickList, Shipment
from tests.browser.company import WEBHOOK_SECRET, open_company
from tests.browser.person import Person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.timeout(600)]
STAFF = ("sales", "approver", "planner", "warehouse", "logistics", "finance", "service", "manager")


class Story:
    """The order, and everybody's browser."""

    def __init__(self, open_as: Any, cast: Any) -> None:
        self.cast, self.products = cast, open_company()
        self.people = {role: open_as(getattr(cast, role)) for role in STAFF if role != "sales"}
        self.people["sales"] = open_as()
        self.people["sales"].signs_in("sales", "secret-password")
        self.visitor, self.stranger = open_as(), open_as(cast.beta_login)
        self.buyer = open_as(cast.alpha_login)
        self.number = ""

    def __getattr__(self, name: str) -> Person:
        return self.people[name]

    @property
    def order(self) -> SalesOrder:
        return SalesOrder.objects.get(number=self.number)

    @property
    def path(self) -> str:
        return f"/orders/{self.number}/"

    def at_the_order(self, person: Person, status: str) -> None:
        """Open the order and read the badge."""
        assert person.goes_to(self.path) == 200
        assert person.status() == status

    def only(self, role: str, button: str, path: str, **form: str) -> None:
        """Nobody else sees the button; whoever posts all the same is refused."""
        for name in STAFF:
            if name in (role, "manager"):
                continue
            person = self.people[name]
            person.goes_to(self.path)
            assert not person.may_click(button), f"{name} sees “{button}”"
            assert person.posts(path, **form) == 403, name


@pytest.fixture
def story(open_as: Any, cast: Any) -> Story:
    return Story(open_as, cast)


def test_nine_people_take_an_order_from_entry_to_completion(story: Story) -> None:
    sales_enters(story)
    approver_rejects_and_sales_corrects(story)
    approver_approves(story)
    planner_makes_what_is_missing(story)
    warehouse_picks_and_packs(story)
    logistics_hands_over(story)
    parcels_arrive(story)
    customer_looks(story)
    finance_records_the_payment(story)
    after_sales_opens_a_return_and_a_complaint(story)
    manager_reads_the_reports(story)
    everybody_was_told(story)
    assert [difference for path in SOURCES for difference in import_string(path)()] == []


def sales_enters(story: Story) -> None:
    """A customer with an address, then an order of three lines: by SKU, by initials, by name."""
    sales = story.sales
    sales.goes_to("/orders/customers/new/")
    sales.fills(name="宁波启明五金有限公司", email="buyer@qiming.example", contact_name="王经理")
    sales.fills(
        contact_phone="13812345678", province="浙江省", city="宁波市", district="鄞州区", street="启明路 818 号"
    )
    sales.clicks("创建客户")
    sales.page.wait_for_url("**/orders/customers/CU-*/")
    CustomerUser.objects.filter(user=story.cast.alpha_login).update(customer=Customer.objects.latest("id"))

    sales.clicks("新建订单")
    sales.page.wait_for_function("() => document.activeElement.matches('[data-lines-body] [data-picker]')")
    for typed, quantity in (("LS-M8", "400"), ("bxghy", "200"), ("结构胶", "100")):
        add_line(sales, typed, quantity)
    assert sales.page.locator("[data-sum=total]").inner_text() == "29,154.00"
    sales.page.locator("[data-lines-body] tr", has_text="生产需").first.wait_for()  # what stock does not cover
    sales.clicks("创建订单")
    sales.page.wait_for_url("**/orders/SO-*/")
    story.number = sales.page.url.rstrip("/").rpartition("/")[2]
    assert sales.status() == "待处理"
    checks = sales.page.locator("#checks").inner_text()
    assert all(name in checks for name in ("库存", "价格", "客户", "信用")), checks
    story.only("approver", "审核通过", f"{story.path}transitions/", transition="approve")


def add_line(person: Person, typed: str, quantity: str) -> None:
    """Type into the next free row, choose with Enter, type the quantity, Enter makes the next row."""
    page = person.page
    rows = page.locator("[data-lines-body] tr")
    free = next(row for row in rows.all() if not row.locator("[data-f=product]").input_value())
    free.get_by_role("combobox").first.click()
    page.keyboard.type(typed)
    page.locator(".picker-list:not([hidden]) .picker-option").first.wait_for()
    page.keyboard.press("Enter")
    page.wait_for_function("() => document.activeElement.matches('[data-f=quantity]')")
    free.locator("[data-line-stock]:not(:empty)").wait_for()
    page.keyboard.type(quantity)
    page.keyboard.press("Enter")


def approver_rejects_and_sales_corrects(story: Story) -> None:
    approver, sales = story.approver, story.sales
    approver.goes_to("/")
    approver.page.locator("main").get_by_role("link", name=story.number).first.click()
    approver.opens_menu()
    approver.clicks("驳回")
    dialog = approver.page.locator("#move-reject")
    dialog.get_by_label("原因").fill("螺栓数量请与客户确认")
    dialog.get_by_role("button", name="驳回").click()
    approver.page.locator("h1 .pill", has_text="已驳回").wait_for()

    assert "螺栓数量请与客户确认" in sales.hears()
    story.at_the_order(sales, "已驳回")
    sales.opens_menu()
    sales.clicks("编辑")
    sales.page.locator("[data-lines-body] tr").first.locator("[data-f=quantity]").fill("500")
    sales.clicks("保存并校验")
    sales.page.wait_for_url(f"**{story.path}")
    if sales.status() == "已驳回":
        sales.clicks("重新提交")
    sales.page.locator("h1 .pill", has_text="待处理").wait_for()


def approver_approves(story: Story) -> None:
    approver = story.approver
    story.at_the_order(approver, "待处理")
    approver.clicks("审核通过")
    approver.page.locator("h1 .pill", has_text="生产中").wait_for()
    assert "六角螺栓" in approver.page.locator("#lines").inner_text()
    assert ProductionOrder.objects.get().quantity == 200


def planner_makes_what_is_missing(story: Story) -> None:
    """Start, report: the goods enter stock, and the order moves on by itself and gets its pick list."""
    planner, made = story.planner, ProductionOrder.objects.get()
    planner.goes_to("/")
    planner.page.locator("main").get_by_role("link", name=made.number).first.click()
    for name in ("warehouse", "sales"):
        person = story.people[name]
        person.goes_to(f"/production/{made.number}/")
        assert not person.may_click("开始生产")
        assert person.posts(f"/production/{made.number}/transitions/", transition="start") == 403
        assert person.posts(f"/production/{made.number}/report/", good="1", key="x") == 403
    planner.clicks("开始生产")
    planner.page.locator("#report").wait_for()
    planner.fills(good="200", minutes="410")
    planner.clicks("报工", within=planner.page.locator("#report"))
    planner.page.locator("h1 .pill", has_text="完成").wait_for()
    story.at_the_order(planner, "待发货")


def warehouse_picks_and_packs(story: Story) -> None:
    warehouse, picks = story.warehouse, PickList.objects.get()
    story.at_the_order(warehouse, "待发货")
    for name in ("sales", "finance"):
        person = story.people[name]
        person.goes_to(f"/shipping/picks/{picks.number}/")
        assert not person.may_click("确认拣货")
        assert person.posts(f"/shipping/picks/{picks.number}/") == 403
    warehouse.goes_to("/shipping/")
    warehouse.page.get_by_role("link", name=picks.number).click()
    warehouse.clicks("确认拣货")
    warehouse.page.wait_for_url("**/pack/")
    warehouse.clicks("增加一个包裹")
    warehouse.page.locator("#parcel-2").wait_for()
    first = picks.lines.order_by("id")[0]
    warehouse.fills(**{f"q_1_{first.pk}": "0", f"q_2_{first.pk}": str(int(first.picked)), "weight_2": "3.5"})
    warehouse.clicks("确认打包")
    warehouse.page.locator("h1 .pill", has_text="已打包").wait_for()
    assert Shipment.objects.get().parcels.count() == 2


def logistics_hands_over(story: Story) -> None:
    logistics, shipment = story.logistics, Shipment.objects.get()
    for name in ("sales", "warehouse"):
        person = story.people[name]
        person.goes_to(f"/shipping/{shipment.number}/")
        assert not person.may_click("交运")
        assert person.posts(f"/shipping/{shipment.number}/hand-over/", service="1") == 403
    story.at_the_order(story.finance, "待发货")
    assert not story.finance.may_click("登记收款")

    logistics.goes_to("/shipping/?tab=hand_over")
    logistics.page.get_by_role("link", name=shipment.number).first.click()
    form = logistics.page.locator("#hand-over form")
    service = form.locator("[name=service]")
    service.select_option(service.locator("option", has_text="标快").get_attribute("value"))
    for number, field in enumerate(form.locator("[name^=tracking_]").all(), start=1):
        field.fill(f"SF100{number}")
    form.get_by_role("button", name="交运").click()
    logistics.page.locator("h1 .pill", has_text="运输中").wait_for()
    story.at_the_order(story.sales, "已发货")

    story.at_the_order(story.finance, "已发货")
    assert story.finance.may_click("登记收款")
    assert "应收" in story.finance.page.locator("#related").inner_text()


def parcels_arrive(story: Story) -> None:
    """One parcel's way is typed in; the other's arrival comes by the carrier's signed message."""
    logistics, shipment = story.logistics, Shipment.objects.get()
    logistics.goes_to(f"/shipping/{shipment.number}/")
    report(logistics, parcel=0, state="in_transit", text="快件已到达杭州转运中心")
    assert "快件已到达杭州转运中心" in logistics.page.locator("#parcels").inner_text()
    report(logistics, parcel=0, state="delivered", text="前台已签收")
    assert logistics.status() == "运输中"

    assert carrier_says(story, "SF1002", signature="0" * 64) == 401
    assert carrier_says(story, "SF1002") == 200
    assert carrier_says(story, "SF1002") == 200  # told twice
    logistics.goes_to(f"/shipping/{shipment.number}/")
    assert logistics.status() == "已签收"
    story.at_the_order(story.sales, "已发货")  # not paid yet


def report(person: Person, *, parcel: int, state: str, text: str) -> None:
    card = person.page.locator("#event-card")
    choices = card.locator("[name=parcel] option").all()
    card.locator("[name=parcel]").select_option(choices[parcel + 1].get_attribute("value"))
    card.locator("[name=state]").select_option(state)
    card.locator("[name=text]").fill(text)
    card.get_by_role("button", name="登记").click()
    person.page.locator("#parcels", has_text=text).wait_for()


def carrier_says(story: Story, tracking: str, signature: str = "") -> int:
    """A real request to the webhook, as the carrier's machine sends it; returns the answer's status."""
    body = json.dumps(
        {
            "tracking_number": tracking,
            "event_id": f"{tracking}-done",
            "state": "delivered",
            "text": "已签收，签收人：王经理",
            "place": "宁波",
            "at": time.strftime("%Y-%m-%dT%H:%M:%S+08:00", time.gmtime(time.time() + 8 * 3600)),
        }
    ).encode()
    clock = str(int(time.time()))
    headers = {
        "Content-Type": "application/json",
        "X-Signature": signature or sign(WEBHOOK_SECRET, body, clock),
        "X-Timestamp": clock,
    }
    page = story.visitor.page
    return page.request.post(f"{story.visitor.base}/shipping/webhooks/SF/", data=body, headers=headers).status


def customer_looks(story: Story) -> None:
    """With a login, and with number and digits; nobody else."""
    buyer, visitor, path = story.buyer, story.visitor, f"/portal/orders/{story.number}/"
    buyer.goes_to("/portal/")
    buyer.page.get_by_role("link", name=story.number).click()
    assert buyer.status() == "已发货"
    words = buyer.page.locator("main").inner_text()
    assert all(text in words for text in ("SF1001", "SF1002", "快件已到达杭州转运中心", "已签收，签收人：王经理"))

    visitor.goes_to("/portal/")
    visitor.page.get_by_label("订单号").fill(story.number)
    visitor.page.get_by_label("手机号后四位").fill("1111")
    visitor.clicks("查询")
    visitor.page.get_by_role("alert").first.wait_for()
    visitor.page.get_by_label("手机号后四位").fill("5678")
    visitor.clicks("查询")
    visitor.page.wait_for_url(f"**{path}")
    assert visitor.status() == "已发货"
    assert "启明路" not in visitor.page.locator("main").inner_text()

    assert story.stranger.goes_to(path) == 404
    assert buyer.goes_to(story.path) == 404


def finance_records_the_payment(story: Story) -> None:
    finance = story.finance
    story.at_the_order(finance, "已发货")
    for name in ("sales", "logistics"):
        assert story.people[name].goes_to("/finance/payments/new/") == 403
    finance.clicks("登记收款")
    finance.page.wait_for_url("**/finance/payments/new/**")
    total = str(story.order.total)
    assert finance.page.locator("[name=amount]").input_value() == total
    assert finance.page.locator("[name^=allocate_]").input_value() == total
    finance.fills(reference="ICBC-20261122-001")
    finance.clicks("登记收款")
    finance.page.wait_for_url("**/finance/payments/PY-*/")
    for person in (finance, story.sales, story.manager):
        story.at_the_order(person, "已完成")
    story.buyer.goes_to(f"/portal/orders/{story.number}/")
    assert story.buyer.status() == "已完成"


def after_sales_opens_a_return_and_a_complaint(story: Story) -> None:
    service = story.service
    story.at_the_order(service, "已完成")
    service.clicks("新建退货")
    service.page.wait_for_url("**/aftersales/returns/new/**")
    field = service.page.locator("#lines input").first
    field.fill("10")
    service.fills(text="十个螺栓有锈迹")
    service.clicks("提交退货申请")
    service.page.wait_for_url("**/aftersales/returns/RT-*/")
    assert "十个螺栓有锈迹" in service.page.locator("main").inner_text()

    story.at_the_order(service, "已完成")
    service.clicks("新建客诉")
    service.fills(subject="螺栓生锈", text="客户要求更换，并说明原因。")
    service.clicks("创建客诉")
    service.page.wait_for_url("**/aftersales/cases/CS-*/")
    story.at_the_order(story.manager, "已完成")
    assert "螺栓生锈" in story.manager.page.locator("#related").inner_text()
    for name in ("planner", "logistics"):
        assert story.people[name].goes_to(f"/aftersales/cases/new/?order={story.number}") == 403


def manager_reads_the_reports(story: Story) -> None:
    manager = story.manager
    manager.goes_to("/reports/")
    manager.page.locator("[data-chart] svg, [data-chart] canvas").first.wait_for()
    for path, expected in (
        ("orders", "已完成"),
        ("durations", "待处理"),
        ("punctuality", "100"),
        ("sales", "30,566.50"),
    ):
        assert manager.goes_to(f"/reports/{path}/") == 200
        assert expected in manager.page.locator("main").inner_text(), path
    with manager.page.expect_download() as download:
        manager.page.locator("a[href*='format=xlsx']").first.click()
    assert download.value.suggested_filename.endswith(".xlsx")
    assert story.warehouse.goes_to("/reports/") == 403


def everybody_was_told(story: Story) -> None:
    """Each bell has what concerns its owner; the outbox holds the mails and delivers each once."""
    number = story.number
    heard = {name: story.people[name].hears() for name in STAFF}
    for words in ("已驳回", "已审核", "生产中", "待发货", "已完成"):
        assert f"订单 {number} {words}" in heard["sales"]
    for name, text in (
        ("approver", number),
        ("planner", ProductionOrder.objects.get().number),
        ("warehouse", PickList.objects.get().number),
        ("logistics", PickList.objects.get().number),
        ("finance", number),
        ("service", "螺栓生锈"),
        ("manager", "螺栓生锈"),
    ):
        assert (text in heard[name]) == (name != "service"), f"{name}: {heard[name]}"
    assert story.sales.unread() > 0

    waiting = Outbox.objects.filter(kind="mail")
    assert waiting.filter(payload__to="buyer@qiming.example").count() == 3  # confirmed, on its way, arrived
    sweep_outbox()
    assert not waiting.exclude(status=Outbox.Status.DONE).exists()
    sent = len(mail.outbox)
    assert sent == waiting.count()
    sweep_outbox()
    assert len(mail.outbox) == sent
    assert any("buyer@qiming.example" in message.to and number in message.subject for message in mail.outbox)
