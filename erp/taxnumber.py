"""Checks the unified social credit code (统一社会信用代码) by GB 32100-2015 《法人和其他组织统一社会信用代码编码规则》.

18 characters: registering authority, kind of organisation, six digits of the administrative division (GB/T 2260), nine
characters of the organisation code (GB 11714), and a check character: C18 = 31 - Σ(Ci × Wi) mod 31 with Wi = 3^(i-1) mod 31.
"""

import re
import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

# Table 1 of the standard: digits and capital letters without I, O, S, V and Z, which are mistaken for others.
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_VALUE = {character: value for value, character in enumerate(ALPHABET)}
_WEIGHTS = [pow(3, place, 31) for place in range(17)]
_SHAPE = re.compile(rf"[{ALPHABET}]{{2}}[0-9]{{6}}[{ALPHABET}]{{10}}")


def clean_tax_number(text: str) -> str:
    """Capital half-width letters without spaces and hyphens, as people paste it."""
    plain = unicodedata.normalize("NFKC", text).upper()
    return re.sub(r"[\s-]", "", plain)


def check_character(first_17: str) -> str:
    """The check character of the first 17 characters. Raises KeyError for a character outside the standard's alphabet."""
    total = sum(_VALUE[character] * weight for character, weight in zip(first_17, _WEIGHTS, strict=True))
    return ALPHABET[-total % 31]


def validate_tax_number(text: str) -> None:
    """Raise ValidationError that says what is wrong: length, characters, or the check character."""
    if len(text) != 18:
        raise ValidationError(
            _("A unified social credit code has 18 characters; this one has %(count)s."), params={"count": len(text)}
        )
    strange = sorted({character for character in text if character not in _VALUE})
    if strange:
        raise ValidationError(
            _(
                "“%(characters)s” never occurs in a unified social credit code (the letters I, O, S, V and Z are not used)."
            ),
            params={"characters": " ".join(strange)},
        )
    if not _SHAPE.fullmatch(text):
        raise ValidationError(_("Characters 3 to 8 are the administrative division and must be digits."))
    if check_character(text[:17]) != text[17]:
        raise ValidationError(
            _(
                "The check character does not fit: one of the characters was mistyped. Please compare with the business licence."
            )
        )
