"""What is done on a phone: picking between the shelves, and the customer's look at an order."""

from decimal import Decimal
from typing import Any

import pytest

from orders.models import CustomerUser
from shipping.models import CarrierService, PickList
from shipping.services import confirm_pick, hand_over, pack
from tests.browser.company import open_company
from tests.browser.person import PHONE, Person
from tests.cast import make_order

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SMALLEST_TARGET = 40  # pixels, for what a thumb presses while the other hand holds a box


@pytest.fixture
def picks(cast: Any) -> PickList:
    """A pick list of two products, from an order approved by the system."""
    products = open_company()
    make_order((products.bolt, 40), (products.glue, 3), customer=cast.alpha, by=cast.sales)
    return PickList.objects.get()


def fits(person: Person) -> bool:
    return person.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_picking_by_scanner_and_thumb(open_as: Any, cast: Any, picks: PickList) -> None:
    warehouse = open_as(cast.warehouse, size=PHONE)
    warehouse.goes_to("/")
    warehouse.page.locator(".bottombar").get_by_role("link", name="发货").click()
    warehouse.page.get_by_role("link", name=picks.number).first.click()
    assert fits(warehouse)
    scan, glue = warehouse.page.locator("#scan"), warehouse.page.locator(".pick", has_text="结构胶")
    for code in ("6901234567892", "0000"):
        scan.fill(code)
        scan.press("Enter")
    warehouse.page.locator("[role=alert], .toast-item", has_text="拣错货").first.wait_for()

    before = Decimal(glue.locator("input").input_value())
    box = glue.locator(".qty-btn").first.bounding_box()
    assert min(box["width"], box["height"]) >= SMALLEST_TARGET
    glue.locator(".qty-btn").first.tap()
    assert Decimal(glue.locator("input").input_value()) == before - 1
    glue.locator(".qty-btn").last.tap()

    button = warehouse.page.get_by_role("button", name="确认拣货")
    place = button.bounding_box()
    bar = warehouse.page.locator(".bottombar").bounding_box()
    assert place["height"] >= SMALLEST_TARGET
    assert place["y"] + place["height"] <= bar["y"], "the bottom bar lies over the button"
    warehouse.page.get_by_role("button", name="全部拣齐").tap()
    button.tap()
    warehouse.page.wait_for_url("**/pack/")
    assert fits(warehouse)
    warehouse.page.get_by_role("button", name="确认打包").tap()
    warehouse.page.locator("h1 .pill", has_text="已打包").wait_for()
    assert fits(warehouse)


def test_a_customer_follows_and_confirms_an_order(open_as: Any, cast: Any, picks: PickList) -> None:
    confirm_pick(picks, picked={line.pk: line.wanted for line in picks.lines.all()}, by=cast.warehouse)
    shipment = pack(picks, parcels=None, by=cast.warehouse)
    service = CarrierService.objects.get(carrier__code="SF", code="standard")
    tracking = {parcel.pk: f"SF{parcel.pk}" for parcel in shipment.parcels.all()}
    hand_over(shipment, service=service, tracking=tracking, by=cast.logistics)
    assert CustomerUser.objects.filter(user=cast.alpha_login, customer=cast.alpha).exists()

    buyer = open_as(size=PHONE)
    buyer.goes_to("/accounts/login/?next=/portal/")
    assert fits(buyer)
    buyer.page.get_by_label("用户名或邮箱").fill("alpha")
    buyer.page.locator("[name=password]").fill("secret-password")
    buyer.page.get_by_role("button", name="登录", exact=True).tap()
    buyer.page.locator(".portal-order").first.tap()
    assert buyer.status() == "已发货"
    assert fits(buyer)
    buyer.page.get_by_role("button", name="确认收货").tap()
    buyer.confirms()
    buyer.page.get_by_text("感谢您的确认").wait_for()
    shipment.refresh_from_db()
    assert shipment.status == "delivered"

    buyer.page.get_by_role("link", name="投诉或咨询").tap()
    buyer.page.wait_for_url("**/complaint/")
    assert fits(buyer)
    buyer.fills(subject="少了一支胶", text="清单写三支，箱里只有两支。")
    buyer.page.locator("main form button").last.tap()
    buyer.page.locator(".portal-cases", has_text="少了一支胶").wait_for()
    assert fits(buyer)
