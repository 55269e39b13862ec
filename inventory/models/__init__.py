from inventory.models.buying import (
    GoodsReceipt,
    PurchaseLine,
    PurchaseOrder,
    ReceiptLine,
    Supplier,
    SupplierPrice,
    SupplyRequest,
)
from inventory.models.product import Barcode, Category, Product, ProductUnit, Unit
from inventory.models.stock import (
    Lot,
    Place,
    ProductCost,
    Reservation,
    ReservationEntry,
    StockItem,
    StockMove,
    Warehouse,
)

__all__ = [
    "Barcode",
    "Category",
    "GoodsReceipt",
    "Lot",
    "Place",
    "Product",
    "ProductCost",
    "ProductUnit",
    "PurchaseLine",
    "PurchaseOrder",
    "ReceiptLine",
    "Reservation",
    "ReservationEntry",
    "StockItem",
    "StockMove",
    "Supplier",
    "SupplierPrice",
    "SupplyRequest",
    "Unit",
    "Warehouse",
]
