from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


def reinstall(sender: Any, using: str, plan: Any = None, **kwargs: Any) -> None:
    from django.db import connections

    from .guards import install_guards

    if "audit_trail" in connections[using].introspection.table_names():
        install_guards(using=using)


class AuditConfig(AppConfig):
    name = "trialsite.audit"
    label = "audit"

    def ready(self) -> None:
        """Database guards are declared, not migrated: every migration ends by installing them (docs/adr/0003)."""
        from django.apps import apps

        last = [config for config in apps.get_app_configs() if config.models_module is not None][-1]
        post_migrate.connect(reinstall, sender=last, dispatch_uid="audit-guards")
