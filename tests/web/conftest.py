import copy
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model
from django.template import engines


@pytest.fixture(autouse=True)
def _test_pages(settings):
    """Our own few addresses and templates beside the real ones."""
    settings.ROOT_URLCONF = "tests.web.urls"
    templates = copy.deepcopy(settings.TEMPLATES)
    templates[0]["DIRS"] = [*templates[0]["DIRS"], Path(__file__).parent / "templates"]
    settings.TEMPLATES = templates
    yield
    engines.__dict__.pop("templates", None)


@pytest.fixture
def person(db):
    """A member of staff without any role."""
    return get_user_model().objects.create_user("plain", password="x", name="王磊")


@pytest.fixture
def customer(db):
    return get_user_model().objects.create_user("buyer", password="x", is_portal=True)
