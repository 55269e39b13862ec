"""The tools that keep the three languages complete."""

import gettext
import io
import sys
from pathlib import Path

import pytest

from erp.embedded.paths import ROOT

sys.path.insert(0, str(ROOT / "tools"))

import check_translations
import messages
from catalogue import CatalogueError, read_parts


def test_the_compiled_form_is_what_gettext_reads() -> None:
    compiled = messages.machine_object({"": messages.HEADER, "line": "行", "line\0line": "行", "verb\x04order": "下单"})
    translations = gettext.GNUTranslations(io.BytesIO(compiled))

    assert translations.gettext("line") == "行"
    assert translations.ngettext("line", "lines", 5) == "行"
    assert translations.pgettext("verb", "order") == "下单"
    assert translations.gettext("unknown") == "unknown"


def test_messages_of_django_templates_are_found() -> None:
    source = b'{% load i18n %}{% trans "Sign in" %}\n{% blocktrans count n=x %}one {{ n }}{% plural %}many{% endblocktrans %}'
    python = check_translations._as_python(source, Path("page.html"))

    found = check_translations.extract("python", io.BytesIO(python), check_translations.KEYWORDS)
    assert [(line, message) for line, message, _, _ in found] == [(1, "Sign in"), (2, ("one %(n)s", "many"))]


@pytest.mark.parametrize(
    ("content", "complaint"),
    [('{"Order": "订单"}', "needs two texts"), ('{"Order": ["订单"]}', "needs two texts"), ("{", "not valid JSON")],
)
def test_a_broken_part_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str, complaint: str) -> None:
    (tmp_path / "orders.json").write_text(content, "utf-8")
    monkeypatch.setattr("catalogue.PARTS", tmp_path)
    monkeypatch.setattr("catalogue.ROOT", tmp_path)

    with pytest.raises(CatalogueError, match=f"orders.json.*{complaint}"):
        read_parts()


@pytest.mark.parametrize(
    ("texts", "complaint"),
    [
        (None, "no translation: 'Order %(number)s'"),
        (["", "訂單 %(number)s"], "no translation"),
        (["订单 %(nummer)s", "訂單 %(number)s"], "other placeholders in zh_Hans"),
    ],
)
def test_a_fault_fails_the_check(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], texts: list[str] | None, complaint: str
) -> None:
    from catalogue import Translation

    parts = {} if texts is None else {"Order %(number)s": [Translation((texts[0], texts[1]), ROOT / "orders.json")]}
    monkeypatch.setattr(check_translations, "used_messages", lambda: {"Order %(number)s": "orders/views.py:1"})
    monkeypatch.setattr(check_translations, "read_parts", lambda: parts)

    assert check_translations.main() == 1
    assert complaint in capsys.readouterr().out
