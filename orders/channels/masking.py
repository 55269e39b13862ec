"""A delivery as it may be shown: whole, or without what tells who the buyer is."""

from typing import Any

from erp.privacy import STARS

# Of these everything is personal but where in the country it goes.
_PEOPLE = {
    "billing",
    "shipping",
    "billing_address",
    "shipping_address",
    "default_address",
    "customer",
    "client_details",
    "payment_details",
}
_PLACES = {"city", "province", "province_code", "state", "country", "country_code", "country_name", "currency"}
# Personal wherever they stand, and free texts in which people write anything.
_ALWAYS = {
    "email",
    "contact_email",
    "phone",
    "browser_ip",
    "customer_ip_address",
    "customer_user_agent",
    "customer_id",
    "note",
    "customer_note",
    "note_attributes",
    "properties",
    "meta_data",
    "order_status_url",
    "payment_url",
    "landing_site",
    "referring_site",
    "token",
    "cart_token",
    "checkout_token",
    "cart_hash",
    "order_key",
    "transaction_id",
    "authorization",
    "receipt",
}


def masked(payload: Any) -> Any:
    """The payload with personal data as stars; its shape stays, so that its problem can be found."""
    if isinstance(payload, dict):
        return {name: _value(name, value) for name, value in payload.items()}
    if isinstance(payload, list):
        return [masked(value) for value in payload]
    return payload


def _value(name: str, value: Any) -> Any:
    if name in _ALWAYS:
        return STARS if value else value
    return _person(value) if name in _PEOPLE else masked(value)


def _person(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: found if name in _PLACES else _person(found) for name, found in value.items()}
    if isinstance(value, list):
        return [_person(found) for found in value]
    return STARS if value else value
