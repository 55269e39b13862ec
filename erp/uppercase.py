"""Amounts in Chinese capitals, as 《支付结算办法》附一《正确填写票据和结算凭证的基本规定》 asks for them on papers."""

from decimal import Decimal

from erp.money import round_money

_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("", "拾", "佰", "仟")
_GROUPS = ("", "万", "亿", "兆")
_LIMIT = Decimal(10) ** 16


def amount_in_words(amount: Decimal) -> str:
    """An amount in yuan as 人民币壹仟肆佰零玖元伍角.

    整 stands after 元 and after 角, never after 分; zeros between digits are read as one 零; a zero 角 before 分 is read.
    Negative amounts begin with 负. Raises ValueError from ten thousand billion (1e16) on.
    """
    amount = round_money(amount)
    if abs(amount) >= _LIMIT:
        raise ValueError("amount too large to be written in words")
    yuan, cents = divmod(int(abs(amount) * 100), 100)
    sign = "负" if amount < 0 else ""
    if not yuan and not cents:
        return "人民币零元整"
    return f"人民币{sign}{_whole(yuan)}{_fraction(cents, after_yuan=bool(yuan))}"


def _whole(yuan: int) -> str:
    """The yuan, from the right in groups of four digits; empty for none."""
    if not yuan:
        return ""
    groups = []
    while yuan:
        yuan, group = divmod(yuan, 10000)
        groups.append(group)
    text, gap = "", False
    for index in range(len(groups) - 1, -1, -1):
        group = groups[index]
        if not group:
            gap = bool(text)
            continue
        # One 零 for any run of zeros, whether it ends the group above, is a whole group, or begins this one.
        if text and (gap or group < 1000):
            text += "零"
        text += _group(group) + _GROUPS[index]
        gap = group % 10 == 0
    return text + "元"


def _group(group: int) -> str:
    """Four digits: 6007 is 陆仟零柒, 1400 is 壹仟肆佰."""
    text, gap = "", False
    for place in (3, 2, 1, 0):
        digit = group // 10**place % 10
        if not digit:
            gap = bool(text)
            continue
        text += ("零" if gap else "") + _DIGITS[digit] + _PLACES[place]
        gap = False
    return text


def _fraction(cents: int, *, after_yuan: bool) -> str:
    jiao, fen = divmod(cents, 10)
    if not cents:
        return "整"
    text = f"{_DIGITS[jiao]}角" if jiao else ("零" if after_yuan else "")
    return text + (f"{_DIGITS[fen]}分" if fen else "整")
