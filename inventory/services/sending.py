"""The order goes to the supplier by mail."""

import uuid

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext as _

from erp.errors import BusinessError, TransitionRefused
from erp.mailing import post
from erp.models import Outbox, User
from erp.workflow import lock
from inventory.models import PurchaseOrder
from inventory.services.rights import need_right


@transaction.atomic
def send_purchase_order(
    order: PurchaseOrder, *, to: str, by: User | None, note: str = "", language: str = "", key: str = ""
) -> Outbox:
    """Mail a placed order as PDF to the supplier, as often as asked; `key` makes a repeat harmless.

    `language` is that of the mail and the paper, else the company's. Raises TransitionRefused as long as it is not
    placed, BusinessError for a wrong address, NotPermitted without the right to order.
    """
    need_right(by, "inventory.change_purchaseorder")
    lock(order)
    if order.status not in PurchaseOrder.ORDERED:
        raise TransitionRefused(
            _("%(order)s is “%(status)s”: only an order that is placed goes to the supplier.")
            % {"order": order, "status": order.get_status_display()},
            code="wrong_state",
        )
    address = to.strip()
    try:
        validate_email(address)
    except ValidationError as error:
        raise BusinessError(
            _("“%(address)s” is not an e-mail address.") % {"address": address},
            hint=_("Enter the supplier's address here or on the supplier's page."),
            field="to",
        ) from error
    return post(
        "purchase_order",
        to=address,
        key=f"mail:purchase:{order.pk}:{key or uuid.uuid4()}"[:120],
        language=language,
        order=order.pk,
        by=by.pk if by is not None else None,
        note=note.strip(),
    )
