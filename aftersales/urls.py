"""Addresses of after-sales."""

from django.urls import path

from aftersales.views import cases, returns, start

app_name = "aftersales"
urlpatterns = [
    path("", start.start, name="list"),
    path("returns/", returns.return_list, name="returns"),
    path("returns/export.xlsx", returns.export, name="returns_export"),
    path("returns/new/", returns.new, name="return_new"),
    path("returns/<str:number>/", returns.detail, name="return"),
    path("returns/<str:number>/receive/", returns.receive, name="return_receive"),
    path("returns/<str:number>/transitions/", returns.transition, name="return_transition"),
    path("returns/<str:number>/transitions/<str:name>/", returns.transition, name="return_transition_named"),
    path("cases/", cases.case_list, name="cases"),
    path("cases/new/", cases.new, name="case_new"),
    path("cases/<str:number>/", cases.detail, name="case"),
    path("cases/<str:number>/actions/", cases.act, name="case_act"),
    path("cases/<str:number>/transitions/", cases.transition, name="case_transition"),
    path("cases/<str:number>/transitions/<str:name>/", cases.transition, name="case_transition_named"),
]
