"""What every part of the API shares: who calls, how lists turn pages, how a refusal looks, how a repeat is recognised.

A router of an app reads like this:

    from ninja import Router
    from erp.rest import Listing, caller, page

    products_router = Router(tags=["products"])

    @products_router.get("", response=Listing[ProductOut])
    def list_products(request, search: str = "", cursor: str = "", limit: int = 40):
        rows = Product.objects.visible_to(caller(request))
        return page(rows, order="id", cursor=cursor, limit=limit, show=product_out)

Raise `Http404`, `PermissionDenied`, `BusinessError` or `erp.rest.Problem`; each becomes a problem document (RFC 9457).
"""

from erp.rest.auth import BearerToken, caller, need
from erp.rest.idempotency import Answer, answer_once
from erp.rest.pages import Listing, page
from erp.rest.problems import FieldError, Problem, ProblemOut, install_handlers, reply
from erp.rest.values import Amount, Moment, Price, Quantity, Text, plain

__all__ = [
    "Amount",
    "Answer",
    "BearerToken",
    "FieldError",
    "Listing",
    "Moment",
    "Price",
    "Problem",
    "ProblemOut",
    "Quantity",
    "Text",
    "answer_once",
    "caller",
    "install_handlers",
    "need",
    "page",
    "plain",
    "reply",
]
