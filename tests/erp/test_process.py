"""The process page names real services, and says so when it does not."""

import pytest

from erp.process import PROCESS, check_followers
from erp.workflow import Document


def test_every_follower_exists() -> None:
    assert check_followers() == []


@pytest.mark.parametrize(
    ("step", "path", "error"),
    [
        ("fly", "orders.services.allocate_order", "erp.E001"),
        ("approve", "orders.services.no_such_service", "erp.E002"),
        ("approve", "orders.services.run_checks", "erp.E003"),
    ],
)
def test_a_slip_is_named(monkeypatch: pytest.MonkeyPatch, step: str, path: str, error: str) -> None:
    monkeypatch.setitem(PROCESS, "orders.SalesOrder", {step: [path]})
    assert [found.id for found in check_followers()] == [error]


def test_every_document_with_a_life_is_a_document() -> None:
    from django.apps import apps

    for label in PROCESS.keys() - {"erp.Comment"}:
        assert issubclass(apps.get_model(label), Document), label
