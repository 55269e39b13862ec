"""What the demo company, a hardware maker and wholesaler in Ningbo, buys, makes and sells. Invented, deterministic."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Article:
    """One product: prices without tax in CNY; `parts` (sku, quantity for one) and `minutes` make it a made one."""

    sku: str
    name: str
    specification: str
    category: str
    unit: str
    price: str
    cost: str
    lead_days: int
    stock: int
    name_en: str = ""
    supplier: str = ""
    parts: tuple[tuple[str, str], ...] = ()
    minutes: str = "0"

    @property
    def is_made(self) -> bool:
        """Whether we make it ourselves."""
        return bool(self.parts)


def _bought(rows: str, *, category: str, supplier: str, lead_days: int) -> list[Article]:
    articles = []
    for row in rows.strip().splitlines():
        sku, name, specification, unit, price, cost, stock, name_en = (part.strip() for part in row.split("|"))
        articles.append(
            Article(
                sku, name, specification, category, unit, price, cost, lead_days, int(stock), name_en, supplier=supplier
            )
        )
    return articles


RAW = _bought(
    """
    RM-ST-235 | 冷轧钢板 Q235 | 2.0 mm | 千克 | 6.80 | 5.20 | 4000 | Cold-rolled steel sheet
    RM-SS-304 | 不锈钢板 304 | 1.5 mm | 千克 | 24.00 | 18.60 | 2500 | Stainless sheet 304
    RM-ZN-ALY | 锌合金锭 Zamak 3 | 25 kg/锭 | 千克 | 26.50 | 21.30 | 1800 | Zinc alloy ingot
    RM-BR-59 | 黄铜棒 H59 | Φ20 mm | 千克 | 58.00 | 46.50 | 900 | Brass rod
    RM-AL-6063 | 铝型材 6063 | 坯料 | 千克 | 29.00 | 22.80 | 1600 | Aluminium profile
    RM-ABS | ABS 颗粒 | 注塑级 | 千克 | 15.50 | 11.90 | 1200 | ABS granulate
    PT-SPR-01 | 压缩弹簧 | 0.8×8×25 | 个 | 0.35 | 0.18 | 20000 | Compression spring
    PT-BRG-608 | 深沟球轴承 608ZZ | 8×22×7 | 个 | 1.90 | 1.25 | 12000 | Ball bearing 608ZZ
    PT-KEY-BL | 钥匙坯 | 单边齿 | 个 | 0.80 | 0.45 | 15000 | Key blank
    PK-CTN-M | 五层瓦楞纸箱 | 中号 | 个 | 3.20 | 2.10 | 5000 | Carton, medium
    """,
    category="原材料与配件",
    supplier="S001",
    lead_days=5,
)

FASTENERS = _bought(
    """
    FS-HB-M6X20 | 六角螺栓 | M6×20 8.8级 镀锌 | 个 | 0.18 | 0.11 | 60000 | Hex bolt M6×20
    FS-HB-M8X30 | 六角螺栓 | M8×30 8.8级 镀锌 | 个 | 0.36 | 0.22 | 48000 | Hex bolt M8×30
    FS-HB-M10X40 | 六角螺栓 | M10×40 8.8级 镀锌 | 个 | 0.72 | 0.46 | 30000 | Hex bolt M10×40
    FS-HN-M6 | 六角螺母 | M6 镀锌 | 个 | 0.06 | 0.035 | 80000 | Hex nut M6
    FS-HN-M8 | 六角螺母 | M8 镀锌 | 个 | 0.11 | 0.065 | 80000 | Hex nut M8
    FS-FW-M8 | 平垫圈 | M8 304 | 个 | 0.09 | 0.05 | 60000 | Flat washer M8
    FS-EB-M8X80 | 膨胀螺栓 | M8×80 | 套 | 1.15 | 0.76 | 20000 | Expansion bolt M8×80
    FS-EB-M10X100 | 膨胀螺栓 | M10×100 | 套 | 1.95 | 1.30 | 15000 | Expansion bolt M10×100
    FS-TS-4X16 | 自攻螺钉 | ST4×16 不锈钢 | 个 | 0.08 | 0.045 | 90000 | Self-tapping screw
    FS-DN-6X30 | 干壁钉 | 3.5×30 黑磷化 | 个 | 0.05 | 0.028 | 120000 | Drywall screw
    """,
    category="紧固件",
    supplier="S002",
    lead_days=6,
)

TOOLS = _bought(
    """
    TL-SD-PH2 | 十字螺丝刀 | PH2×100 | 个 | 12.50 | 7.80 | 800 | Screwdriver PH2
    TL-SD-SL6 | 一字螺丝刀 | 6×100 | 个 | 12.50 | 7.80 | 800 | Screwdriver slotted
    TL-WR-10 | 活动扳手 | 10 寸 | 个 | 38.00 | 24.50 | 420 | Adjustable wrench 10"
    TL-PL-8 | 钢丝钳 | 8 寸 | 个 | 29.80 | 18.60 | 500 | Combination pliers 8"
    TL-HM-05 | 羊角锤 | 0.5 kg | 个 | 32.00 | 20.40 | 380 | Claw hammer
    TL-TM-5 | 卷尺 | 5 m×19 mm | 个 | 15.80 | 9.20 | 900 | Tape measure 5 m
    TL-HX-9 | 内六角扳手组 | 9 件 | 套 | 26.00 | 15.90 | 460 | Hex key set
    TL-ED-13 | 冲击钻 | 13 mm 750 W | 个 | 268.00 | 189.00 | 90 | Impact drill 750 W
    TL-AG-100 | 角磨机 | 100 mm 850 W | 个 | 218.00 | 152.00 | 110 | Angle grinder 100 mm
    TL-CD-20V | 锂电起子机 | 20 V 双电 | 套 | 399.00 | 286.00 | 70 | Cordless driver 20 V
    """,
    category="手动与电动工具",
    supplier="S003",
    lead_days=9,
)

PIPES = _bought(
    """
    PF-EL-20 | PPR 弯头 | DN20 90° | 个 | 1.60 | 0.95 | 8000 | PPR elbow DN20
    PF-TE-20 | PPR 三通 | DN20 | 个 | 2.10 | 1.25 | 8000 | PPR tee DN20
    PF-BV-15 | 黄铜球阀 | DN15 | 个 | 18.60 | 12.40 | 1500 | Brass ball valve DN15
    PF-BV-20 | 黄铜球阀 | DN20 | 个 | 26.80 | 18.10 | 1200 | Brass ball valve DN20
    PF-AV-15 | 三角阀 | DN15 镀铬 | 个 | 22.50 | 14.70 | 1400 | Angle valve DN15
    PF-HS-60 | 不锈钢编织软管 | 60 cm | 个 | 9.80 | 5.90 | 3000 | Braided hose 60 cm
    """,
    category="水暖管件",
    supplier="S004",
    lead_days=7,
)

MADE = [
    Article(
        "LK-MT-5001", "执手门锁", "5001 拉丝镍", "锁具", "套", "128.00", "74.00", 6, 160, "Lever door lock 5001",
        parts=(("RM-ZN-ALY", "0.85"), ("RM-ST-235", "0.40"), ("PT-SPR-01", "3"), ("PT-KEY-BL", "3"), ("PK-CTN-M", "0.05")),
        minutes="9",
    ),
    Article(
        "LK-MT-6002", "静音磁吸门锁", "6002 哑黑", "锁具", "套", "176.00", "98.00", 7, 90, "Silent magnetic lock 6002",
        parts=(("RM-ZN-ALY", "1.05"), ("RM-ST-235", "0.45"), ("PT-SPR-01", "2"), ("PT-KEY-BL", "3"), ("PK-CTN-M", "0.05")),
        minutes="12",
    ),
    Article(
        "LK-PD-50", "铜挂锁", "50 mm", "锁具", "个", "36.00", "20.50", 5, 600, "Brass padlock 50 mm",
        parts=(("RM-BR-59", "0.26"), ("RM-ST-235", "0.08"), ("PT-SPR-01", "5"), ("PT-KEY-BL", "3")), minutes="4",
    ),
    Article(
        "LK-CY-70", "锁芯", "70 mm 双开 C级", "锁具", "个", "58.00", "32.00", 5, 380, "Cylinder 70 mm",
        parts=(("RM-BR-59", "0.42"), ("PT-SPR-01", "12"), ("PT-KEY-BL", "5")), minutes="6",
    ),
    Article(
        "DH-HG-4", "不锈钢合页", "4 寸 3.0 mm", "门窗五金", "个", "14.80", "8.60", 4, 3200, "Stainless hinge 4\"",
        parts=(("RM-SS-304", "0.32"),), minutes="1.5",
    ),
    Article(
        "DH-HG-5", "子母合页", "5 寸 3.0 mm", "门窗五金", "个", "18.60", "10.90", 4, 2400, "Flush hinge 5\"",
        parts=(("RM-SS-304", "0.40"),), minutes="1.8",
    ),
    Article(
        "DH-DS-01", "磁性门吸", "锌合金 拉丝", "门窗五金", "个", "19.80", "10.40", 4, 1500, "Magnetic door stop",
        parts=(("RM-ZN-ALY", "0.22"), ("PT-SPR-01", "1")), minutes="2",
    ),
    Article(
        "DH-CL-65", "液压闭门器", "65 kg 定位", "门窗五金", "个", "98.00", "58.00", 7, 140, "Door closer 65 kg",
        parts=(("RM-AL-6063", "1.20"), ("RM-ST-235", "0.35"), ("PT-SPR-01", "1"), ("PT-BRG-608", "2")), minutes="14",
    ),
    Article(
        "DH-SL-45", "三节静音滑轨", "45 cm", "家具五金", "套", "32.00", "18.80", 5, 800, "Drawer slide 45 cm",
        parts=(("RM-ST-235", "0.95"), ("PT-BRG-608", "2")), minutes="3",
    ),
    Article(
        "DH-SL-50", "三节静音滑轨", "50 cm", "家具五金", "套", "36.00", "21.20", 5, 700, "Drawer slide 50 cm",
        parts=(("RM-ST-235", "1.05"), ("PT-BRG-608", "2")), minutes="3.2",
    ),
    Article(
        "DH-HD-128", "橱柜拉手", "128 mm 哑黑", "家具五金", "个", "12.60", "6.70", 4, 2600, "Cabinet handle 128 mm",
        parts=(("RM-AL-6063", "0.14"),), minutes="1",
    ),
    Article(
        "DH-HD-160", "橱柜拉手", "160 mm 拉丝金", "家具五金", "个", "15.80", "8.30", 4, 2000, "Cabinet handle 160 mm",
        parts=(("RM-AL-6063", "0.18"),), minutes="1.1",
    ),
    Article(
        "DH-CS-50", "万向脚轮", "50 mm 带刹", "家具五金", "个", "11.50", "6.20", 4, 2200, "Swivel castor 50 mm",
        parts=(("RM-ST-235", "0.16"), ("RM-ABS", "0.08"), ("PT-BRG-608", "1")), minutes="1.4",
    ),
    Article(
        "TL-BX-17", "塑料工具箱", "17 寸", "手动与电动工具", "个", "58.00", "31.50", 5, 260, "Tool box 17\"",
        parts=(("RM-ABS", "1.60"), ("RM-ST-235", "0.12"), ("PK-CTN-M", "0.25")), minutes="5",
    ),
]  # fmt: skip

SERVICES = [
    Article("SV-INST", "上门安装", "按套", "服务", "套", "60.00", "0", 0, 0, "Installation"),
    Article("SV-ENGR", "激光刻字", "按件", "服务", "个", "2.00", "0", 0, 0, "Laser engraving"),
]

ARTICLES = [*RAW, *FASTENERS, *TOOLS, *PIPES, *MADE, *SERVICES]

SUPPLIERS = [
    ("S001", "江苏沙钢金属材料贸易有限公司", "陈国强", 5),
    ("S002", "海盐恒力标准件有限公司", "沈建华", 6),
    ("S003", "永康市力诚工具有限公司", "吕小军", 9),
    ("S004", "台州玉环铜业管件有限公司", "林海燕", 7),
]

WORK_CENTERS = [
    ("WC-PRESS", "冲压车间", Decimal("1.20")),
    ("WC-CAST", "压铸车间", Decimal("1.60")),
    ("WC-ASSY", "装配线", Decimal("0.90")),
]
