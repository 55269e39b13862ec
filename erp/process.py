"""The whole business process on one page: for each document and move, the services that follow, in order.

`erp.workflow.advance` runs them inside the same transaction; one that fails rolls everything back. Whoever wants to
know what approving an order does reads this page. Each service is called as `service(document, change=…, by=…)`.
"""

import inspect
from collections.abc import Sequence
from typing import Any

from django.core import checks
from django.utils.module_loading import import_string

ANNOUNCE = "notifications.services.announce"

# What is missing is taken back from whom it was promised to, the least urgent first; what is found serves who waits.
GIVE_UP = [
    "orders.services.lock_for_loss",
    "production.services.give_up_missing",
    "orders.services.give_up_missing",
]
SERVE = ["orders.services.allocate_found", "production.services.supply_found"]
COUNTED = [*GIVE_UP, "inventory.services.write_count", "finance.services.post_stock", *SERVE]
ADJUSTED = [
    "orders.services.lock_for_loss",
    "inventory.services.write_adjustment",
    "finance.services.post_stock",
    *SERVE,
]

PROCESS: dict[str, dict[str, list[str]]] = {
    "orders.SalesOrder": {
        # What is approved at once is not announced as waiting for approval.
        "create": [
            "orders.services.check_new_order",
            "orders.services.ask_for_approval",
            "orders.services.try_auto_approve",
            ANNOUNCE,
        ],
        "approve": ["orders.services.record_decision", "orders.services.allocate_order", ANNOUNCE],
        "reject": ["orders.services.record_decision", ANNOUNCE],
        "resubmit": [
            "orders.services.check_new_order",
            "orders.services.ask_for_approval",
            "orders.services.try_auto_approve",
            ANNOUNCE,
        ],
        # What happens while people whom policies name decide, level after level.
        "ask_approval": [ANNOUNCE],
        "agree_level": [ANNOUNCE],
        "remind_approval": [ANNOUNCE],
        "escalate_approval": [ANNOUNCE],
        "start_production": ["production.services.plan_order", ANNOUNCE],
        "make_ready": ["shipping.services.open_pick_list", ANNOUNCE],
        "wait_again": ["shipping.services.withdraw_pick_lists", ANNOUNCE],
        "ship": ["orders.services.withdraw_amendments", ANNOUNCE],
        "complete": [ANNOUNCE],
        "reopen": [ANNOUNCE],
        "cancel": [
            "orders.services.withdraw_amendments",
            "orders.services.withdraw_approval",
            "orders.services.release_order",
            "production.services.cancel_for_order",
            "shipping.services.cancel_for_order",
            ANNOUNCE,
        ],
        # Splitting and merging: see orders.services.splitting and orders.services.joining.
        "split": ["shipping.services.renew_pick_list", ANNOUNCE],
        "merge": ["shipping.services.renew_pick_list", ANNOUNCE],
        # Who holds promised stock was changed by a person: see orders.services.taking_stock.
        "release_stock": ["shipping.services.renew_pick_list"],
        "stock_taken": ["shipping.services.renew_pick_list", ANNOUNCE],
        "stock_got": ["shipping.services.renew_pick_list"],
        "merge_away": [
            "orders.services.withdraw_amendments",
            "orders.services.withdraw_approval",
            "shipping.services.cancel_for_order",
        ],
        # Once all is merged, so that whoever did it does not hear of it.
        "merged_away": [ANNOUNCE],
        # What a web shop tells of an order that people work on already: see orders.channels.
        "shop_cancelled": [ANNOUNCE],
        "shop_changed": [ANNOUNCE],
        # Promised goods are missing on the shelf: see the stock count below.
        "lose_stock": ["shipping.services.renew_pick_list"],
        "shop_refunded": ["aftersales.services.open_refund_case", ANNOUNCE],
    },
    # A change of a confirmed order. What is not decided by people is applied within “submit”.
    "orders.Amendment": {
        "submit": ["orders.services.ask_for_amendment", ANNOUNCE],
        "apply": [
            "shipping.services.make_room_for_amendment",
            "orders.services.write_amendment",
            "production.services.follow_amendment",
            "shipping.services.follow_amendment",
            ANNOUNCE,
        ],
        "reject": [ANNOUNCE],
        "withdraw": [ANNOUNCE],
        "ask_approval": [ANNOUNCE],
        "agree_level": [ANNOUNCE],
        "remind_approval": [ANNOUNCE],
        "escalate_approval": [ANNOUNCE],
    },
    "inventory.PurchaseOrder": {
        "submit": [ANNOUNCE],
        "approve": [ANNOUNCE],
        "reject": [ANNOUNCE],
        "place": [ANNOUNCE],
        "cancel": [ANNOUNCE],
    },
    "inventory.GoodsReceipt": {
        "post": [
            # Orders are locked before stock, here as everywhere: see "Locks" in ARCHITECTURE.md.
            "orders.services.lock_waiting_for_receipt",
            "inventory.services.put_away",
            "finance.services.post_receipt",
            # Lines get what was bought for them, then whoever waits.
            "orders.services.allocate_bought",
            "orders.services.allocate_receipt",
            "production.services.supply_components",
            "orders.services.recheck_after_receipt",
            ANNOUNCE,
        ],
        # Accepted goods leave quarantine.
        "inspect": [
            "orders.services.lock_waiting_for_receipt",
            "inventory.services.release_inspected",
            "orders.services.allocate_bought",
            "orders.services.allocate_receipt",
            "production.services.supply_components",
        ],
    },
    "inventory.SupplierReturn": {
        "post": ["inventory.services.send_back", "finance.services.post_stock", ANNOUNCE],
    },
    "inventory.StockCount": {
        "start": ["inventory.services.open_bins"],
        "finish": ["inventory.services.compare"],
        "post": COUNTED,
        "approve": COUNTED,
        "cancel": ["inventory.services.close_bins"],
    },
    "inventory.Adjustment": {"post": ADJUSTED, "approve": ADJUSTED},
    "inventory.Transfer": {
        "send": ["inventory.services.take_away"],
        "move": ["orders.services.lock_for_loss", "inventory.services.take_away", *SERVE],
        "receive_part": ["orders.services.lock_for_loss", "inventory.services.put_in", *SERVE],
        "complete": ["orders.services.lock_for_loss", "inventory.services.put_in", *SERVE],
        "close_short": ["inventory.services.write_off", "finance.services.post_stock"],
        "cancel": ["inventory.services.bring_back"],
    },
    "production.ProductionOrder": {
        "create": [ANNOUNCE],
        "finish": ["production.services.release_components", "finance.services.post_production", ANNOUNCE],
        "cancel": ["production.services.release_components", "orders.services.production_cancelled", ANNOUNCE],
    },
    "shipping.PickList": {
        "create": [ANNOUNCE],
        "confirm": ["shipping.services.settle_wave", ANNOUNCE],
        "pack": ["shipping.services.settle_wave"],
        "cancel": ["shipping.services.settle_wave"],
    },
    "shipping.Shipment": {
        "hand_over": ["shipping.services.issue_goods", "finance.services.post_shipment", ANNOUNCE],
        "deliver": ["shipping.services.count_delivered", ANNOUNCE],
        "report_exception": [ANNOUNCE],
        "resume": ["shipping.services.note_resumed"],
        "cancel": ["shipping.services.put_back", ANNOUNCE],
    },
    "shipping.ParcelProblem": {
        "create": ["aftersales.services.open_parcel_case"],
        "resolve": ["shipping.services.go_on"],
    },
    "finance.Invoice": {
        "post": ["finance.services.book_invoice", "finance.services.number_invoice", ANNOUNCE],
    },
    "finance.Payment": {
        "post": ["finance.services.book_payment", "orders.services.recheck_payer", ANNOUNCE],
        "reverse": ["finance.services.book_reversal"],
    },
    "aftersales.ReturnRequest": {
        "create": ["orders.services.restore_for", ANNOUNCE],
        "approve": [ANNOUNCE],
        "refuse": [ANNOUNCE],
        "receive": ["finance.services.post_stock", ANNOUNCE],
        "close": ["aftersales.services.credit_return", ANNOUNCE],
    },
    "aftersales.ServiceCase": {
        "create": ["orders.services.restore_for", ANNOUNCE],
        "resolve": [ANNOUNCE],
    },
    # Not a document, but people hear of it all the same.
    "erp.Comment": {"mention": ["notifications.mentions.announce"]},
}

