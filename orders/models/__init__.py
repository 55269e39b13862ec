from orders.models.customer import Address, Contact, Customer, CustomerUser, PriceList, PriceRule
from orders.models.intake import Channel, ChannelOrder, ImportMapping, ImportRow, ImportRun
from orders.models.order import ApprovalStep, OrderCheck, OrderLine, SalesOrder

__all__ = [
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
