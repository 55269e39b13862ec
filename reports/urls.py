from django.urls import path

from reports.views import pages

app_name = "reports"
urlpatterns = [
    path("", pages.overview, name="home"),
    path("<slug:slug>/", pages.page, name="page"),
]
