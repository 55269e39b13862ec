"""What people type to change a confirmed order, checked for shape; what is fixed the service knows."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.forms import formset_factory
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from erp.models import User
from erp.privacy import may_see_personal_data
from inventory.units import Pack
from orders.amendments import in_round_units, restore
from orders.customer_forms import phone_validator
from orders.forms import PER_CENT, SHIP_TO, BaseLines, LineForm, short
from orders.models import OrderLine, SalesOrder
from orders.services import LineChange
from orders.services.entry import MAX_LINES


class AmendLineForm(LineForm):
    """One row: a present line (`line` is its id), or a new one."""

    line = forms.IntegerField(required=False, widget=forms.HiddenInput)

    present: OrderLine | None = None

    @property
    def floor(self) -> Decimal:
        """So much has left or is billed."""
        return max(self.present.shipped, self.present.invoiced) if self.present else Decimal(0)

    def as_change(self) -> LineChange:
        """The row for the service; on a present line an emptied discount is none."""
        entered = self.as_line()
        return LineChange(entered, self.present.pk if self.present else None)

    def clean(self) -> dict[str, Any]:
        """A present line has the discount that the row shows."""
        data = super().clean() or {}
        if data.get("line") and data.get("discount") is None and not self.has_error("discount"):
            data["discount"] = Decimal(0)
        return data


class BaseAmendLines(BaseLines):
    """The rows; `known` are the order's present lines by id."""

    def __init__(self, *args: Any, known: Mapping[int, OrderLine], **kwargs: Any) -> None:
        self.known = known
        super().__init__(*args, **kwargs)

    def _construct_form(self, i: int, **kwargs: Any) -> Any:
        form = super()._construct_form(i, **kwargs)
        value = str(form["line"].value() or "")
        form.present = self.known.get(int(value)) if value.isdigit() else None
        return form

    def clean(self) -> None:
        """Present lines keep their products, sold or not."""
        super().clean()
        for form in self.forms:
            if form.present is None or not hasattr(form, "cleaned_data"):
                continue
            form.found = form.present.product
            form.errors.pop("text", None)
            if form.cleaned_data.get("unit", "") == form.present.sold_unit:  # as many pieces as when it was entered
                form.errors.pop("unit", None)
                form.pack = Pack(form.present.entered_unit, form.present.factor)

    def changes(self) -> list[tuple[int, LineChange]]:
        """The filled rows with their place in the form."""
        return [(place, form.as_change()) for place, form in enumerate(self.forms) if not self._left_out(form)]


AmendLines = formset_factory(
    AmendLineForm,
    formset=BaseAmendLines,
    extra=1,
    can_delete=True,
    max_num=MAX_LINES,
    absolute_max=MAX_LINES + 1,
)


class AmendForm(forms.Form):
    """The head of a change. Whoever may not see the address leaves it as it is."""

    reason = forms.CharField(
        max_length=1000,
        label=gettext_lazy("Reason of the change"),
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("Who asked for it, and why. Everybody who decides reads it."),
    )
    promised_date = forms.DateField(label=gettext_lazy("Promised date"), widget=forms.DateInput)
    priority = forms.TypedChoiceField(
        choices=SalesOrder.Priority.choices, coerce=int, label=gettext_lazy("Priority"), required=False, empty_value=0
    )
    customer_note = forms.CharField(
        required=False, max_length=2000, label=gettext_lazy("Special wishes"), widget=forms.Textarea(attrs={"rows": 2})
    )
    recipient = forms.CharField(required=False, max_length=60, label=gettext_lazy("Recipient"))
    phone = forms.CharField(required=False, max_length=40, label=gettext_lazy("Phone"), validators=[phone_validator])
    province = forms.CharField(required=False, max_length=40, label=gettext_lazy("Province"))
    city = forms.CharField(required=False, max_length=40, label=gettext_lazy("City"))
    district = forms.CharField(required=False, max_length=40, label=gettext_lazy("District"))
    street = forms.CharField(required=False, max_length=200, label=gettext_lazy("Street and number"))
    version = forms.IntegerField(widget=forms.HiddenInput)
    revision = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, user: User, order: SalesOrder, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.order = order
        self.sees_address = may_see_personal_data(user)
        if not self.sees_address:
            for part in SHIP_TO:
                del self.fields[part]

    def clean(self) -> dict[str, Any]:
        """An order that had a whole address keeps one."""
        data = super().clean() or {}
        data["ship_to"] = None
        if self.sees_address:
            typed = {part: data.get(part, "").strip() for part in SHIP_TO}
            for part in ("recipient", "phone", "street"):
                if not typed[part] and self.order.ship_to.get(part) and not self.has_error(part):
                    self.add_error(part, _("A delivery needs this."))
            if any(typed[part] != self.order.ship_to.get(part, "") for part in SHIP_TO):
                data["ship_to"] = typed
        return data


def head_of(header: Mapping[str, Any]) -> dict[str, Any]:
    """What the form shows of a version's head."""
    return {
        "promised_date": header["promised_date"],
        "priority": header["priority"],
        "customer_note": header["customer_note"],
        **{part: header["ship_to"].get(part, "") for part in SHIP_TO},
    }


def rows_of(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the form shows of a version's lines."""
    rows = []
    for row in lines:
        line = restore(OrderLine(), row)
        round_one = in_round_units(line)
        rows.append(
            {
                "line": row["line"],
                "product": line.product_id,
                "text": f"{row['sku']} {row['name']}",
                "quantity": short(line.sold_quantity if round_one else line.quantity),
                "unit": line.sold_unit if round_one else line.unit,
                "price": short(line.sold_price if round_one else line.unit_price),
                "discount": short(line.discount * PER_CENT),
                "tax": short(line.tax_rate),
                "wish": line.wish,
            }
        )
    return rows
