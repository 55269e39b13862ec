"""Personal data of customers, masked the same way everywhere for people whose role does not need it."""

import re
from typing import Any

STARS = "****"
_DIGITS = re.compile(r"\d")


def may_see_personal_data(user: Any) -> bool:
    """Whether phone numbers and streets are shown: to roles that need them, and to customers (only their own exist)."""
    return bool(user.is_authenticated and (user.is_portal or user.has_perm("orders.view_personal_data")))


def mask_phone(phone: str) -> str:
    """`138****5678` for a mobile number, `0571-****6688` for a landline; short numbers become stars."""
    text = phone.strip()
    digits = len(_DIGITS.findall(text))
    if not text:
        return ""
    if digits < 7:
        return STARS
    if "-" in text and text.startswith("0"):
        return f"{text.split('-', 1)[0]}-{STARS}{text[-4:]}"
    return f"{text[:3]}{STARS}{text[-4:]}"


def mask_street(street: str) -> str:
    """The street hidden whole: province, city and district stay readable without it."""
    return STARS if street.strip() else ""


def mask_name(name: str) -> str:
    """`张*` of 张三, `J*` of John: enough to talk about the person, not enough to find them."""
    text = name.strip()
    return f"{text[0]}*" if text else ""


def mask_email(email: str) -> str:
    """`w****@example.com`: the company stays readable."""
    name, at, domain = email.strip().partition("@")
    return f"{name[:1]}{STARS}@{domain}" if at else ""


def mask_address(address: dict[str, str]) -> dict[str, str]:
    """A ship-to address (recipient, phone, province, city, district, street) with name, phone and street masked."""
    return {
        **address,
        "recipient": mask_name(address.get("recipient", "")),
        "phone": mask_phone(address.get("phone", "")),
        "street": mask_street(address.get("street", "")),
    }


def phone_for(user: Any, phone: str) -> str:
    """The phone number as this person may see it."""
    return phone if may_see_personal_data(user) else mask_phone(phone)


def name_for(user: Any, name: str) -> str:
    """A person's name as this person may see it."""
    return name if may_see_personal_data(user) else mask_name(name)


def email_for(user: Any, email: str) -> str:
    """A person's e-mail address as this person may see it."""
    return email if may_see_personal_data(user) else mask_email(email)


def address_for(user: Any, address: dict[str, str]) -> dict[str, str]:
    """The address as this person may see it."""
    return address if may_see_personal_data(user) else mask_address(address)


def address_line(address: dict[str, str]) -> str:
    """Province, city, district and street in one line, as Chinese addresses are written."""
    return "".join(address.get(part, "") for part in ("province", "city", "district", "street"))
