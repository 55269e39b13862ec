"""Who sees which order here: customers their company's, visitors the one they looked up, nobody anything else."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from erp.models import User
from erp.privacy import mask_address
from erp.web import go
from orders.models import SalesOrder
from portal.lookup import granted_order_id

View = Callable[..., HttpResponse]


@dataclass(frozen=True, slots=True)
class Visit:
    """An order, and in what quality its reader came. `user` is None for a visitor who looked it up."""

    order: SalesOrder
    user: User | None

    @property
    def ship_to(self) -> dict[str, str]:
        """Where it goes; masked for whoever only knew number and digits."""
        address = dict(self.order.ship_to or {})
        return address if self.user is not None else mask_address(address)


def is_customer(request: HttpRequest) -> bool:
    """Whether somebody with a customer login is here."""
    return bool(request.user.is_authenticated and getattr(request.user, "is_portal", False))


def visit(request: HttpRequest, number: str) -> Visit | None:
    """The order as this browser may see it, or None: own company's by login, or the one looked up."""
    orders = SalesOrder.objects.select_related("customer", "salesperson", "sub_status")
    if is_customer(request):
        own = orders.visible_to(request.user).filter(number=number).first()  # type: ignore[arg-type]
        if own is not None:
            return Visit(own, request.user)  # type: ignore[arg-type]
    granted = granted_order_id(request)
    order = orders.filter(pk=granted, number=number).first() if granted is not None else None
    return Visit(order, None) if order is not None else None


def order_required(view: View) -> View:
    """Hand the view a `Visit`. Customers without it get 404; a visitor is asked to look the order up."""

    @wraps(view)
    def guarded(request: HttpRequest, number: str, *args: Any, **kwargs: Any) -> HttpResponse:
        found = visit(request, number)
        if found is not None:
            return view(request, found, *args, **kwargs)
        if is_customer(request):
            raise Http404(_("There is no such order of your company."))
        # The same for numbers that exist and numbers that do not.
        return go(request, f"{reverse('portal:home')}?{urlencode({'number': number[:30]})}")

    return guarded
