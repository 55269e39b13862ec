"""Customer tags: the words to find and group customers by."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from erp.errors import BusinessError, NotPermitted
from erp.models import User
from orders.models import Tag

LONGEST = 30


def tags_named(names: Iterable[str], *, by: User | None) -> list[Tag]:
    """The tags with these names, made where there are none. Two queries.

    Raises NotPermitted when a new one is needed and the person may not make it, BusinessError for one that is too long.
    """
    wanted = {name.casefold(): name for raw in names if (name := " ".join(raw.split()))}
    if too_long := next((name for name in wanted.values() if len(name) > LONGEST), ""):
        raise BusinessError(
            _("The tag “%(name)s” is longer than %(most)s characters.") % {"name": too_long, "most": LONGEST},
            field="new_tags",
        )
    if not wanted:
        return []
    known = {tag.name.casefold(): tag for tag in Tag.objects.all()}
    missing = [name for key, name in wanted.items() if key not in known]
    if missing and by is not None and not by.has_perm("orders.add_tag"):
        raise NotPermitted(
            _("You do not have the right to make new tags."), hint=_("Choose among those that there are.")
        )
    Tag.objects.bulk_create([Tag(name=name) for name in missing], ignore_conflicts=True)  # made at the same moment
    Tag.forget()
    made = Tag.objects.filter(name__in=missing) if missing else []
    return [*(known[key] for key in wanted if key in known), *made]
