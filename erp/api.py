"""The API: one NinjaAPI to which each app adds its router."""

from ninja import NinjaAPI

api = NinjaAPI(title="Order-to-cash ERP", version="1", urls_namespace="api")
