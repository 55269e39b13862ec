from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from demo.simulation import simulate


class Command(BaseCommand):
    help = "Drive orders through the whole path over simulated days, by the services that people use."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--orders", type=int, default=300)
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--days", type=int, default=60)
        parser.add_argument("--leave-open", action="store_true", help="end today, with orders in every state")

    def handle(self, *args: Any, orders: int, seed: int, days: int, leave_open: bool, **options: Any) -> None:
        if orders < 1 or days < 1:
            raise CommandError("--orders and --days must be at least 1")
        try:
            result = simulate(orders=orders, seed=seed, days=days, drain=not leave_open)
        except LookupError as missing:
            raise CommandError(str(missing)) from missing
        self.stdout.write(f"{result.orders} orders in {result.days} simulated days")
        for status, count in sorted(result.by_status.items()):
            self.stdout.write(f"  {status:<14} {count}")
