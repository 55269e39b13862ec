"""The company's roles as groups: what each may see and do, in one table.

A role that exists is left as the administrator has shaped it; only a missing one is made.
"""

from typing import Any

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

_READ_CARRIAGE = ["shipping.view_pickup", "shipping.view_carrierrule", "shipping.view_parcelproblem"]
_SHAPE_CARRIAGE = [
    *_READ_CARRIAGE,
    "shipping.add_carrierrule",
    "shipping.change_carrierrule",
    "shipping.delete_carrierrule",
    "shipping.change_parcelproblem",
]
# What every member of staff may read. Prices of customers and money stay with those who need them.
_READ_ORDERS = ["orders.view_salesorder", "orders.view_customer", "orders.view_all_orders"]
_READ_STOCK = ["inventory.view_product", "inventory.view_stockitem"]
_READ_SUPPLIERS = ["inventory.view_supplier", "inventory.view_supplierprice"]
_READ_FLOW = ["production.view_productionorder", "shipping.view_shipment", "shipping.view_picklist"]

ROLES: dict[str, dict[str, Any]] = {
    "sales": {
        "label": _("Sales"),
        "permissions": [
            "erp.share_attachment",
            "orders.view_salesorder",
            "orders.add_salesorder",
            "orders.change_salesorder",
            "orders.cancel_salesorder",
            "orders.resubmit_salesorder",
            "orders.split_salesorder",
            "orders.merge_salesorder",
            "orders.view_project",
            "orders.add_project",
            "orders.change_project",
            "orders.view_customer",
            "orders.add_customer",
            "orders.change_customer",
            "orders.add_tag",
            "orders.view_pricelist",
            "orders.view_personal_data",
            "aftersales.view_returnrequest",
            "aftersales.add_returnrequest",
            "aftersales.view_servicecase",
            "aftersales.add_servicecase",
            "shipping.view_parcelproblem",
            *_READ_STOCK,
            *_READ_FLOW,
        ],
    },
    "approver": {
        "label": _("Approval"),
        "permissions": [
            *_READ_ORDERS,
            "orders.approve_salesorder",
            "orders.hold_salesorder",
            "orders.view_personal_data",
            "orders.view_margin",
            "orders.view_project",
            "reports.view_reports",
            *_READ_STOCK,
            *_READ_FLOW,
            "finance.view_invoice",
        ],
    },
    "planner": {
        "label": _("Production"),
        "permissions": [
            *_READ_ORDERS,
            *_READ_STOCK,
            *_READ_FLOW,
            "production.add_productionorder",
            "production.change_productionorder",
            "production.run_productionorder",
            "production.view_billofmaterials",
            "production.change_billofmaterials",
            "inventory.view_purchaseorder",
            *_READ_SUPPLIERS,
        ],
    },
    "purchasing": {
        "label": _("Purchasing"),
        "permissions": [
            *_READ_ORDERS,
            *_READ_STOCK,
            *_READ_FLOW,
            "inventory.view_purchaseorder",
            "inventory.add_purchaseorder",
            "inventory.change_purchaseorder",
            "inventory.return_goods",
            "inventory.add_product",
            "inventory.change_product",
            *_READ_SUPPLIERS,
            "inventory.add_supplier",
            "inventory.change_supplier",
            "inventory.add_supplierprice",
            "inventory.change_supplierprice",
            "inventory.delete_supplierprice",
            "production.view_billofmaterials",
        ],
    },
    "warehouse": {
        "label": _("Warehouse"),
        "permissions": [
            *_READ_ORDERS,
            *_READ_STOCK,
            *_READ_FLOW,
            "inventory.view_purchaseorder",
            "inventory.add_purchaseorder",
            "inventory.change_purchaseorder",
            "inventory.receive_goods",
            "inventory.inspect_goods",
            "inventory.return_goods",
            *_READ_SUPPLIERS,
            "inventory.adjust_stock",
            "inventory.view_stockcount",
            "inventory.add_stockcount",
            "inventory.change_stockcount",
            "inventory.enter_stockcount",
            "inventory.view_adjustment",
            "inventory.view_transfer",
            "inventory.add_transfer",
            "inventory.send_transfer",
            "inventory.receive_transfer",
            "inventory.change_stock_state",
            "inventory.add_product",
            "inventory.change_product",
            "shipping.pick_picklist",
            "shipping.pack_shipment",
            *_READ_CARRIAGE,
            "aftersales.view_returnrequest",
            "aftersales.receive_returnrequest",
        ],
    },
    "logistics": {
        "label": _("Logistics"),
        "permissions": [
            "erp.share_attachment",
            *_READ_ORDERS,
            "orders.view_personal_data",
            *_READ_STOCK,
            *_READ_FLOW,
            "shipping.pack_shipment",
            "shipping.hand_over_shipment",
            "shipping.add_trackingevent",
            "shipping.view_carrier",
            *_SHAPE_CARRIAGE,
        ],
    },
    "finance": {
        "label": _("Finance"),
        "permissions": [
            "erp.share_attachment",
            *_READ_ORDERS,
            "orders.view_personal_data",
            "orders.view_margin",
            "orders.view_project",
            "orders.hold_salesorder",
            *_READ_STOCK,
            *_READ_FLOW,
            "inventory.view_purchaseorder",
            "inventory.view_stockcount",
            "inventory.view_adjustment",
            *_READ_SUPPLIERS,
            "finance.view_invoice",
            "finance.post_invoice",
            "finance.add_invoice",
            "finance.view_payment",
            "finance.add_payment",
            "finance.post_payment",
            "finance.view_journalentry",
            "aftersales.view_returnrequest",
            "aftersales.refund_returnrequest",
            "reports.view_reports",
        ],
    },
    "service": {
        "label": _("After-sales"),
        "permissions": [
            "erp.share_attachment",
            *_READ_ORDERS,
            "orders.view_personal_data",
            *_READ_STOCK,
            *_READ_FLOW,
            "aftersales.view_returnrequest",
            "aftersales.add_returnrequest",
            "shipping.view_parcelproblem",
            "shipping.change_parcelproblem",
            "aftersales.decide_returnrequest",
            "aftersales.view_servicecase",
            "aftersales.add_servicecase",
            "aftersales.change_servicecase",
        ],
    },
    "manager": {
        "label": _("Manager"),
        "permissions": [
            "erp.share_attachment",
            "erp.delete_attachment",
            *_READ_ORDERS,
            "orders.view_personal_data",
            "orders.view_margin",
            "orders.approve_salesorder",
            "orders.cancel_salesorder",
            "orders.assign_salesorder",
            "orders.restore_salesorder",
            "orders.hold_salesorder",
            "orders.add_salesorder",
            "orders.change_salesorder",
            "orders.resubmit_salesorder",
            "orders.take_reservation",
            "orders.split_salesorder",
            "orders.merge_salesorder",
            "orders.view_project",
            "orders.add_project",
            "orders.change_project",
            "orders.add_customer",
            "orders.change_customer",
            "orders.add_tag",
            "orders.merge_customer",
            "orders.view_pricelist",
            "orders.add_pricelist",
            "orders.change_pricelist",
            *_READ_STOCK,
            *_READ_FLOW,
            "inventory.view_purchaseorder",
            "inventory.approve_purchaseorder",
            "inventory.view_stockcount",
            "inventory.approve_stockcount",
            "inventory.view_transfer",
            "inventory.close_transfer",
            "inventory.view_adjustment",
            "inventory.approve_adjustment",
            *_READ_SUPPLIERS,
            "production.view_billofmaterials",
            "finance.view_invoice",
            "finance.view_payment",
            "finance.view_journalentry",
            "aftersales.view_returnrequest",
            "aftersales.view_servicecase",
            "erp.share_savedview",
            "reports.view_reports",
        ],
    },
    "admin": {"label": _("Administrator"), "permissions": ["*"]},
}


def create_missing_roles(sender: AppConfig, **kwargs: Any) -> None:
    """Make the groups that do not exist yet, once every app's permissions exist (after `migrate`)."""
    from django.apps import apps

    if sender.name != [app.name for app in apps.get_app_configs() if app.models_module][-1]:
        return
    from django.contrib.auth.models import Group, Permission

    existing = set(Group.objects.filter(name__in=ROLES).values_list("name", flat=True))
    missing = [role for role in ROLES if role not in existing]
    if not missing:
        return
    permissions = {
        f"{app}.{codename}": pk
        for pk, app, codename in Permission.objects.values_list("pk", "content_type__app_label", "codename")
    }
    for role in missing:
        group = Group.objects.create(name=role)
        wanted = ROLES[role]["permissions"]
        names = list(permissions) if wanted == ["*"] else wanted
        group.permissions.set([permissions[name] for name in names])
