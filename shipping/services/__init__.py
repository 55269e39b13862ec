"""The verbs of shipping: the only code that writes it."""

from shipping.services.amending import follow_amendment, make_room_for_amendment
from shipping.services.common import move
from shipping.services.packing import ParcelInput, pack, put_back
from shipping.services.picking import (
    cancel_for_order,
    confirm_pick,
    off_shelf,
    open_pick_list,
    renew_pick_list,
    taken_goods,
    withdraw_pick_lists,
)
from shipping.services.sending import correct_tracking, hand_over, issue_goods
from shipping.services.tracking import confirm_receipt, count_delivered, record_event

__all__ = [
    "ParcelInput",
    "cancel_for_order",
    "confirm_pick",
    "confirm_receipt",
    "correct_tracking",
    "count_delivered",
    "follow_amendment",
    "hand_over",
    "issue_goods",
    "make_room_for_amendment",
    "move",
    "off_shelf",
    "open_pick_list",
    "pack",
    "put_back",
    "record_event",
    "renew_pick_list",
    "taken_goods",
    "withdraw_pick_lists",
]
