"""Which colour a status has. One table for every document, so that a word looks the same on every page."""

from __future__ import annotations

TONES: dict[str, str] = {
    # waits for a person
    "amber": "pending draft open new waiting unpaid requested to_confirm on_hold due queued planned warning medium "
    "sent escalated submitted review",
    # agreed, in order
    "blue": "approved confirmed placed released posted assigned partially_paid partial partly_received accepted issued info "
    "claimed reserved",
    # somebody is at work
    "violet": "in_production started in_progress running picking counting processing inspecting investigating paused",
    # ready for the next step
    "cyan": "ready_to_ship ready picked packed made received prepared",
    # on the way
    "indigo": "shipped handed_over in_transit out_for_delivery transit",
    # done
    "green": "completed done delivered paid settled closed resolved active success ok passed covered finished "
    "refunded allocated applied",
    # went wrong
    "red": "rejected failed error overdue exception refused disputed blocked danger urgent high short lost returned",
    # out of the game
    "grey": "cancelled void expired inactive archived skipped none low normal reversed withdrawn",
}
_BY_STATUS = {status: name for name, statuses in TONES.items() for status in statuses.split()}


def tone(status: object) -> str:
    """Colour name of a status value; unknown words are grey."""
    word = str(getattr(status, "value", status) or "").lower()
    return word if word in TONES else _BY_STATUS.get(word, "grey")
