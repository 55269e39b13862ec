import os
import resource
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from bench.load import Sizes, load
from erp.errors import BusinessError


class Command(BaseCommand):
    help = "Fill a fresh database with a company of any size, consistent in all apps. Always the same one of its size."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--orders", type=int, default=100_000)
        parser.add_argument("--products", type=int, help="default: a tenth of the orders, at least 1,000")
        parser.add_argument("--customers", type=int, help="default: a tenth of the orders, at least 100")
        parser.add_argument("--lines", type=int, default=5, help="of an order, on average")
        parser.add_argument("--days", type=int, default=1095, help="that the orders are spread over")
        parser.add_argument("--seed", type=int, default=20261121)

    def handle(self, *args: Any, orders: int, lines: int, days: int, seed: int, **options: Any) -> None:
        sizes = Sizes(
            orders=orders,
            products=options["products"] or max(1000, orders // 10),
            customers=options["customers"] or max(100, orders // 10),
            lines=lines,
            days=days,
            seed=seed,
        )
        began = time.monotonic()
        try:
            load(sizes, say=self.stdout.write, password=os.environ.get("DEMO_PASSWORD"))
        except BusinessError as refusal:
            raise CommandError(f"{refusal.message} {refusal.hint}".strip()) from refusal
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        self.stdout.write(f"{orders} orders in {time.monotonic() - began:.0f} s, {memory} MB of memory here.")
