"""The verbs of stock: the only code that writes it."""

from inventory.services.adjusting import adjust_stock
from inventory.services.buying import (
    PurchaseInput,
    change_purchase_order,
    create_purchase_order,
    order_needs,
    put_away,
    receive,
)
from inventory.services.handing import (
    date_needs,
    divide_need,
    hand_over_reservations,
    open_needs,
    readdress_needs,
)
from inventory.services.places import default_warehouse, quarantine_place, receiving_place, virtual_place
from inventory.services.products import ProductInput, pinyin_of, save_product, save_products
from inventory.services.reservation import Issue, Want, issue_reserved, release, release_items, reserve
from inventory.services.stock import Movement, lock_items, post_moves
from inventory.services.supply import Need, cancel_supply, cover_supply, state_needs

__all__ = [
    "Issue",
    "Movement",
    "Need",
    "ProductInput",
    "PurchaseInput",
    "Want",
    "adjust_stock",
    "cancel_supply",
    "change_purchase_order",
    "cover_supply",
    "create_purchase_order",
    "date_needs",
    "default_warehouse",
    "divide_need",
    "hand_over_reservations",
    "issue_reserved",
    "lock_items",
    "open_needs",
    "order_needs",
    "pinyin_of",
    "post_moves",
    "put_away",
    "quarantine_place",
    "readdress_needs",
    "receive",
    "receiving_place",
    "release",
    "release_items",
    "reserve",
    "save_product",
    "save_products",
    "state_needs",
    "virtual_place",
]
