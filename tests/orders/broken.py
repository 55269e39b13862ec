"""A service that always fails, to see what is taken back."""


def fail(document: object, *, change: object, by: object) -> None:
    """Refuse in the middle of everything."""
    raise RuntimeError("broken on purpose")
