"""Who may do what finance does outside a state machine."""

from django.utils.translation import gettext as _

from erp.errors import NotPermitted
from erp.models import User


def require(by: User | None, permission: str) -> None:
    """Raise NotPermitted unless the person has the right; None is the system itself."""
    if by is not None and not by.has_perm(permission):
        raise NotPermitted(
            _("Your role does not include this step of finance."), hint=_("Ask an administrator for the right.")
        )
