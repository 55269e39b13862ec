"""Secrets of partners at rest: encrypted with a key made from SECRET_KEY, so that a copy of the database is not enough.

A new SECRET_KEY reads what an old one wrote while the old one stands in SECRET_KEY_FALLBACKS.
"""

import base64
import hashlib
import logging
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

log = logging.getLogger(__name__)
MARK = "enc1:"  # what has no mark was written before secrets were encrypted, and is read as it is


@lru_cache(maxsize=4)
def _box(keys: tuple[str, ...]) -> MultiFernet:
    made = (hashlib.blake2b(key.encode(), digest_size=32, person=b"erp.vault").digest() for key in keys)
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in made])


def _current() -> MultiFernet:
    return _box((settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS))


def seal(text: str) -> str:
    """A secret as it is kept; nothing stays nothing, and what is sealed already stays as it is."""
    if not text or text.startswith(MARK):
        return text
    return MARK + _current().encrypt(text.encode()).decode()


def unseal(kept: str) -> str:
    """The secret that was kept; empty when no key opens it, so that nothing is believed that it should sign."""
    if not kept.startswith(MARK):
        return kept
    try:
        return _current().decrypt(kept[len(MARK) :].encode()).decode()
    except InvalidToken:
        log.error("a kept secret cannot be read: SECRET_KEY has changed; type it again in the settings")
        return ""
