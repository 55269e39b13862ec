from django.urls import path

from inventory.views import moves, products, purchases, stock

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
    path("purchases/", purchases.purchase_list, name="purchases"),
    path("purchases/new/", purchases.purchase_new, name="purchase_new"),
    path("purchases/needs/", purchases.order_supplier_needs, name="order_needs"),
    path("purchases/<str:number>/", purchases.purchase_page, name="purchase"),
    path("purchases/<str:number>/order.pdf", purchases.purchase_pdf, name="purchase_pdf"),
    path("purchases/<str:number>/edit/", purchases.purchase_edit, name="purchase_edit"),
    path("purchases/<str:number>/receive/", purchases.purchase_receive, name="receive"),
    path("purchases/<str:number>/transitions/", purchases.purchase_transition, name="purchase_transition"),
]
