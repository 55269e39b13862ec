"""Addresses of orders and customers."""

from django.urls import path

from orders.views import channels, customers, entry, imports, lists, page

app_name = "orders"
urlpatterns = [
    path("", lists.order_list, name="list"),
    path("export.xlsx", lists.export, name="export"),
    path("bulk/", lists.bulk, name="bulk"),
    path("new/", entry.new, name="new"),
    path("new/customer/", entry.customer_box, name="customer_box"),
    path("products.json", entry.products, name="products"),
    path("price.json", entry.price, name="price"),
    path("customers/", customers.customer_list, name="customers"),
    path("customers/search.json", customers.search, name="customer_search"),
    path("customers/new/", customers.new, name="customer_new"),
    path("customers/quick/", customers.quick, name="customer_quick"),
    path("customers/<str:code>/", customers.detail, name="customer"),
    path("customers/<str:code>/edit/", customers.edit, name="customer_edit"),
    path("customers/<str:code>/contacts/", customers.add_contact, name="contact_new"),
    path("customers/<str:code>/contacts/<int:pk>/", customers.change_contact, name="contact"),
    path("customers/<str:code>/addresses/", customers.add_address, name="address_new"),
    path("customers/<str:code>/addresses/<int:pk>/", customers.change_address, name="address"),
    path("import/", imports.home, name="import"),
    path("import/template.xlsx", imports.template, name="import_template"),
    path("import/<int:pk>/", imports.run, name="import_run"),
    path("import/<int:pk>/start/", imports.begin, name="import_start"),
    path("import/<int:pk>/mapping/", imports.mapping, name="import_mapping"),
    path("import/<int:pk>/columns/", imports.columns, name="import_columns"),
    path("import/<int:pk>/bad-rows.csv", imports.bad_rows, {"form": "csv"}, name="import_bad_csv"),
    path("import/<int:pk>/bad-rows.xlsx", imports.bad_rows, {"form": "xlsx"}, name="import_bad_xlsx"),
    path("channels/", channels.queue, name="channels"),
    path("channels/<int:pk>/", channels.delivery, name="delivery"),
    path("channels/<int:pk>/retry/", channels.again, name="delivery_retry"),
    path("channels/<int:pk>/dismiss/", channels.put_aside, name="delivery_dismiss"),
    path("channels/<int:pk>/sku/", channels.meant, name="delivery_sku"),
    path("channels/<str:code>/webhook/", channels.webhook, name="webhook"),
    path("<str:number>/", page.detail, name="detail"),
    path("<str:number>/edit/", entry.edit, name="edit"),
    path("<str:number>/transitions/", page.transition, name="transition"),
    path("<str:number>/transitions/<str:name>/", page.transition, name="transition_named"),
    path("<str:number>/comments/", page.comment, name="comment"),
    path("<str:number>/hold/", page.hold, name="hold"),
    path("<str:number>/check/", page.recheck, name="check"),
    path("<str:number>/reserve/", page.reserve, name="reserve"),
    path("<str:number>/confirmation.pdf", page.confirmation, name="confirmation"),
]
