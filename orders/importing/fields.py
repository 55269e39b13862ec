"""What an order from a file is made of: each field's name on screen, its reader, and the headings it is known by."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from orders.importing import values


@dataclass(frozen=True, slots=True)
class Field:
    """One field: where it belongs (`order`, `line`, `customer`, `product`), and how its cells are read.

    `known_as` are headings that mean it when nobody has said so; compared without case, spaces and punctuation.
    """

    name: str
    label: Promise
    part: str
    read: Callable[[str], Any]
    known_as: tuple[str, ...]
    required: bool = False


def _order(name: str, label: Promise, read: Callable[[str], Any], *known_as: str, required: bool = False) -> Field:
    return Field(name, label, "order", read, known_as, required)


def _line(name: str, label: Promise, read: Callable[[str], Any], *known_as: str, required: bool = False) -> Field:
    return Field(name, label, "line", read, known_as, required)


ORDER_FIELDS = [
    _order(
        "external_number",
        _("Order number"),
        values.text_of(80),
        "订单号",
        "订单编号",
        "外部单号",
        "单号",
        "order id",
        "order number",
        "order no",
        "orderid",
        required=True,
    ),
    _order(
        "customer_code",
        _("Customer code"),
        values.text_of(30),
        "客户编码",
        "客户编号",
        "客户代码",
        "customer id",
        "customer code",
    ),
    _order(
        "customer_name",
        _("Customer name"),
        values.text_of(120),
        "客户名称",
        "客户",
        "购货单位",
        "customer",
        "customer name",
        "company name",
        "bikeshop name",
    ),
    _order("ordered_at", _("Order date"), str, "下单日期", "订单日期", "下单时间", "日期", "order date", "date"),
    _order(
        "promised_date",
        _("Promised date"),
        str,
        "交货日期",
        "承诺交期",
        "交期",
        "要求交货日期",
        "required date",
        "promised date",
        "due date",
    ),
    _order("recipient", _("Recipient"), values.text_of(60), "收货人", "收件人", "联系人", "ship name", "recipient"),
    _order("phone", _("Phone"), values.text_of(40), "电话", "手机", "联系电话", "收货电话", "phone", "mobile"),
    _order("province", _("Province"), values.text_of(40), "省", "省份", "ship region", "state", "province"),
    _order("city", _("City"), values.text_of(40), "市", "城市", "ship city", "city"),
    _order("district", _("District"), values.text_of(40), "区", "区县", "district"),
    _order(
        "street", _("Street address"), values.text_of(200), "地址", "收货地址", "详细地址", "ship address", "address"
    ),
    _order(
        "note", _("Special wishes"), values.text_of(2000), "备注", "订单备注", "客户要求", "note", "remark", "comment"
    ),
    _order("freight", _("Freight"), values.price_of, "运费", "freight", "shipping cost"),
]
LINE_FIELDS = [
    _line(
        "sku",
        _("SKU"),
        values.text_of(60),
        "商品编码",
        "产品编码",
        "物料编码",
        "货号",
        "规格编码",
        "sku",
        "product id",
        "product code",
        "item no",
    ),
    _line(
        "product_name",
        _("Product name"),
        values.text_of(200),
        "商品名称",
        "产品名称",
        "品名",
        "物料名称",
        "product",
        "product name",
        "model",
    ),
    _line("category", _("Category"), values.text_of(60), "类别", "分类", "商品分类", "category", "category 1"),
    _line("unit", _("Unit"), values.text_of(20), "单位", "计量单位", "unit"),
    _line("quantity", _("Quantity"), values.quantity_of, "数量", "订购数量", "件数", "quantity", "qty", required=True),
    _line(
        "unit_price", _("Unit price"), values.price_of, "单价", "含税单价", "不含税单价", "价格", "unit price", "price"
    ),
    _line("discount", _("Discount"), values.discount_of, "折扣", "折扣率", "discount"),
    _line("tax_rate", _("Tax rate"), values.tax_rate_of, "税率", "tax rate", "tax"),
    _line(
        "line_total",
        _("Line amount"),
        values.price_of,
        "金额",
        "小计",
        "价税合计",
        "total price",
        "line total",
        "amount",
    ),
    _line("wish", _("Special wish"), values.text_of(300), "行备注", "特殊要求", "line note"),
]
# Files beside the orders: what they add to a customer or product that does not exist yet.
CUSTOMER_FIELDS = [
    Field("customer_code", _("Customer code"), "customer", values.text_of(30), ("customer id", "客户编码"), True),
    Field("customer_name", _("Customer name"), "customer", values.text_of(120), ("company name", "客户名称"), True),
    Field("contact", _("Contact"), "customer", values.text_of(60), ("contact name", "联系人")),
    Field("phone", _("Phone"), "customer", values.text_of(40), ("phone", "电话")),
    Field("province", _("Province"), "customer", values.text_of(40), ("region", "省份")),
    Field("city", _("City"), "customer", values.text_of(40), ("city", "城市")),
    Field("street", _("Street address"), "customer", values.text_of(200), ("address", "地址")),
]
PRODUCT_FIELDS = [
    Field("sku", _("SKU"), "product", values.text_of(60), ("product id", "商品编码"), True),
    Field("product_name", _("Product name"), "product", values.text_of(200), ("product name", "商品名称"), True),
    Field("specification", _("Specification"), "product", values.text_of(200), ("quantity per unit", "规格")),
    Field("list_price", _("List price"), "product", values.price_of, ("unit price", "标价")),
    Field("unit", _("Unit"), "product", values.text_of(20), ("unit", "单位")),
]
FIELDS: dict[str, list[Field]] = {
    "order": ORDER_FIELDS,
    "line": LINE_FIELDS,
    "customer": CUSTOMER_FIELDS,
    "product": PRODUCT_FIELDS,
}
# One of each pair is enough.
EITHER = {"order": ("customer_code", "customer_name"), "line": ("sku", "product_name")}


def normal(heading: str) -> str:
    """A heading without what people write differently: case, spaces, punctuation, the star of a required column."""
    return slugify(heading.replace("_", " ").replace("*", " "), allow_unicode=True).replace("-", "")


def guess(headings: list[str], part: str) -> dict[str, list[str]]:
    """Which heading is probably which field; the first name that fits wins, and no heading is used twice."""
    left = {normal(heading): heading for heading in reversed(headings) if heading}
    found: dict[str, list[str]] = {}
    for field in FIELDS[part]:
        for name in field.known_as:
            if heading := left.pop(normal(name), None):
                found[field.name] = [heading]
                break
    return found
