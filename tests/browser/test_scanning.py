"""The phone between the shelves: a scanner, no network in mid-pick, two phones, and the camera."""

from decimal import Decimal
from typing import Any

import pytest
from django.db.models import Sum

from inventory.models import Barcode, ProductUnit, Unit
from shipping import services
from shipping.models import PickLine, PickList, ScanCommand, Wave
from tests.browser.company import open_company
from tests.browser.person import PHONE, Person
from tests.cast import make_order, make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def wave(cast: Any) -> Wave:
    """Bolts for two orders, two and three pieces of glue for one; a box of glue holds two."""
    products = open_company()
    box = ProductUnit.objects.create(product=products.glue, unit=Unit.objects.get_or_create(name="箱")[0], factor=2)
    Barcode.objects.create(code="BOX-GLUE", product=products.glue, unit=box)
    make_order((products.bolt, 2), (products.glue, 3), customer=cast.alpha, by=cast.sales)
    make_order((products.bolt, 3), customer=cast.beta, by=cast.sales)
    return services.open_wave(list(PickList.objects.order_by("id")), by=cast.warehouse)


class Picker(Person):
    """Somebody with a phone and a scanner that types."""

    def starts(self, wave: Wave) -> None:
        self.goes_to(f"/shipping/scan/{wave.number}/")
        self.page.get_by_role("button", name="开始拣货").tap()
        self.page.locator("[data-scan-place]").wait_for()

    def scans(self, *codes: str) -> None:
        for code in codes:
            self.page.keyboard.type(code)
            self.page.keyboard.press("Enter")

    def hears_of(self, words: str, tone: str) -> None:
        self.page.locator(f".scan-say.is-{tone}", has_text=words).wait_for()

    def has_sent(self) -> None:
        self.page.locator("[data-waiting='0']").wait_for()


def picker(open_as: Any, user: Any) -> Picker:
    person = open_as(user, size=PHONE)
    person.__class__ = Picker
    return person


def place_of(sku: str) -> str:
    return PickLine.objects.filter(order_line__product__sku=sku).first().item.place.code


def walk(person: Picker, *, cut: bool) -> None:
    """The same walk, with or without the network going away in the middle."""
    bin_ = place_of("LS-M8-40")
    person.scans("6901234567892")
    person.hears_of("先扫库位", "wrong")
    person.scans("Z-99-99")
    person.hears_of("库位错", "wrong")
    person.scans(bin_)
    person.hears_of("库位正确", "right")
    first = person.page.locator("[data-scan-name]").inner_text()
    mine, other = ("LS-M8-40", "BOX-GLUE") if "螺栓" in first else ("JS-500", "LS-M8-40")
    person.scans(other)
    person.hears_of("拿错货", "wrong")
    person.scans("LS-M8-40" if mine == "LS-M8-40" else "BOX-GLUE")
    person.hears_of("已拿", "right")
    person.has_sent()
    if cut:
        person.page.context.set_offline(True)
    if mine == "LS-M8-40":
        person.scans(*["LS-M8-40"] * 4)
        glue(person)
    else:
        person.scans("6901234567892")
        person.hears_of("本站完成", "right")
        person.scans(*["LS-M8-40"] * 5)
    if cut:
        person.page.locator(".scan-net.is-off", has_text="没有网络").wait_for()
        assert ScanCommand.objects.count() == 1
        assert not person.page.locator("[data-scan-done]").is_visible()
        person.page.context.set_offline(False)
    person.page.get_by_role("button", name="完成拣货").wait_for()


def glue(person: Picker) -> None:
    person.hears_of("本站完成", "right")
    person.scans("BOX-GLUE", "BOX-GLUE")
    person.hears_of("多了", "wrong")
    person.scans("6901234567892")


def outcome() -> list[tuple[str, Decimal]]:
    rows = PickLine.objects.order_by("pick_list_id", "order_line__product__sku")
    return list(rows.values_list("order_line__product__sku", "scanned"))


@pytest.mark.parametrize("cut", [False, True])
def test_without_network_in_mid_pick_it_ends_as_with_it(open_as: Any, cast: Any, wave: Wave, cut: bool) -> None:
    person = picker(open_as, cast.warehouse)
    person.starts(wave)
    walk(person, cut=cut)
    assert outcome() == [("JS-500", 3), ("LS-M8-40", 2), ("LS-M8-40", 3)]
    numbers = list(ScanCommand.objects.order_by("number").values_list("number", "refusal"))
    assert numbers == [(at, "") for at in range(1, 8)]
    assert ScanCommand.objects.aggregate(sum=Sum("quantity"))["sum"] == 8
    person.page.get_by_role("button", name="完成拣货").tap()
    person.page.locator("h1 .pill", has_text="已拣").wait_for()
    assert set(PickList.objects.values_list("status", flat=True)) == {"picked"}
    if cut:
        person.problems[:] = [one for one in person.problems if "ERR_INTERNET_DISCONNECTED" not in one]


def test_by_thumb_with_something_missing(open_as: Any, cast: Any, wave: Wave) -> None:
    person = picker(open_as, cast.warehouse)
    person.starts(wave)
    assert person.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    person.page.get_by_role("button", name="我到了").tap()
    for button in person.page.locator(".scan-thumb button:visible").all():
        assert button.bounding_box()["height"] >= 40
    person.page.get_by_role("button", name="拿走").tap()
    person.hears_of("已拿", "right")
    person.page.get_by_role("button", name="报缺").tap()
    person.page.get_by_role("button", name="库位上没有").tap()
    person.hears_of("已报缺", "hint")
    person.page.get_by_role("button", name="完成拣货").tap()
    person.page.locator("h1 .pill", has_text="已拣").wait_for()
    assert PickLine.objects.filter(short_reason="missing", picked=0).exists()


def test_somebody_else_took_over_meanwhile(open_as: Any, cast: Any, wave: Wave) -> None:
    person, other = picker(open_as, cast.warehouse), make_user("warehouse")
    person.starts(wave)
    services.claim_wave(Wave.objects.get(pk=wave.pk), by=other, take_over=True)
    person.page.get_by_role("button", name="我到了").tap()
    person.page.get_by_role("button", name="拿走").tap()
    person.page.locator("[data-scan-refused] li", has_text="已接手").wait_for()
    assert set(PickLine.objects.values_list("scanned", flat=True)) == {Decimal(0)}
    second = picker(open_as, cast.warehouse)
    second.goes_to(f"/shipping/scan/{wave.number}/")
    second.page.get_by_text("正在拣").first.wait_for()
