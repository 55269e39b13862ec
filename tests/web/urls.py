"""A few views that behave in every way the helpers are for."""

from django import forms
from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.urls import include, path
from markupsafe import Markup

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


ITEMS = [
    {"id": 1, "code": "M8-20", "name": "内六角螺栓", "sub": "304", "side": "0.85", "price": "0.85", "tax": "0.13"},
    {"id": 2, "code": "M8-30", "name": "内六角螺栓", "sub": "304", "side": "1.005", "price": "1.005", "tax": "0.13"},
]


@view("pick/")
def pick(request):
    q = request.GET.get("q", "").lower()
    return JsonResponse({"items": [i for i in ITEMS if q in f"{i['code']} {i['name']}".lower()]})


@view("echo/")
@staff_required
def echo(request):
    return HttpResponse("<main id=main>" + " ".join(f"{k}={v}" for k, v in request.POST.items() if "csrf" not in k))


@view("clock/")
def clock(request):
    return HttpResponse("走")


@view("behave/")
@staff_required
def behave(request):
    def row(n):
        return Markup(
            '<tr><td class="col-pos" data-line-position>1</td><td class="col-product">'
            '<input class="form-control" aria-label="产品" data-picker="/pick/" data-picker-for="line-{n}-product">'
            '<input type="hidden" name="line-{n}-product" data-f="product"><input type="hidden" data-f="tax" value="0.13"></td>'
            '<td><input class="form-control num" aria-label="数量" name="line-{n}-quantity" data-f="quantity"></td>'
            '<td><input class="form-control num" aria-label="单价" name="line-{n}-price" data-f="price"></td>'
            '<td><input class="form-control num" aria-label="折扣" name="line-{n}-discount" data-f="discount"></td>'
            '<td class="col-total" data-line-total></td><td><button type="button" data-line-remove aria-label="删除">×</button></td></tr>'
        ).format(n=n)

    return render_page(request, "browser_test.html", {"row": row})
