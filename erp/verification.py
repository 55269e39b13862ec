"""Where balances are proved: each app's function `() -> Iterator[str]`, one sentence a difference, none when all is well."""

SOURCES = [
    "inventory.verify.differences",
    "orders.verify.differences",
    "production.verify.differences",
    "shipping.verify.differences",
    "finance.verify.differences",
]
