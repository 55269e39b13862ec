"""The text of a comment: whom it names with @, and how it is drawn with links for one reader."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from erp.errors import BusinessError
from erp.models import User
from erp.talk.kinds import NUMBER

# Chinese may stand right before the sign (请@张三看), Latin letters may not (info@example.com).
HANDLE = re.compile(r"(?<![A-Za-z0-9._%+-])@([\w.\-·]{1,60})")
SHORTEST = 2
MOST = 20


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a comment: plain text, a person (`person`), or the number of a document with its page (`href`)."""

    text: str
    href: str = ""
    person: bool = False


def _beginnings(run: str) -> list[str]:
    """What may be a name in the letters behind an @, the longest first: Chinese needs no space behind a name."""
    return [run[:end].lower() for end in range(len(run), SHORTEST - 1, -1)]


def named_in(text: str, staff: QuerySet[User]) -> dict[int, tuple[User, str]]:
    """The people whom a text names with @, each with how they were written. One query.

    A user name goes before a name. Raises BusinessError when two people have the name, or too many are named.
    """
    runs = list(dict.fromkeys(HANDLE.findall(text)))
    words = {word for run in runs for word in _beginnings(run)}
    if not words:
        return {}
    known = staff.annotate(lower_login=Lower("username"), lower_name=Lower("name"))
    by_login: dict[str, User] = {}
    by_name: dict[str, list[User]] = {}
    for person in known.filter(Q(lower_login__in=words) | Q(lower_name__in=words)).order_by("id"):
        by_login[person.username.lower()] = person
        if person.name:
            by_name.setdefault(person.name.lower(), []).append(person)
    found: dict[int, tuple[User, str]] = {}
    for run in runs:
        for word in _beginnings(run):
            if meant := by_login.get(word) or _only(by_name.get(word, [])):
                found.setdefault(meant.pk, (meant, run[: len(word)]))
                break
    if len(found) > MOST:
        raise BusinessError(_("At most %(most)s people can be named in one comment.") % {"most": MOST}, field="text")
    return found


def _only(people: list[User]) -> User | None:
    if len(people) > 1:
        raise BusinessError(
            _("Several people are called %(name)s.") % {"name": people[0]},
            hint=_("Write the user name instead: %(names)s.") % {"names": ", ".join(f"@{p.username}" for p in people)},
            field="text",
        )
    return people[0] if people else None


def numbers_in(texts: Iterable[str]) -> set[str]:
    """Every document number that the texts contain."""
    return {number for text in texts for number in NUMBER.findall(text)}


def parts_of(text: str, *, people: Mapping[str, str], pages: Mapping[str, str]) -> list[Part]:
    """Cut a comment into pieces: `people` are names by the handle written, `pages` addresses by number."""
    handles = sorted(people, key=len, reverse=True)
    marks = [re.escape(f"@{handle}") for handle in handles] + [re.escape(number) for number in pages]
    if not marks:
        return [Part(text)]
    parts = []
    for piece in re.split(f"({'|'.join(marks)})", text):
        if piece.startswith("@") and piece[1:] in people:
            parts.append(Part(f"@{people[piece[1:]]}", person=True))
        elif piece in pages:
            parts.append(Part(piece, href=pages[piece]))
        elif piece:
            parts.append(Part(piece))
    return parts
