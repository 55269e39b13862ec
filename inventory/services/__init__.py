"""The verbs of stock: the only code that writes it."""

from inventory.services.adjusting import adjust_stock
from inventory.services.approving import propose_adjustment, scrap, write_adjustment
from inventory.services.buying import PurchaseInput, change_purchase_order, create_purchase_order, reschedule
from inventory.services.counting import (
    Found,
    close_bins,
    compare,
    count_again,
    enter_bin,
    open_bins,
    plan_count,
    write_count,
)
from inventory.services.demands import Claim, claims_on, count_served
from inventory.services.freezing import lock_shelves, refuse_frozen
from inventory.services.handing import (
    date_needs,
    divide_need,
    hand_over_reservations,
    open_needs,
    readdress_needs,
)
from inventory.services.losses import Shortfall, give_up_parts, held_by, shortfalls
from inventory.services.places import (
    damaged_place,
    default_warehouse,
    quarantine_place,
    receiving_place,
    transit_place,
    virtual_place,
)
from inventory.services.products import ProductInput, pinyin_of, save_product, save_products
from inventory.services.proposals import Choice, Ordered, order_needs, order_proposals
from inventory.services.receiving import Arrival, Finding, inspect, put_away, receive, release_inspected, tolerated
from inventory.services.reservation import Issue, Want, issue_reserved, release, release_items, reserve
from inventory.services.returning import record_billed, record_late_cost, return_to_supplier, send_back
from inventory.services.sending import send_purchase_order
from inventory.services.stock import Movement, lock_items, post_moves
from inventory.services.supply import Need, cancel_supply, cover_supply, state_needs
from inventory.services.transfers import (
    Piece,
    bring_back,
    pieces_of,
    plan_transfer,
    put_in,
    receive_transfer,
    take_away,
    write_off,
)

__all__ = [
    "Arrival",
    "Choice",
    "Claim",
    "Finding",
    "Found",
    "Issue",
    "Movement",
    "Need",
    "Ordered",
    "Piece",
    "ProductInput",
    "PurchaseInput",
    "Shortfall",
    "Want",
    "adjust_stock",
    "bring_back",
    "cancel_supply",
    "change_purchase_order",
    "claims_on",
    "close_bins",
    "compare",
    "count_again",
    "count_served",
    "cover_supply",
    "create_purchase_order",
    "damaged_place",
    "date_needs",
    "default_warehouse",
    "divide_need",
    "enter_bin",
    "give_up_parts",
    "hand_over_reservations",
    "held_by",
    "inspect",
    "issue_reserved",
    "lock_items",
    "lock_shelves",
    "open_bins",
    "open_needs",
    "order_needs",
    "order_proposals",
    "pieces_of",
    "pinyin_of",
    "plan_count",
    "plan_transfer",
    "post_moves",
    "propose_adjustment",
    "put_away",
    "put_in",
    "quarantine_place",
    "readdress_needs",
    "receive",
    "receive_transfer",
    "receiving_place",
    "record_billed",
    "record_late_cost",
    "refuse_frozen",
    "release",
    "release_inspected",
    "release_items",
    "reschedule",
    "reserve",
    "return_to_supplier",
    "save_product",
    "save_products",
    "scrap",
    "send_back",
    "send_purchase_order",
    "shortfalls",
    "state_needs",
    "take_away",
    "tolerated",
    "transit_place",
    "virtual_place",
    "write_adjustment",
    "write_count",
    "write_off",
]
