"""The verbs of stock: the only code that writes it."""

from inventory.services.places import default_warehouse, quarantine_place, receiving_place, virtual_place
from inventory.services.reservation import Issue, Want, issue_reserved, release, release_items, reserve
from inventory.services.stock import Movement, lock_items, post_moves
from inventory.services.supply import cancel_supply, cover_supply, request_supply

__all__ = [
    "Issue",
    "Movement",
    "Want",
    "cancel_supply",
    "cover_supply",
    "default_warehouse",
    "issue_reserved",
    "lock_items",
    "post_moves",
    "quarantine_place",
    "receiving_place",
    "release",
    "release_items",
    "request_supply",
    "reserve",
    "virtual_place",
]
