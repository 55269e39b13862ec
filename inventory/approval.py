"""Who may agree to a purchase order: the steps as one person sees them."""

from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _

from erp.workflow import Move, moves
from inventory.models import PurchaseOrder


def purchase_moves(order: PurchaseOrder, user: Any) -> list[Move]:
    """Every step from here; one's own order is approved by somebody else. What the state makes needless is left out."""
    found = [move for move in moves(order, user) if move.name != ("place" if order.needs_approval else "submit")]
    return [_not_own(order, move, user) if move.name == "approve" else move for move in found]


def _not_own(order: PurchaseOrder, move: Move, user: Any) -> Move:
    if not (move.permitted and order.is_own(user)):
        return move
    return replace(move, allowed=False, reasons=[_("You made or submitted this order: somebody else approves it.")])
