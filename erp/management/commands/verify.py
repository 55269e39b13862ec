"""Recompute every balance from its ledger and compare."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils.module_loading import import_string

from erp.verification import SOURCES


class Command(BaseCommand):
    help = "Prove that every balance equals its ledger and every order's status its lines; exit 1 and list differences."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--limit", type=int, default=100, help="print at most so many differences")

    def handle(self, *args: Any, limit: int, **options: Any) -> None:
        found = 0
        for path in SOURCES:
            here = 0
            for difference in import_string(path)():
                here += 1
                if found + here <= limit:
                    self.stderr.write(difference)
            found += here
            self.stdout.write(f"{path.split('.')[0]:<12} {'ok' if not here else f'{here} differences'}")
        if found:
            self.stderr.write(f"{found} differences")
            sys.exit(1)
