"""Templates of orders: kept, renamed, shared, deleted."""

from collections.abc import Sequence

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from erp.errors import BusinessError, NotPermitted
from erp.models import User
from erp.transactions import verb
from orders.models import Customer, OrderTemplate, OrderTemplateLine
from orders.services.entry import LineInput, validate_lines

LONGEST_NAME = 60


@verb
def save_template(
    *,
    by: User,
    name: str,
    lines: Sequence[LineInput],
    customer: Customer | None = None,
    customer_note: str = "",
    shared: bool = False,
    keep_prices: bool = False,
    replace: bool = False,
) -> OrderTemplate:
    """Keep lines as a template; `replace` renews one's own of the same name. Prices stay only with `keep_prices`.

    Raises BusinessError for an empty or taken name and for lines that no order can contain.
    """
    name = _checked(name)
    validate_lines(lines)
    old = OrderTemplate.objects.select_for_update().filter(owner=by, name=name).first()
    if old and not replace:
        raise _taken(name)
    template = old or OrderTemplate(owner=by, name=name)
    template.customer, template.customer_note, template.is_shared = customer, customer_note, shared
    _save(template)
    template.lines.all().delete()
    OrderTemplateLine.objects.bulk_create(
        OrderTemplateLine(
            template=template,
            position=position,
            product=line.product,
            quantity=line.quantity,
            unit_price=line.unit_price if keep_prices else None,
            discount=line.discount if keep_prices else None,
            tax_rate=line.tax_rate,
            wish=line.wish,
            unit=line.unit,
        )
        for position, line in enumerate(lines, start=1)
    )
    return template


@verb
def change_template(template: OrderTemplate, *, by: User, name: str, shared: bool) -> OrderTemplate:
    """Rename a template, share it or take it back. Raises NotPermitted for anybody but its owner."""
    _own(template, by)
    template.name, template.is_shared = _checked(name), shared
    _save(template)
    return template


@verb
def delete_template(template: OrderTemplate, *, by: User) -> None:
    """Forget a template; orders made from it stay as they are. Raises NotPermitted for anybody but its owner."""
    _own(template, by)
    template.delete()


def _own(template: OrderTemplate, by: User) -> None:
    if template.owner_id != by.pk and not by.is_superuser:
        raise NotPermitted(
            _("This template belongs to %(owner)s.") % {"owner": template.owner},
            hint=_("Start an order from it and save that as a template of your own."),
        )


def _checked(name: str) -> str:
    name = " ".join(name.replace("\0", "").split())
    if not name:
        raise BusinessError(_("The template needs a name."), field="name")
    if len(name) > LONGEST_NAME:
        raise BusinessError(
            _("The name is too long: at most %(most)s characters.") % {"most": LONGEST_NAME}, field="name"
        )
    return name


def _save(template: OrderTemplate) -> None:
    try:
        with transaction.atomic():
            template.save()
    except IntegrityError as error:
        raise _taken(template.name) from error


def _taken(name: str) -> BusinessError:
    return BusinessError(
        _("You have a template “%(name)s” already.") % {"name": name},
        hint=_("Choose another name, or tick that it replaces the old one."),
        field="name",
    )
