from django.urls import path

from inventory.views import moves, products, proposals, purchases, receiving, stock, suppliers

app_name = "inventory"
urlpatterns = [
    path("", stock.stock_list, name="list"),
    path("stock.xlsx", stock.stock_xlsx, name="xlsx"),
    path("moves/", moves.move_list, name="moves"),
    path("products/search.json", products.product_search, name="search"),
    path("products/new/", products.product_new, name="product_new"),
    path("products/<path:sku>/edit/", products.product_edit, name="product_edit"),
    path("products/<path:sku>/adjust/", products.product_adjust, name="adjust"),
    path("products/<path:sku>/", products.product_card, name="product"),
    path("suppliers/", suppliers.supplier_list, name="suppliers"),
    path("suppliers/new/", suppliers.supplier_new, name="supplier_new"),
    path("suppliers/<str:code>/", suppliers.supplier_page, name="supplier"),
    path("suppliers/<str:code>/edit/", suppliers.supplier_edit, name="supplier_edit"),
    path("suppliers/<str:code>/prices/", suppliers.price_add, name="price_add"),
    path("suppliers/<str:code>/prices/upload/", suppliers.prices_upload, name="prices_upload"),
    path("suppliers/<str:code>/prices/<int:pk>/remove/", suppliers.price_remove, name="price_remove"),
    path("suppliers/<str:code>/prices.xlsx", suppliers.prices_export, name="prices_export"),
    path("purchases/", purchases.purchase_list, name="purchases"),
    path("purchases/new/", purchases.purchase_new, name="purchase_new"),
    path("purchases/proposals/", proposals.proposals, name="proposals"),
    path("purchases/needs/", proposals.order_supplier_needs, name="order_needs"),
    path("purchases/<str:number>/", purchases.purchase_page, name="purchase"),
    path("purchases/<str:number>/order.pdf", purchases.purchase_pdf, name="purchase_pdf"),
    path("purchases/<str:number>/edit/", purchases.purchase_edit, name="purchase_edit"),
    path("purchases/<str:number>/receive/", receiving.purchase_receive, name="receive"),
    path("purchases/<str:number>/inspect/", receiving.purchase_inspect, name="inspect"),
    path("purchases/<str:number>/return/", receiving.purchase_return, name="supplier_return"),
    path("purchases/<str:number>/returns/<str:paper>/settle/", receiving.settle_return, name="settle_return"),
    path("purchases/<str:number>/send/", purchases.purchase_send, name="purchase_send"),
    path("purchases/<str:number>/day/", purchases.purchase_reschedule, name="purchase_reschedule"),
    path("purchases/<str:number>/transitions/", purchases.purchase_transition, name="purchase_transition"),
]
