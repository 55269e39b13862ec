"""Amounts in capitals against the examples of the rule, and against amounts that people wrote."""

import csv
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from erp.uppercase import amount_in_words
from tests.material import MATERIAL

DIGITS = {character: value for value, character in enumerate("零壹贰叁肆伍陆柒捌玖")}
PLACES = {"拾": 10, "佰": 100, "仟": 1000}
LABELLED = MATERIAL / "chinese_text" / "amounts_labelled.csv"


def read_back(text: str) -> Decimal:
    """The amount that a text in capitals says, by a reading of its own."""
    text = text.removeprefix("人民币")
    sign = -1 if text.startswith("负") else 1
    whole = group = digit = 0
    total = Decimal(0)
    for character in text.removeprefix("负"):
        if character in DIGITS:
            digit = DIGITS[character]
        elif character in PLACES:
            group += digit * PLACES[character]
            digit = 0
        elif character in ("万", "萬"):
            whole += (group + digit) * 10**4
            group = digit = 0
        elif character == "亿":
            whole = (whole + group + digit) * 10**8
            group = digit = 0
        elif character == "兆":
            whole += (group + digit) * 10**12
            group = digit = 0
        elif character in "元圆":
            total += whole + group + digit
            digit = 0
        elif character in "角分":
            total += Decimal(digit) / (10 if character == "角" else 100)
            digit = 0
    return sign * total


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        # The examples of the rule (where it allows two readings, the one without the needless 零).
        ("1409.50", "人民币壹仟肆佰零玖元伍角整"),
        ("6007.14", "人民币陆仟零柒元壹角肆分"),
        ("1680.32", "人民币壹仟陆佰捌拾元叁角贰分"),
        ("107000.53", "人民币壹拾万零柒仟元伍角叁分"),
        ("16409.02", "人民币壹万陆仟肆佰零玖元零贰分"),
        ("325.04", "人民币叁佰贰拾伍元零肆分"),
        # Edges.
        ("0", "人民币零元整"),
        ("0.01", "人民币壹分"),
        ("0.10", "人民币壹角整"),
        ("0.56", "人民币伍角陆分"),
        ("1", "人民币壹元整"),
        ("10", "人民币壹拾元整"),
        ("100.005", "人民币壹佰元零壹分"),
        ("10000", "人民币壹万元整"),
        ("10001", "人民币壹万零壹元整"),
        ("100010000", "人民币壹亿零壹万元整"),
        ("100000000.01", "人民币壹亿元零壹分"),
        ("1000200030004.05", "人民币壹兆零贰亿零叁万零肆元零伍分"),
        ("-35.5", "人民币负叁拾伍元伍角整"),
    ],
)
def test_words(amount: str, words: str) -> None:
    assert amount_in_words(Decimal(amount)) == words


@given(st.decimals(min_value="-999999999999.99", max_value="999999999999.99", places=2))
def test_words_say_the_amount(amount: Decimal) -> None:
    assert read_back(amount_in_words(amount)) == amount


def test_too_large() -> None:
    with pytest.raises(ValueError, match="too large"):
        amount_in_words(Decimal(10) ** 16)


@pytest.mark.skipif(not LABELLED.exists(), reason="the labelled amounts are not on this machine")
def test_amounts_that_people_wrote() -> None:
    rows = list(csv.DictReader(LABELLED.open(encoding="utf-8")))
    values = {Decimal(row["value"]) for row in rows if row["currency"] == "元" and row["kind"] == "accurate"}
    assert values
    for value in values:
        assert read_back(amount_in_words(value)) == value
