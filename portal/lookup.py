"""Finding one order without signing in: by its number and the last four digits of the delivery phone.

Every try counts before it is judged, by address and by order number; after five wrong ones both rest for ten
minutes. A wrong number, wrong digits and a number that does not exist get the same answer. Whoever finds an order
gets a signed cookie that opens just that one for two hours.
"""

import re
from hashlib import sha256
from hmac import compare_digest

from django.core import signing
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from erp.errors import BusinessError
from orders.models import SalesOrder

TRIES = 5
PAUSE = 60 * 10  # seconds
GRANT_SECONDS = 60 * 60 * 2
COOKIE = "portal_order"
COOKIE_PATH = "/portal/"
_SALT = "portal.lookup"
_DIGITS = re.compile(r"\d{4}", re.ASCII)


class NotFound(BusinessError):
    """No order has this number and these digits; which of the two is wrong is not said."""

    code = "not_found"


class TooManyTries(BusinessError):
    """Guessing is paused."""

    code = "too_many_tries"


def find_order(number: str, digits: str, *, address: str) -> SalesOrder:
    """The order with this number and these last four digits of its phone; one query.

    `address` is the visitor's IP. Raises NotFound, or TooManyTries without looking.
    """
    number, digits = number.strip().upper()[:30], digits.strip()
    if not number or not _DIGITS.fullmatch(digits):
        raise NotFound(
            _("Please enter the order number and exactly four digits."),
            hint=_("They are the last four digits of the phone number given for delivery."),
            field="digits" if number else "number",
        )
    keys = [_key("address", address), _key("number", number)]
    if max(_count(key) for key in keys) > TRIES:
        raise TooManyTries(
            _("Too many tries. Looking up is paused for ten minutes."),
            hint=_("Please check the number on your order confirmation, or call us."),
        )
    order = SalesOrder.objects.select_related("customer").filter(number=number).first()
    if order is None or not compare_digest(order.phone_last4.encode(), digits.encode()):
        raise NotFound(
            _("No order fits this number and these digits."),
            hint=_("The number stands on your order confirmation; the digits end the phone number given for delivery."),
        )
    for key in keys:
        _take_back(key)
    return order


def _key(kind: str, value: str) -> str:
    return f"portal-tries:{kind}:{sha256(value.encode()).hexdigest()[:32]}"


def _count(key: str) -> int:
    """Count one try and return how many there were within the pause."""
    if cache.add(key, 1, PAUSE):
        return 1
    try:
        count = cache.incr(key)
    except ValueError:  # it ran out just now
        cache.add(key, 1, PAUSE)
        return 1
    if count == TRIES + 1:
        cache.touch(key, PAUSE)  # the pause begins with the first refused try
    return count


def _take_back(key: str) -> None:
    """A right answer was no guess. Others' wrong ones stay counted."""
    try:
        cache.decr(key)
    except ValueError:
        return


def give_grant(request: HttpRequest, response: HttpResponse, order: SalesOrder) -> None:
    """Let this browser see this order for two hours."""
    response.set_cookie(
        COOKIE,
        signing.dumps(order.pk, salt=_SALT),
        max_age=GRANT_SECONDS,
        path=COOKIE_PATH,
        secure=request.is_secure(),
        httponly=True,
        samesite="Lax",
    )


def granted_order_id(request: HttpRequest) -> int | None:
    """The order that this browser has looked up, if the grant is ours and has not run out."""
    try:
        return int(signing.loads(request.COOKIES.get(COOKIE, ""), salt=_SALT, max_age=GRANT_SECONDS))
    except (signing.BadSignature, TypeError, ValueError):
        return None
