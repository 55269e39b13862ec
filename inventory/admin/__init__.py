"""The administration of master data, and read access to the ledgers."""

from inventory.admin import ledgers, master, resources

__all__ = ["ledgers", "master", "resources"]
