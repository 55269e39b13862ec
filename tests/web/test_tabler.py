from pathlib import Path

from erp.web import tabler

CSS = """@charset "UTF-8";
:root{--a:1px}a:hover{color:red}
.used,.unused{top:0}.used.unused{top:1px}.used:not(.unused){top:2px}.w-1\\/2{width:50%}
@media (min-width:1px){.used{top:3px}.unused{top:4px}}
@media print{.unused{top:5px}}
@keyframes spin{to{rotate:1turn}}"""


def test_only_rules_of_used_classes_stay():
    kept = tabler.cut(CSS, {"used"})
    assert ":root{--a:1px}a:hover{color:red}.used{top:0}.used:not(.unused){top:2px}" in kept
    assert "@media (min-width:1px){.used{top:3px}}" in kept
    assert "@keyframes spin" in kept
    for gone in ("top:1px", "top:4px", "print", "charset", "w-1"):
        assert gone not in kept


def test_our_templates_and_code_are_read():
    names = {path.name for path in tabler.sources()}
    assert {"base.html", "core.js", "badges.py"} <= names
    assert not any(".venv" in path.parts or "tests" in path.parts for path in tabler.sources())


def test_without_the_libraries_our_own_styles_are_served(settings, tmp_path):
    settings.BASE_DIR = Path(tmp_path)
    assert tabler.style_sheet() == ""
