"""The words that invented products and customers are named with."""

from demo.people import BRANDS, PLACES, TRADES

MATERIALS = ["不锈钢", "锌合金", "镀锌", "黄铜", "铝合金", "碳钢", "尼龙", "塑料", "铸铁", "304", "镀铬", "磷化"]
NOUNS = [
    "合页", "螺栓", "螺母", "垫圈", "拉手", "滑轨", "门锁", "锁芯", "插销", "铰链", "角码", "膨胀管", "自攻钉", "卡箍", "阀门",
    "水龙头", "软管", "弯头", "三通", "法兰", "轴承", "弹簧", "链条", "扳手", "钳子", "锤子", "卷尺", "钻头", "锯片", "砂轮",
    "脚轮", "支架", "挂钩", "门吸", "闭门器", "玻璃夹", "地弹簧", "灯座", "插座", "线槽", "桥架", "抱箍", "吊环", "钢丝绳",
]  # fmt: skip
SYLLABLES = "安邦博昌诚达德东方丰福富广国海瀚和恒弘宏华汇吉佳建金锦京晶君凯康蓝力立利联龙茂美明铭诺鹏启强庆荣瑞润森盛"

BRAND_WORDS = [first + second for first in SYLLABLES for second in SYLLABLES if first != second]

WORDS: dict[str, list[str]] = {
    "material": MATERIALS,
    "noun": NOUNS,
    "city": [city.removesuffix("市") for _province, city, _district, _street in PLACES],
    "brand": [*BRANDS, *BRAND_WORDS],
    "trade": TRADES,
}