# What happens to a document without moving it.
HAPPENINGS: dict[str, set[str]] = {
    "orders.SalesOrder": {
        "ask_approval",
        "agree_level",
        "remind_approval",
        "escalate_approval",
        "split",
        "merge",
        "merged_away",
        "release_stock",
        "stock_taken",
        "stock_got",
        "shop_cancelled",
        "shop_changed",
        "lose_stock",
        "shop_refunded",
    },
    "erp.Comment": {"mention"},
    "inventory.GoodsReceipt": {"inspect"},
    "orders.Amendment": {"ask_approval", "agree_level", "remind_approval", "escalate_approval"},
}


def check_followers(app_configs: Sequence[Any] | None = None, **kwargs: Any) -> list[checks.CheckMessage]:
    """Prove at start that every document, move and service named above exists and takes `change` and `by`."""
    from django.apps import apps

    found: list[checks.CheckMessage] = []
    for label, steps in PROCESS.items():
        model: Any = apps.get_model(label)
        own = {*model.transitions(), "create"} if hasattr(model, "transitions") else set()
        known = own | HAPPENINGS.get(label, set())
        for step, paths in steps.items():
            if step not in known:
                found.append(checks.Error(f"{label} has no transition “{step}”.", id="erp.E001"))
            for path in paths:
                found.extend(_check_service(f"{label}.{step}", path))
    return found


def _check_service(where: str, path: str) -> list[checks.CheckMessage]:
    try:
        service = import_string(path)
    except ImportError:
        return [checks.Error(f"{where}: “{path}” does not exist.", id="erp.E002")]
    names = inspect.signature(service).parameters
    if not {"change", "by"} <= set(names):
        return [checks.Error(f"{where}: “{path}” does not take change and by.", id="erp.E003")]
    return []
