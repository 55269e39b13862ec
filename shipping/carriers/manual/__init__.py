"""Carriers that tell us nothing: own vans, pick-up, a small firm. People write down what they hear."""

from shipping.carriers.base import Adapter


class Manual(Adapter):
    """Takes no messages and follows nothing."""
