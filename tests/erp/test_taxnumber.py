"""The unified social credit code against GB 32100-2015."""

import pytest
from django.core.exceptions import ValidationError

from erp.taxnumber import ALPHABET, check_character, clean_tax_number, validate_tax_number

# Codes that the companies publish: Alibaba (China), Tencent Technology (Shenzhen), Huawei Technologies, Baidu Netcom.
REAL = ["91330100799655058B", "9144030071526726XG", "914403001922038216", "91110000802100433B"]


@pytest.mark.parametrize("code", REAL)
def test_real_codes_pass(code):
    validate_tax_number(code)


@pytest.mark.parametrize("code", REAL)
def test_one_wrong_character_is_noticed(code):
    for place in range(17):
        other = ALPHABET[(ALPHABET.index(code[place]) + 1) % 10]
        wrong = code[:place] + other + code[place + 1 :]
        if wrong != code:
            with pytest.raises(ValidationError):
                validate_tax_number(wrong)


def test_neighbours_swapped_are_noticed():
    with pytest.raises(ValidationError):
        validate_tax_number("91330100796955058B")


@pytest.mark.parametrize(
    "code", ["", "9133010079965505", "9133010079965505BB0", "9133010079965505IB", "9I330100799655058B"]
)
def test_bad_shapes_are_refused(code):
    with pytest.raises(ValidationError):
        validate_tax_number(code)


def test_letters_in_the_division_are_refused():
    code = "91A301007996550 58".replace(" ", "")[:17]
    with pytest.raises(ValidationError, match="3"):
        validate_tax_number(code + check_character(code))


def test_pasted_text_is_cleaned():
    assert clean_tax_number(" ９１３３0100-799655058b ") == "91330100799655058B"
