"""The verbs of shipping: the only code that writes it."""

from shipping.services.amending import follow_amendment, make_room_for_amendment
from shipping.services.choosing import proposals
from shipping.services.common import move
from shipping.services.expecting import expect, learn_transit_times
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
from shipping.services.pickups import Leaving, hand_over_many
from shipping.services.problems import go_on, settle_problem, sweep_silent, take_problem
from shipping.services.scanning import Scan, apply_scans, finish_scanning, refusal_words
from shipping.services.sending import correct_tracking, hand_over, issue_goods
from shipping.services.shaping import move_rule, remove_rate, remove_rule, save_rate, save_rule
from shipping.services.tracking import confirm_receipt, count_delivered, note_resumed, record_event, record_report
from shipping.services.waves import (
    assign_wave,
    claim_list,
    claim_wave,
    confirm_return,
    dissolve_wave,
    open_wave,
    settle_wave,
    take_out,
)

__all__ = [
    "Leaving",
    "ParcelInput",
    "Scan",
    "apply_scans",
    "assign_wave",
    "cancel_for_order",
    "claim_list",
    "claim_wave",
    "confirm_pick",
    "confirm_receipt",
    "confirm_return",
    "correct_tracking",
    "count_delivered",
    "dissolve_wave",
    "expect",
    "finish_scanning",
    "follow_amendment",
    "go_on",
    "hand_over",
    "hand_over_many",
    "issue_goods",
    "learn_transit_times",
    "make_room_for_amendment",
    "move",
    "move_rule",
    "note_resumed",
    "off_shelf",
    "open_pick_list",
    "open_wave",
    "pack",
    "proposals",
    "put_back",
    "record_event",
    "record_report",
    "refusal_words",
    "remove_rate",
    "remove_rule",
    "renew_pick_list",
    "save_rate",
    "save_rule",
    "settle_problem",
    "settle_wave",
    "sweep_silent",
    "take_out",
    "take_problem",
    "taken_goods",
    "withdraw_pick_lists",
]
