from django.urls import path

from shipping import carriage_urls
from shipping.views import picking, queue, scan, shipments, waves, webhooks

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
    path("waves/", waves.wave_list, name="waves"),
    path("waves/new/", waves.wave_new, name="wave_new"),
    path("waves/<str:number>/", waves.wave_page, name="wave"),
    path("waves/<str:number>/assign/", waves.wave_assign, name="wave_assign"),
    path("waves/<str:number>/dissolve/", waves.wave_dissolve, name="wave_dissolve"),
    path("waves/<str:number>/take-out/", waves.wave_take_out, name="wave_take_out"),
    path("returns/<int:pk>/", waves.return_done, name="return_done"),
    path("scan/<str:number>/", scan.scan_page, name="scan"),
    path("scan/<str:number>/claim/", scan.scan_claim, name="scan_claim"),
    path("scan/<str:number>/commands/", scan.scan_commands, name="scan_commands"),
    path("scan/<str:number>/finish/", scan.scan_finish, name="scan_finish"),
    path("<str:number>/", shipments.shipment_page, name="detail"),
    path("<str:number>/hand-over/", shipments.shipment_hand_over, name="hand_over"),
    path("<str:number>/events/", shipments.shipment_event, name="event"),
    path("<str:number>/transitions/", shipments.shipment_transition, name="transition"),
    path("<str:number>/tracking/", shipments.parcel_tracking, name="tracking"),
    path("<str:number>/note.pdf", shipments.delivery_note, name="note"),
]
