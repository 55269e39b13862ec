"""What the scan page says by itself, while it may have no network to ask for words."""

from django.utils.translation import gettext as _

from shipping.services import scanning


def scan_words() -> dict[str, str]:
    """The sentences of the scan page in the reader's language; `%(name)s` is filled in by the page."""
    return {
        "wrong_place": _(scanning.WRONG_PLACE),
        "wrong_item": _(scanning.WRONG_ITEM),
        "wrong_lot": _(scanning.WRONG_LOT),
        "too_much": _(scanning.TOO_MUCH),
        "no_quantity": _(scanning.NO_QUANTITY),
        "take": _("Take %(left)s %(unit)s"),
        "lot": _("Scan lot %(lot)s"),
        "into": _("Tote %(slot)s: %(quantity)s"),
        "taken": _("%(quantity)s taken."),
        "stop_done": _("Stop done."),
        "at_bin": _("Right bin. Scan the item."),
        "item_first": _("Scan the item first."),
        "scan_bin": _("Scan the bin, or press “I am there”."),
        "all_done": _("All stops are done."),
        "offline": _("No network: %(num)s scans wait here and are sent later."),
        "waiting": _("%(num)s scans are being sent."),
        "online": _("Everything is sent."),
        "signed_out": _("You are signed out. Sign in again in another tab; the scans stay here."),
        "no_camera": _("The camera cannot be used: allow it in the browser, or use a scanner."),
        "camera_on": _("Hold the code into the picture."),
        "stop_of": _("Stop %(at)s of %(all)s"),
        "undone": _("%(quantity)s put back."),
        "short": _("Reported missing: %(quantity)s"),
    }
