from django.urls import path

from shipping import carriage_urls
from shipping.views import picking, queue, shipments, webhooks

app_name = "shipping"
urlpatterns = [
    path("", queue.queue, name="list"),
    path("open/", picking.pick_open, name="open"),
    path("webhooks/<str:code>/", webhooks.carrier_webhook, name="webhook"),
    path("webhooks/<str:code>/<str:token>/", webhooks.carrier_webhook, name="webhook"),
    *carriage_urls.urlpatterns,
    path("picks/<str:number>/", picking.pick_page, name="pick"),
    path("picks/<str:number>/pack/", picking.pack_page, name="pack"),
    path("picks/<str:number>/list.pdf", picking.pick_pdf, name="pick_pdf"),
    path("<str:number>/", shipments.shipment_page, name="detail"),
    path("<str:number>/hand-over/", shipments.shipment_hand_over, name="hand_over"),
    path("<str:number>/events/", shipments.shipment_event, name="event"),
    path("<str:number>/transitions/", shipments.shipment_transition, name="transition"),
    path("<str:number>/tracking/", shipments.parcel_tracking, name="tracking"),
    path("<str:number>/note.pdf", shipments.delivery_note, name="note"),
]
