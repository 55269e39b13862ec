# ruff: noqa: E501 -- sample data reads best one item a line
"""`/ui/`: every component on one page, to look at and to test. For administrators, and for all in development."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from django import forms
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone

from erp.web.pages import render_page


class SampleForm(forms.Form):
    """One field of each kind, two of them wrong."""

    name = forms.CharField(label="客户名称", max_length=60, help_text="营业执照上的全称")
    phone = forms.CharField(label="手机号", initial="1380000")
    kind = forms.ChoiceField(label="客户等级", choices=[("a", "A 级"), ("b", "B 级")])
    due = forms.DateField(label="交货日期", widget=forms.DateInput, required=False)
    limit = forms.DecimalField(label="信用额度", initial=Decimal("50000.00"))
    note = forms.CharField(label="备注", widget=forms.Textarea(attrs={"rows": 2}), required=False)
    active = forms.BooleanField(label="启用", initial=True, required=False)

    def clean_phone(self) -> str:
        raise forms.ValidationError("手机号应为 11 位数字，例如 13800001234。")


def style_guide(request: HttpRequest) -> HttpResponse:
    """All components with sample data."""
    if not (settings.DEBUG or (request.user.is_authenticated and request.user.is_superuser)):
        raise Http404
    return render_page(request, "ui_guide.html", _sample())


def _sample() -> dict[str, Any]:
    now = timezone.now()
    return {
        "form": SampleForm({"name": "", "phone": "1380000", "limit": "50000.00", "kind": "a"}),
        "statuses": [
            ("pending", "待处理"), ("approved", "已审核"), ("in_production", "生产中"), ("ready_to_ship", "待发货"),
            ("shipped", "已发货"), ("completed", "已完成"), ("cancelled", "已取消"), ("rejected", "已驳回"),
        ],
        "rows": [
            ("SO-20261121-00042", "宁波海达五金有限公司", "pending", "待处理", Decimal("12860.50"), "2026-11-28", (60, 0, 0)),
            ("SO-20261121-00041", "苏州恒力精密机械有限公司", "in_production", "生产中", Decimal("238400"), "2026-12-02", (20, 50, 10)),
            ("SO-20261120-00040", "广州南粤贸易行", "ready_to_ship", "待发货", Decimal("980"), "2026-11-24", (100, 0, 0)),
            ("SO-20261119-00037", "杭州西溪建材", "completed", "已完成", Decimal("66120.75"), "2026-11-20", (0, 0, 100)),
        ],
        "steps": [
            {"label": "待处理", "state": "done", "at": now - dt.timedelta(days=3)},
            {"label": "已审核", "state": "done", "at": now - dt.timedelta(days=3, hours=-2)},
            {"label": "生产中", "state": "current", "at": now - dt.timedelta(days=2)},
            {"label": "待发货"}, {"label": "已发货"}, {"label": "已完成"},
        ],
        "events": [
            {"title": "生产工单 MO-20261119-00012 开工", "at": now - dt.timedelta(hours=5), "by": "周强", "tone": "violet", "icon": "building-factory-2"},
            {"title": "审核通过", "at": now - dt.timedelta(days=2), "by": "李敏", "tone": "blue", "icon": "check", "body": "价格已与客户确认，按合同价执行。"},
            {"title": "订单创建", "at": now - dt.timedelta(days=3), "by": "王磊", "tone": "grey", "icon": "plus", "meta": "电话"},
        ],
        "moves": [
            SimpleNamespace(name="approve", label="审核通过", allowed=True, permitted=True, reason="", kind="primary", needs_note=False),
            SimpleNamespace(name="reject", label="驳回", allowed=True, permitted=True, reason="", kind="danger", needs_note=True),
            SimpleNamespace(name="ship", label="发货", allowed=False, permitted=True, reason="还有 2 行未备齐。", kind="secondary", needs_note=False),
        ],
        "comments": [SimpleNamespace(by="王磊", at=now, text="客户希望分两批送货，第一批周五前到。")],
        "chart": {"type": "bar", "x": ["周一", "周二", "周三", "周四", "周五", "周六"], "series": [{"name": "订单", "data": [12, 18, 9, 22, 17, 6]}], "unit": "单"},
        "pie": {"type": "pie", "x": ["待处理", "生产中", "待发货", "已发货"], "series": [{"name": "订单", "data": [14, 22, 9, 31]}]},
    }  # fmt: skip
