"""`manage.py api_token USER` prints a new bearer token of that user."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from erp.models import ApiToken, User


class Command(BaseCommand):
    help = "Make a bearer token for the API and print it. It is shown once; only its digest is stored."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("user", help="name of the login")
        parser.add_argument("--name", default="", help="what the token is for, for example the calling system")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username=options["user"], is_active=True).first()
        if user is None:
            raise CommandError(f"There is no active user named “{options['user']}”.")
        _token, secret = ApiToken.issue(user, name=options["name"])
        self.stdout.write(secret)
