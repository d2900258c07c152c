"""Open the account with which an empty system begins."""

from getpass import getpass
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from trialsite.access.errors import AccessRefused
from trialsite.access.services import open_first_administrator
from trialsite.audit import acting


class Command(BaseCommand):
    help = (
        "Asks for user name, full name and password of the first administrator; refuses where there is one."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        username, full_name = asked("User name: "), asked("Full name: ")
        password = getpass("Password: ")
        if getpass("Password again: ") != password:
            raise CommandError("The two passwords differ. Nothing was opened.")
        try:
            with acting(role="system", reason="first administrator"):
                open_first_administrator(username=username, password=password, full_name=full_name)
        except AccessRefused as refusal:
            raise CommandError(str(refusal)) from None
        self.stdout.write(f"{full_name} may log in as {username} and open further accounts.")


def asked(question: str) -> str:
    answer = input(question).strip()
    if not answer:
        raise CommandError("An answer is needed. Nothing was opened.")
    return answer
