"""Every address of the system by app."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from erp import health
from erp.api import api

urlpatterns = [
    path("", include("reports.home_urls")),
    path("", include("erp.web.urls")),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("accounts/", include("allauth.urls")),
    path("orders/", include("orders.urls")),
    path("inventory/", include("inventory.urls")),
    path("production/", include("production.urls")),
    path("shipping/", include("shipping.urls")),
    path("finance/", include("finance.urls")),
    path("aftersales/", include("aftersales.urls")),
    path("notifications/", include("notifications.urls")),
    path("portal/", include("portal.urls")),
    path("reports/", include("reports.urls")),
    path("api/v1/", api.urls),
    path("admin/login/", RedirectView.as_view(pattern_name="account_login", query_string=True)),
    path("admin/", admin.site.urls),
]

if settings.DEBUG and "debug_toolbar" in settings.INSTALLED_APPS:
    urlpatterns.append(path("__debug__/", include("debug_toolbar.urls")))

handler400 = "erp.web.errors.bad_request"
handler403 = "erp.web.errors.permission_denied"
handler404 = "erp.web.errors.page_not_found"
handler500 = "erp.web.errors.server_error"
