from django.urls import path

from production.views import boms, floor, orders

app_name = "production"
urlpatterns = [
    path("", orders.order_list, name="list"),
    path("new/", orders.order_new, name="new"),
    path("plan/", orders.plan_need, name="plan"),
    path("boms/", boms.bom_list, name="boms"),
    path("boms/<int:pk>/", boms.bom_page, name="bom"),
    path("<str:number>/", floor.order_page, name="detail"),
    path("<str:number>/transitions/", floor.order_transition, name="transition"),
    path("<str:number>/report/", floor.order_report, name="report"),
    path("<str:number>/components/", floor.order_components, name="components"),
    path("<str:number>/card.pdf", floor.job_card, name="card"),
]
