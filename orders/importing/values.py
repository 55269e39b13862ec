"""How the text of a cell becomes a value; what is wrong is said in the reader's words."""

import datetime as dt
import re
import unicodedata
from collections.abc import Callable
from decimal import Decimal, InvalidOperation

from django.utils import timezone
from django.utils.translation import gettext as _

from erp.money import round_unit_price

MOST = Decimal("99999999999999")
_NOISE = re.compile(r"[\s_¥￥$€£元]|CNY|RMB|USD", re.IGNORECASE)
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")
_DATE = re.compile(
    r"(?P<year>\d{4})\s*[-/.年]\s*(?P<month>\d{1,2})\s*[-/.月]\s*(?P<day>\d{1,2})\s*日?"
    r"(?:[T\s]+(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:\.\d+)?)?)?\s*(?P<zone>Z|[+-]\d{2}:?\d{2})?"
)
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")


class BadValue(ValueError):
    """A cell cannot be read as what it should be; the message is for the person who made the file."""


def decimal_of(text: str) -> Decimal:
    """`1,234.50`, `￥99`, full-width digits. Raises BadValue."""
    plain = _NOISE.sub("", unicodedata.normalize("NFKC", text))
    if _THOUSANDS.fullmatch(plain):  # "2,5" stays wrong: it must not become 25
        plain = plain.replace(",", "")
    try:
        value = Decimal(plain)
    except InvalidOperation as error:
        raise BadValue(_("“%(text)s” is not a number.") % {"text": text}) from error
    if not value.is_finite() or abs(value) > MOST:
        raise BadValue(_("“%(text)s” is not a number that an order can have.") % {"text": text})
    return value


def quantity_of(text: str) -> Decimal:
    """A quantity of more than zero with at most 4 decimals. Raises BadValue."""
    value = decimal_of(text)
    if value <= 0:
        raise BadValue(_("The quantity must be more than zero, not “%(text)s”.") % {"text": text})
    if value != round(value, 4):
        raise BadValue(_("A quantity has at most 4 decimals, “%(text)s” has more.") % {"text": text})
    return value


def price_of(text: str) -> Decimal:
    """A unit price that is not negative, rounded to 6 decimals. Raises BadValue."""
    value = decimal_of(text)
    if value < 0:
        raise BadValue(_("A price cannot be negative: “%(text)s”.") % {"text": text})
    return round_unit_price(value)


def discount_of(text: str) -> Decimal:
    """A share between 0 and 1: `0.15`, `15%`, or Chinese `8.5折` (which is 0.15 off). Raises BadValue."""
    plain = unicodedata.normalize("NFKC", text).strip()
    if plain.endswith("折"):
        share = decimal_of(plain[:-1])
        value = 1 - (share / 10 if share < 10 else share / 100)
    elif plain.endswith("%"):
        value = decimal_of(plain[:-1]) / 100
    else:
        value = decimal_of(plain)
    if not 0 <= value <= 1:
        raise BadValue(_("A discount is a share such as 0.15, or 15%%, not “%(text)s”.") % {"text": text})
    return value


def tax_rate_of(text: str) -> Decimal:
    """A tax rate: `0.13`, `13%` or `13`. Raises BadValue."""
    plain = unicodedata.normalize("NFKC", text).strip()
    value = decimal_of(plain.rstrip("%"))
    if plain.endswith("%") or value >= 1:
        value /= 100
    if not 0 <= value < 1:
        raise BadValue(_("A tax rate is a share such as 0.13, or 13%%, not “%(text)s”.") % {"text": text})
    return value


def moment_of(text: str, date_format: str = "") -> dt.datetime:
    """A date with or without a time, in the company's time zone unless it names its own. Raises BadValue.

    Without `date_format` (as of strptime) year, month and day are read in this order, however they are separated.
    """
    naive, zone = (_by_format(text, date_format), None) if date_format else _by_shape(text)
    if not 1900 <= naive.year <= 2200:
        raise BadValue(_("“%(text)s” lies too far away to be a date of an order.") % {"text": text})
    return naive.replace(tzinfo=zone) if zone else timezone.make_aware(naive)


def _by_format(text: str, date_format: str) -> dt.datetime:
    try:
        return dt.datetime.strptime(text, date_format)  # noqa: DTZ007 - the caller gives it its zone
    except ValueError:
        try:  # spreadsheets hand dates over as dates, whatever the format says
            return _by_shape(text)[0]
        except BadValue:
            raise BadValue(
                _("“%(text)s” is not a date of the form %(format)s.") % {"text": text, "format": date_format}
            ) from None


def _by_shape(text: str) -> tuple[dt.datetime, dt.tzinfo | None]:
    plain = unicodedata.normalize("NFKC", text).strip()
    if compact := _COMPACT.fullmatch(plain):
        parts, zone = [int(part) for part in compact.groups()], None
    elif match := _DATE.fullmatch(plain):
        parts = [int(match[name] or 0) for name in ("year", "month", "day", "hour", "minute", "second")]
        zone = _zone(match["zone"])
    else:
        raise BadValue(_("“%(text)s” is not a date. Write it as 2026-12-01.") % {"text": text})
    try:
        return dt.datetime(*parts), zone  # type: ignore[arg-type]  # noqa: DTZ001 - the caller gives it its zone
    except ValueError as error:
        raise BadValue(_("There is no such day: “%(text)s”.") % {"text": text}) from error


def _zone(text: str | None) -> dt.tzinfo | None:
    if not text:
        return None
    return dt.datetime.strptime(text.replace("Z", "+0000"), "%z").tzinfo


def text_of(longest: int) -> Callable[[str], str]:
    """A reader of text with at most `longest` characters."""

    def read(text: str) -> str:
        if len(text) > longest:
            raise BadValue(_("The text has more than %(count)s characters.") % {"count": longest})
        return text

    return read
