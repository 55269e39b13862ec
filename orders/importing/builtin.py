"""The mappings that come with the system, and the template for companies that fill in a sheet by hand."""

import io
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from orders.models import Channel, ImportMapping

TEMPLATE = "订单导入模板"
GENERIC = "自动识别"

# Headings of the template with an example row; `*` marks what must be filled in.
TEMPLATE_COLUMNS: list[tuple[str, str, str, Any]] = [
    ("order", "external_number", "订单号*", "PO-2026-001"),
    ("order", "customer_code", "客户编码", ""),
    ("order", "customer_name", "客户名称*", "杭州示例机电有限公司"),
    ("order", "ordered_at", "下单日期", "2026-11-20"),
    ("order", "promised_date", "交货日期", "2026-12-01"),
    ("line", "sku", "商品编码*", "FLANGE-DN50"),
    ("line", "product_name", "商品名称", "法兰 DN50"),
    ("line", "unit", "单位", "个"),
    ("line", "quantity", "数量*", 20),
    ("line", "unit_price", "单价", 56.5),
    ("line", "discount", "折扣", ""),
    ("line", "tax_rate", "税率", 0.13),
    ("line", "wish", "行备注", ""),
    ("order", "recipient", "收货人", "李伟"),
    ("order", "phone", "联系电话", "13800001234"),
    ("order", "province", "省份", "浙江省"),
    ("order", "city", "城市", "杭州市"),
    ("order", "district", "区县", "滨江区"),
    ("order", "street", "详细地址", "江南大道 1 号"),
    ("order", "note", "订单备注", ""),
]


def _template_columns() -> dict[str, dict[str, list[str]]]:
    columns: dict[str, dict[str, list[str]]] = {"order": {}, "line": {}}
    for part, field, heading, _example in TEMPLATE_COLUMNS:
        columns[part][field] = [heading]
    return columns


MAPPINGS: dict[str, dict[str, Any]] = {
    # Prices in the template are with tax (含税), as Chinese companies quote them.
    TEMPLATE: {
        "channel": ("file", "文件导入", "File import"),
        "columns": _template_columns(),
        "options": {"prices_include_tax": True},
    },
    # Finds the columns of any file by the usual headings.
    GENERIC: {"channel": ("file", "文件导入", "File import"), "columns": {}, "options": {}},
    # Orders and their lines in two files, joined by order_id. The source knows no tax. Freight is what the shipper
    # got, beside the order's amount (the source's own order subtotals leave it out); it stays in the kept payload.
    "northwind": {
        "channel": ("northwind", "Northwind", "Northwind"),
        "columns": {
            "order": {
                "external_number": ["order_id"],
                "customer_code": ["customer_id"],
                "ordered_at": ["order_date"],
                "promised_date": ["required_date"],
                "recipient": ["ship_name"],
                "province": ["ship_region"],
                "city": ["ship_city"],
                "street": ["ship_address"],
            },
            "line": {
                "external_number": ["order_id"],
                "sku": ["product_id"],
                "unit_price": ["unit_price"],
                "quantity": ["quantity"],
                "discount": ["discount"],
            },
            "customer": {
                "customer_code": ["customer_id"],
                "customer_name": ["company_name"],
                "contact": ["contact_name"],
                "phone": ["phone"],
                "province": ["region"],
                "city": ["city"],
                "street": ["address"],
            },
            "product": {
                "sku": ["product_id"],
                "product_name": ["product_name"],
                "specification": ["quantity_per_unit"],
                "list_price": ["unit_price"],
            },
        },
        "options": {
            "files": {
                "order": "orders.*",
                "line": "order_details.*",
                "customer": "customers.*",
                "product": "products.*",
            },
            "tax_rate": "0",
            "sku_prefix": "NW-",
            "customer_prefix": "NW-",
        },
    },
    # One row a line; customers and products have names only.
    "bike_sales": {
        "channel": ("bike_sales", "Bike sales", "Bike sales"),
        "columns": {
            "order": {
                "external_number": ["order_id"],
                "customer_name": ["bikeshop_name"],
                "ordered_at": ["order_date"],
                "city": ["city"],
                "province": ["state"],
            },
            "line": {
                "product_name": ["model"],
                "category": ["category_1"],
                "quantity": ["quantity"],
                "unit_price": ["price"],
                "line_total": ["total_price"],
            },
        },
        "options": {"tax_rate": "0", "sku_prefix": "BIKE-"},
    },
}


def ensure_mappings() -> None:
    """Make the mappings that are missing, with their channels; one that exists is left as people have shaped it."""
    for name, given in MAPPINGS.items():
        if ImportMapping.objects.filter(name=name).exists():
            continue
        code, title, title_en = given["channel"]
        channel, _made = Channel.objects.get_or_create(
            code=code, defaults={"name": title, "name_en": title_en, "is_manual": False, "position": 90}
        )
        ImportMapping.objects.get_or_create(
            name=name,
            defaults={"channel": channel, "columns": given["columns"], "options": given["options"]},
        )


def template_workbook() -> bytes:
    """The template as XLSX: headings, one example row, and a sheet that explains the columns."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "订单"
    sheet.append([heading for _part, _field, heading, _example in TEMPLATE_COLUMNS])
    sheet.append([example for _part, _field, _heading, example in TEMPLATE_COLUMNS])
    for cell in sheet[1]:
        cell.font = Font(bold=True, color="FFFFFF")
        cell.fill = PatternFill("solid", fgColor="2456C9" if str(cell.value).endswith("*") else "64748B")
        cell.alignment = Alignment(horizontal="center")
    for place, (_part, _field, heading, example) in enumerate(TEMPLATE_COLUMNS, start=1):
        sheet.column_dimensions[get_column_letter(place)].width = max(len(heading) * 2, len(str(example)) * 1.4) + 3
    sheet.freeze_panes = "A2"
    _explain(book)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _explain(book: Workbook) -> None:
    notes = book.create_sheet("说明")
    for line in (
        "一行一个商品；同一订单的各行填写相同的订单号。带 * 的列必填，客户编码与客户名称、商品编码与商品名称各填一个即可。",
        "单价为含税单价；留空则取价目表价格。税率留空则取商品或公司的默认税率。",
        "折扣填写 0.15、15% 或 8.5折。日期填写 2026-12-01。",
        "系统中没有的客户和商品会自动建立；已导入过的订单号不会重复导入。",
        "导入前请删除示例行。",
    ):
        notes.append([line])
    notes.column_dimensions["A"].width = 110
