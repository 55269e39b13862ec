import os
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser
from django.db.models import F
from django.utils import timezone

from demo.changes import make_changes
from demo.company import make_company
from demo.desk import dress_desk
from demo.simulation import simulate
from erp.models import Job, Outbox
from finance.services import post_pending_stock
from orders.models import SalesOrder
from shipping.calls import FOLLOW

KIND = "load_demo"


class Command(BaseCommand):
    help = "Make the demo company with about 300 orders in all states. Always the same one."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--if-empty", action="store_true", help="do nothing when there are orders already")
        parser.add_argument("--orders", type=int, default=300)
        parser.add_argument("--seed", type=int, default=20261121)

    def handle(self, *args: Any, if_empty: bool, orders: int, seed: int, **options: Any) -> None:
        if if_empty and Job.objects.filter(kind=KIND, status=Job.Status.RUNNING).exists():
            # A first start was interrupted. The load began on an empty database and nobody has worked since, so
            # beginning again loses nothing.
            call_command("flush", interactive=False, verbosity=0)
        if if_empty and SalesOrder.objects.exists():
            return
        job = Job.objects.create(kind=KIND, title="Demo company", status=Job.Status.RUNNING, total=orders)
        make_company(password=os.environ.get("DEMO_PASSWORD", "demo-password"), seed=seed)
        result = simulate(orders=orders, seed=seed, days=45, drain=False)
        make_changes()
        dress_desk()
        post_pending_stock()
        # Mails of weeks that never were are not sent today; the carrier that calls back begins its trips.
        waiting = Outbox.objects.filter(status=Outbox.Status.WAITING).exclude(kind=FOLLOW)
        waiting.update(status=Outbox.Status.DONE, done_at=F("created_at"))
        job.status, job.done, job.finished_at = Job.Status.DONE, result.orders, timezone.now()
        job.save()
        self.stdout.write(f"Demo company with {result.orders} orders.")
