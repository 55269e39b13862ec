"""The address of the home page."""

from django.urls import path

from reports.views.home import home

urlpatterns = [path("", home, name="home")]
