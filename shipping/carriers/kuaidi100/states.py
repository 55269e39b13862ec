"""快递100's table of states in our words: main states, and the finer ones that `resultv2=4` brings."""

from dataclasses import dataclass

from shipping.models import Parcel, Trouble

State = Parcel.State


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a code says of a parcel. Without a state it says nothing yet (ordered, not collected)."""

    state: str
    trouble: str = ""


COLLECTED, MOVING, DELIVERING = Meaning(State.COLLECTED), Meaning(State.IN_TRANSIT), Meaning(State.OUT_FOR_DELIVERY)
SIGNED = Meaning(State.DELIVERED)
NOTHING = Meaning("")


def _bad(trouble: str) -> Meaning:
    return Meaning(State.EXCEPTION, trouble)


CODES: dict[str, Meaning] = {
    "0": MOVING,
    "1001": MOVING,
    "1002": MOVING,
    "1003": MOVING,
    "1": COLLECTED,
    "101": NOTHING,
    "102": NOTHING,
    "103": COLLECTED,
    "2": _bad(Trouble.OTHER),
    "201": _bad(Trouble.OTHER),  # not signed for in time
    "202": _bad(Trouble.SILENT),  # not updated in time
    "203": _bad(Trouble.REFUSED),
    "205": _bad(Trouble.OTHER),  # left in the locker too long
    "209": _bad(Trouble.DAMAGED),
    "3": SIGNED,
    "301": SIGNED,
    "302": SIGNED,
    "303": SIGNED,
    "304": SIGNED,
    # 退签: the sender has it again, so the customer has not.
    "4": _bad(Trouble.RETURNED),
    "401": _bad(Trouble.OTHER),  # the waybill was cancelled
    "5": DELIVERING,
    "501": DELIVERING,  # in a locker: nobody has signed yet
    "6": _bad(Trouble.RETURNED),
    "7": MOVING,
    "8": MOVING,
    "10": MOVING,
    "11": MOVING,
    "12": MOVING,
    "13": _bad(Trouble.OTHER),  # customs found something
    "14": _bad(Trouble.REFUSED),
}
# Nodes of older pushes carry the name instead of the code.
NAMES = {
    "在途": "0",
    "揽收": "1",
    "疑难": "2",
    "签收": "3",
    "退签": "4",
    "派件": "5",
    "退回": "6",
    "转投": "7",
    "清关": "8",
    "拒签": "14",
}


def meaning_of(code: str, name: str = "") -> Meaning | None:
    """What a code or a name means; a finer code that is new counts as its main state. None when nothing is known."""
    code = code.strip()
    if code in CODES:
        return CODES[code]
    if len(code) == 3 and code[0] in CODES:
        return CODES[code[0]]
    return CODES[NAMES[name.strip()]] if name.strip() in NAMES else None
