"""What the demo company's order desk looks like in use: tags, sub-statuses, a project, a shared view."""

from decimal import Decimal

from django.db import transaction

from erp.models import User
from erp.saved_views import save_view
from orders.models import Customer, SalesOrder, SubStatus, Tag
from orders.services import set_sub_status, update_customer
from orders.services.projects import assign_project, create_project

Status = SalesOrder.Status
TAGS = [("重点客户", "violet"), ("展会客户", "blue"), ("出口", "cyan"), ("款到发货", "amber")]
SUB_STATUSES = [
    (Status.PENDING, "等客户确认", "待客戶確認", "Waiting for the customer", "amber"),
    (Status.PENDING, "等图纸", "等圖紙", "Waiting for drawings", "violet"),
    (Status.APPROVED, "催供应商", "催供應商", "Supplier urged", "cyan"),
    (Status.READY_TO_SHIP, "等客户提货", "待客戶提貨", "To be collected", "green"),
]


@transaction.atomic
def dress_desk() -> None:
    """Give the demo's customers and orders what people at the order desk add by hand."""
    manager = User.objects.get(username="manager")
    _tags(manager)
    _sub_statuses(manager)
    _project(manager)
    save_view("orders", by=manager, name="急单与超期", query="late=1", density="dense", shared=True)


def _tags(by: User) -> None:
    tags = [Tag.objects.get_or_create(name=name, defaults={"colour": colour})[0] for name, colour in TAGS]
    for place, customer in enumerate(Customer.objects.order_by("id")[:24]):
        if place % 2 == 0:
            update_customer(customer, by=by, tags=[tags[place % 4], *([tags[1]] if place % 6 == 0 else [])])


def _sub_statuses(by: User) -> None:
    for place, (state, name, name_hant, name_en, colour) in enumerate(SUB_STATUSES):
        word, _made = SubStatus.objects.get_or_create(
            state=state,
            name=name,
            defaults={"name_hant": name_hant, "name_en": name_en, "colour": colour, "position": place},
        )
        for order in SalesOrder.objects.filter(status=state, sub_status=None).order_by("-id")[:3]:
            set_sub_status(order, word, by=by)


def _project(by: User) -> None:
    project = create_project(
        name="湾头桥商务中心五金配套", owner=by, budget=Decimal(600000), note="分批交货，门控五金先行。", by=by
    )
    for order in SalesOrder.objects.filter(status__in=SalesOrder.OPEN).order_by("id")[:4]:
        assign_project(order, project, by=by)
