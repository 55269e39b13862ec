"""The API: one NinjaAPI to which each app adds its router. Documentation at /api/v1/docs."""

from ninja import NinjaAPI

from erp.rest import BearerToken, install_handlers
from inventory.api import products_router, stock_router
from inventory.buying_api import purchases_router, suppliers_router
from orders.api import customers_router, orders_router
from orders.api_changes import order_changes_router
from orders.api_substatus import order_sub_status_router, sub_statuses_router

api = NinjaAPI(
    title="Order-to-cash ERP",
    version="1",
    urls_namespace="api",
    auth=BearerToken(),
    description=(
        "Orders from entry to settled completion. Send `Authorization: Bearer <token>`; `manage.py api_token USER` "
        "prints one. Decimals travel as strings, times as ISO 8601 with their offset, lists as "
        '`{"items": […], "next": cursor or null}`, refusals as problem documents (RFC 9457).'
    ),
)
install_handlers(api)
api.add_router("/orders", orders_router)
api.add_router("/orders", order_sub_status_router)
api.add_router("/orders", order_changes_router)
api.add_router("/sub-statuses", sub_statuses_router)
api.add_router("/customers", customers_router)
api.add_router("/products", products_router)
api.add_router("/stock", stock_router)
api.add_router("/suppliers", suppliers_router)
api.add_router("/purchase-orders", purchases_router)
