"""What orders cannot live without: the channels, and the mappings for files of orders."""

from orders.importing.builtin import ensure_mappings
from orders.models import Channel

CHANNELS = [
    ("phone", "电话", "Phone", True),
    ("web", "网站", "Web", True),
    ("salesman", "业务员", "Salesman", True),
    ("email", "邮件", "E-mail", True),
    ("fax", "传真", "Fax", True),
    ("mall", "商城", "Mall", False),
    ("api", "接口", "API", False),
    ("file", "文件导入", "File import", False),
]


def ensure_basics() -> None:
    """Make the channels and import mappings that are missing; repeatable."""
    Channel.objects.bulk_create(
        [
            Channel(code=code, name=name, name_en=name_en, is_manual=manual, position=place)
            for place, (code, name, name_en, manual) in enumerate(CHANNELS)
        ],
        ignore_conflicts=True,
    )
    ensure_mappings()
