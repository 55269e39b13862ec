"""What people type about projects, and the choice of one for an order."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from erp.models import User
from orders.models import Customer, Project
from orders.projects import matching_projects


class ProjectForm(forms.ModelForm):
    """A project's facts; the customer is chosen by the picker or typed as a code."""

    customer_text = forms.CharField(
        required=False,
        label=gettext_lazy("Customer"),
        help_text=gettext_lazy("Empty: orders of any customer may belong to it."),
    )

    class Meta:
        model = Project
        fields = ["number", "name", "owner", "starts_on", "ends_on", "budget", "note"]
        widgets = {
            "starts_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "ends_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "note": forms.Textarea(attrs={"rows": 3}),
        }

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.fields["number"].required = False
        self.fields["number"].help_text = _("Empty: the next number.")
        self.fields["budget"].help_text = _("In yuan, with tax.")
        people = User.objects.filter(is_portal=False, is_active=True).order_by("name", "username")
        self.fields["owner"].queryset = people  # type: ignore[attr-defined]
        if self.instance.pk and self.instance.customer and not self.is_bound:
            self.initial["customer_text"] = f"{self.instance.customer.code} {self.instance.customer.name}"

    def clean(self) -> dict[str, Any]:
        """Find the customer by what was typed or picked: `code name`, a code, or a name."""
        data = super().clean() or {}
        text = data.pop("customer_text", "").strip()
        data["customer"] = None
        if text:
            visible = Customer.objects.visible_to(self.user)
            data["customer"] = (
                visible.filter(code=text.split()[0]).first() or visible.filter(name=text).order_by("pk").first()
            )
            if data["customer"] is None:
                self.add_error("customer_text", _("There is no customer “%(text)s”.") % {"text": text})
        return data

    def _post_clean(self) -> None:
        """The service writes, and refuses in its own words."""


class ProjectChoice(forms.Form):
    """The project of an order, typed or picked: `number name`, a number, or a part of the name that fits one."""

    project = forms.CharField(required=False, max_length=160, label=gettext_lazy("Project"))
    user: User

    def find_project(self) -> Project | None:
        """What was meant; an error stands at the field when nothing or several fit."""
        text = (self.cleaned_data.get("project") or "").strip()
        if not text:
            return None
        visible = Project.objects.visible_to(self.user).select_related("customer")
        if found := visible.filter(number__iexact=text.split()[0]).first():
            return found
        several = list(matching_projects(visible.active(), text)[:2])
        if len(several) == 1:
            return several[0]
        words = _("Several projects fit “%(text)s”.") if several else _("There is no project “%(text)s”.")
        self.add_error("project", words % {"text": text})
        return None


class AssignForm(ProjectChoice):
    """The project of an order that is there already."""

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean(self) -> dict[str, Any]:
        """With `found`, the project or None."""
        data = super().clean() or {}
        data["found"] = self.find_project()
        return data
