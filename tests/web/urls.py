"""A few views that behave in every way the helpers are for."""

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.urls import include, path

from erp.errors import BusinessError, NotPermitted, TransitionRefused
from erp.web import finished, go, live_token, perm_required, render_page, staff_required, toast, unchanged

urlpatterns = [path("", include("erp.web.urls")), path("accounts/", include("allauth.urls"))]
handler403 = "erp.web.errors.permission_denied"
handler404 = "erp.web.errors.page_not_found"
handler500 = "erp.web.errors.server_error"


def view(route):
    def add(function):
        urlpatterns.append(path(route, function, name=function.__name__))
        return function

    return add


@view("page/")
def page(request):
    if request.GET.get("say"):
        messages.error(request, request.GET["say"])
    token = live_token("a", 1)
    return unchanged(request, token) or render_page(
        request,
        "ui_test.html",
        {"word": "您好", "token": token},
        block=["first", "second"] if "two" in request.GET else "first",
    )


@view("refuse/")
def refuse(request):
    raise TransitionRefused("不能发货", reasons=["还有 2 行未备齐。"], hint="先备齐。")


@view("refuse-right/")
def refuse_right(request):
    raise NotPermitted("没有权限")


@view("staff/")
@staff_required
def staff(request):
    return toast(toast(HttpResponse("in"), "一"), "二", "danger")


@view("perm/")
@perm_required("auth.add_group")
def perm(request):
    return HttpResponse("in")


@view("go/")
def goes(request):
    return go(request, "/page/")


@view("done/")
def done(request):
    return finished(HttpResponse("ready"))


@view("boom/")
def boom(request):
    raise RuntimeError("boom")


class AForm(forms.Form):
    name = forms.CharField(help_text="帮助")


def refusal(field):
    return BusinessError("名称已存在", field=field, hint="换一个。")
