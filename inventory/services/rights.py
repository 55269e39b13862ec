"""Refuses people who lack the right for an act that is no move of a document."""

from django.utils.translation import gettext as _

from erp.errors import NotPermitted
from erp.models import User


def need_right(by: User | None, permission: str) -> None:
    """Nothing for the system (None) and for who has the right. Raises NotPermitted."""
    if by is not None and not by.has_perm(permission):
        raise NotPermitted(
            _("You do not have the right to do this."), hint=_("Ask an administrator for the role that does this.")
        )
