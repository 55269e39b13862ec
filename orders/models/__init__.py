from orders.models.amendment import Amendment
from orders.models.approval import ApprovalLevel, ApprovalPolicy, ApprovalStep, Deputy
from orders.models.channel import DELIVERY_FINDINGS, Channel, ChannelCustomer, ChannelOrder, ChannelProduct
from orders.models.check import CHECK_LABELS, FINDINGS, ChannelCheck, OrderCheck
from orders.models.customer import (
    Address,
    Contact,
    Customer,
    CustomerLevel,
    CustomerUser,
    DiscountFloor,
    PriceList,
    PriceRule,
    Tag,
)
from orders.models.intake import ImportMapping, ImportRow, ImportRun
from orders.models.link import OrderLink
from orders.models.order import OrderLine, OrderScopedQuerySet, SalesOrder
from orders.models.project import Project
from orders.models.revision import OrderRevision
from orders.models.substatus import SubStatus, Tone
from orders.models.taking import Taking
from orders.models.template import OrderTemplate, OrderTemplateLine

__all__ = [
    "CHECK_LABELS",
    "DELIVERY_FINDINGS",
    "FINDINGS",
    "Address",
    "Amendment",
    "ApprovalLevel",
    "ApprovalPolicy",
    "ApprovalStep",
    "Channel",
    "ChannelCheck",
    "ChannelCustomer",
    "ChannelOrder",
    "ChannelProduct",
    "Contact",
    "Customer",
    "CustomerLevel",
    "CustomerUser",
    "Deputy",
    "DiscountFloor",
    "ImportMapping",
    "ImportRow",
    "ImportRun",
    "OrderCheck",
    "OrderLine",
    "OrderLink",
    "OrderRevision",
    "OrderScopedQuerySet",
    "OrderTemplate",
    "OrderTemplateLine",
    "PriceList",
    "PriceRule",
    "Project",
    "SalesOrder",
    "SubStatus",
    "Tag",
    "Taking",
    "Tone",
]
