"""Make the demo accounts and print one for each role."""

from typing import Any

from django.core.management.base import BaseCommand

from trialsite.demo.accounts import ACCOUNTS, demo_password, ensure_accounts


class Command(BaseCommand):
    help = "Makes the demo accounts where they are missing, and prints one for each role with its password."

    def handle(self, *args: Any, **options: Any) -> None:
        ensure_accounts()
        rows = [("user name", "role", "where")]
        rows += [(one.username, str(one.role.label).lower(), one.where) for one in ACCOUNTS if one.shown]
        wide = [max(len(row[place]) for row in rows) for place in (0, 1)]
        for row in rows:
            self.stdout.write(f"  {row[0]:<{wide[0]}}  {row[1]:<{wide[1]}}  {row[2]}".rstrip())
        self.stdout.write(f"  password of each: {demo_password()}")
        others = [one for one in ACCOUNTS if not one.shown]
        names = ", ".join(one.username for one in others)
        self.stdout.write(f"  at the other sites: {names}")
