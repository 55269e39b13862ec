"""Projects: opening and changing them, and which orders belong to them."""

from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from erp.errors import BusinessError, NotPermitted
from erp.models import StatusChange, User
from erp.numbering import next_number
from erp.transactions import verb
from erp.workflow import lock, record_creation, require_writable
from orders.models import Customer, Project, SalesOrder

FIELDS = ("number", "name", "customer", "owner", "starts_on", "ends_on", "budget", "note")


@verb
def create_project(*, by: User | None, **fields: Any) -> Project:
    """Open a project; without a number it gets the next one. Raises BusinessError naming the field."""
    _require(by, "orders.add_project")
    project = Project(created_by=by)
    _write(project, fields)
    record_creation(project, by=by)
    return project


@verb
def update_project(project: Project, *, by: User | None, **fields: Any) -> Project:
    """Change a project's facts. Another customer is refused while orders of other customers belong to it."""
    _require(by, "orders.change_project")
    lock(project)
    customer = fields.get("customer")
    if customer is not None and project.orders.exclude(customer=customer).exists():
        raise BusinessError(
            _("Orders of other customers belong to %(project)s.") % {"project": project},
            hint=_("Leave the customer empty, or take those orders out first."),
            field="customer",
        )
    _write(project, fields)
    return project


def _require(by: User | None, right: str) -> None:
    if by is not None and not by.has_perm(right):
        raise NotPermitted(_("You do not have the right to change projects."))


def _write(project: Project, fields: dict[str, Any]) -> None:
    if unknown := set(fields) - set(FIELDS):
        raise TypeError(f"a project has no {sorted(unknown)}")
    for name, value in fields.items():
        setattr(project, name, value.strip() if isinstance(value, str) else value)
    if not project.name:
        raise BusinessError(_("A project needs a name."), field="name")
    if project.starts_on and project.ends_on and project.ends_on < project.starts_on:
        raise BusinessError(_("The project would end before it begins."), field="ends_on")
    if project.budget is not None and project.budget < 0:
        raise BusinessError(_("A budget cannot be negative."), field="budget")
    project.number = project.number or next_number("PJ")
    try:
        with transaction.atomic():
            project.save()
    except IntegrityError as error:
        if "number" not in str(error):
            raise
        raise BusinessError(
            _("There is a project %(number)s already.") % {"number": project.number},
            hint=_("Choose another number, or leave it empty."),
            field="number",
        ) from error


def check_project(project: Project | None, customer: Customer) -> None:
    """Refuse a project that is closed or another customer's. Raises BusinessError at `project`."""
    if project is None:
        return
    if project.status != Project.Status.ACTIVE:
        raise BusinessError(
            _("%(project)s is closed; no orders join it any more.") % {"project": project},
            hint=_("Open the project again first."),
            field="project",
        )
    if project.customer_id is not None and project.customer_id != customer.pk:
        raise BusinessError(
            _("%(project)s is a project for %(customer)s.") % {"project": project, "customer": project.customer},
            hint=_("Choose another project."),
            field="project",
        )


@verb
def assign_project(order: SalesOrder, project: Project | None, *, by: User | None) -> None:
    """Let an order belong to a project, or to none, in whatever state it is. The same again changes nothing."""
    _require(by, "orders.change_salesorder")
    lock(order)
    require_writable(order, by=by)
    if order.project_id == (project.pk if project else None):
        return
    check_project(project, order.customer)
    before, order.project = order.project, project
    order.save(update_fields=["project"])
    StatusChange.objects.create(
        document_type=order._meta.label,
        document_id=order.pk,
        transition="join_project",
        source=order.status,
        target=order.status,
        by=by,
        note=f"{before.number if before else '—'} → {project.number if project else '—'}",
    )
