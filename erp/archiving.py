"""What keeps finished orders out of the archive: dotted names of functions `(order ids) -> ids that stay`."""

KEPT_OPEN: list[str] = ["aftersales.selectors.orders_with_open_work"]
