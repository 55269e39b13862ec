from typing import Any

from django.core.management.base import BaseCommand

from erp.basics import ensure_basics


class Command(BaseCommand):
    help = "Make what a company cannot work without (units, channels, places, accounts); repeatable."

    def handle(self, *args: Any, **options: Any) -> None:
        ensure_basics()
