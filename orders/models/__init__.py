from orders.models.customer import Address, Contact, Customer, CustomerUser, PriceList, PriceRule
from orders.models.intake import Channel, ChannelOrder, ImportMapping, ImportRow, ImportRun
from orders.models.order import CHECK_LABELS, FINDINGS, ApprovalStep, OrderCheck, OrderLine, SalesOrder

__all__ = [
    "CHECK_LABELS",
    "FINDINGS",
    "Address",
    "ApprovalStep",
    "Channel",
    "ChannelOrder",
    "Contact",
    "Customer",
    "CustomerUser",
    "ImportMapping",
    "ImportRow",
    "ImportRun",
    "OrderCheck",
    "OrderLine",
    "PriceList",
    "PriceRule",
    "SalesOrder",
]
