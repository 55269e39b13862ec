from inventory.models.adjustment import Adjustment, AdjustmentReason
from inventory.models.buying import (
    OUTSTANDING,
    UNDER_WAY,
    PurchaseDemand,
    PurchaseLine,
    PurchaseOrder,
    SupplyRequest,
)
from inventory.models.counting import CountBin, CountEntry, CountLine, StockCount
from inventory.models.low import LowStock
from inventory.models.product import Barcode, Category, Product, ProductUnit, Unit
from inventory.models.receiving import (
    GoodsReceipt,
    Inspection,
    LateCost,
    ReceiptLine,
    SupplierReturn,
    SupplierReturnLine,
)
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
from inventory.models.supplier import Supplier, SupplierContact, SupplierPrice
from inventory.models.transfer import Transfer, TransferLine, TransferReceipt

__all__ = [
    "OUTSTANDING",
    "UNDER_WAY",
    "Adjustment",
    "AdjustmentReason",
    "Barcode",
    "Category",
    "CountBin",
    "CountEntry",
    "CountLine",
    "GoodsReceipt",
    "Inspection",
    "LateCost",
    "Lot",
    "LowStock",
    "Place",
    "Product",
    "ProductCost",
    "ProductUnit",
    "PurchaseDemand",
    "PurchaseLine",
    "PurchaseOrder",
    "ReceiptLine",
    "Reservation",
    "ReservationEntry",
    "StockCount",
    "StockItem",
    "StockMove",
    "Supplier",
    "SupplierContact",
    "SupplierPrice",
    "SupplierReturn",
    "SupplierReturnLine",
    "SupplyRequest",
    "Transfer",
    "TransferLine",
    "TransferReceipt",
    "Unit",
    "Warehouse",
]
