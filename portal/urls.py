from django.urls import path

from portal import views

app_name = "portal"
urlpatterns = [
    path("", views.home, name="home"),
    path("lookup/", views.look_up, name="lookup"),
    path("manifest.webmanifest", views.manifest, name="manifest"),
    path("orders/<str:number>/", views.order_page, name="order"),
    path("orders/<str:number>/received/", views.confirm_receipt, name="confirm"),
    path("orders/<str:number>/return/", views.ask_return, name="return"),
    path("orders/<str:number>/complaint/", views.complain, name="complain"),
    path("orders/<str:number>/rating/", views.rate, name="rate"),
    path("orders/<str:number>/confirmation.pdf", views.confirmation, name="confirmation"),
    path("orders/<str:number>/deliveries/<str:shipment>.pdf", views.delivery_note, name="delivery_note"),
]
