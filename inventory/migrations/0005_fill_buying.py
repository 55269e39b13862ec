"""What was received before inspection existed counts as accepted where it lies in a bin; new rights for old roles."""

from typing import Any

from django.db import migrations

from erp.grants import grant

FILL = [
    """
    UPDATE inventory_receiptline AS line SET accepted = line.quantity
    FROM inventory_goodsreceipt AS receipt, inventory_place AS place
    WHERE receipt.id = line.receipt_id AND receipt.status = 'posted' AND place.id = receipt.place_id
        AND place.kind = 'bin' AND line.accepted = 0
    """,
    """
    INSERT INTO inventory_inspection (line_id, accepted, rejected, reason, place_id, at, by_id, key)
    SELECT line.id, line.accepted, 0, '', receipt.place_id, receipt.created_at, receipt.created_by_id, 'receipt'
    FROM inventory_receiptline AS line JOIN inventory_goodsreceipt AS receipt ON receipt.id = line.receipt_id
    WHERE line.accepted > 0 AND NOT EXISTS (SELECT 1 FROM inventory_inspection AS done WHERE done.line_id = line.id)
    """,
    """
    UPDATE inventory_purchaseline AS line SET accepted = arrived.accepted
    FROM (
        SELECT purchase_line_id, sum(accepted) AS accepted FROM inventory_receiptline GROUP BY purchase_line_id
    ) AS arrived
    WHERE arrived.purchase_line_id = line.id AND arrived.accepted > 0
    """,
    """
    UPDATE inventory_purchaseorder SET promised_on = expected_on, placed_at = status_since
    WHERE promised_on IS NULL AND status IN ('placed', 'received')
    """,
    """
    UPDATE inventory_purchaseorder AS purchase SET status = 'partly_received'
    WHERE status = 'placed'
        AND EXISTS (SELECT 1 FROM inventory_purchaseline AS line WHERE line.order_id = purchase.id AND line.received > 0)
    """,
]
BACK = "UPDATE inventory_purchaseorder SET status = 'placed' WHERE status = 'partly_received'"
_READ = ["inventory.view_supplier", "inventory.view_supplierprice"]
_ACT = ["inventory.inspect_goods", "inventory.return_goods"]
_SHAPE = [
    *("inventory.add_supplier", "inventory.change_supplier"),
    *("inventory.add_supplierprice", "inventory.change_supplierprice", "inventory.delete_supplierprice"),
]
GRANTS = {
    "warehouse": [*_READ, *_ACT],
    "planner": _READ,
    "finance": _READ,
    "manager": [*_READ, "inventory.approve_purchaseorder"],
    "admin": [*_READ, *_ACT, *_SHAPE, "inventory.approve_purchaseorder", "inventory.view_supplierreturn"],
}


def add_rights(apps: Any, schema_editor: Any) -> None:
    """Roles that a company has already."""
    grant(apps, GRANTS)


class Migration(migrations.Migration):
    dependencies = [
        ("inventory", "0004_purchase_line_index"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [
        migrations.RunSQL(FILL, BACK),
        migrations.RunPython(add_rights, migrations.RunPython.noop),
    ]
