"""Addresses of the frame itself: language, preferences, style guide."""

from django.urls import path
from django.views.i18n import set_language

from erp.web import preferences, styleguide

urlpatterns = [
    path("i18n/setlang/", set_language, name="set_language"),
    path("preferences/", preferences.save, name="preferences"),
    path("ui/", styleguide.style_guide, name="style_guide"),
]
