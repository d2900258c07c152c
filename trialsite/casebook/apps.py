from django.apps import AppConfig


class CasebookConfig(AppConfig):
    name = "trialsite.casebook"
    label = "casebook"

    def ready(self) -> None:
        from . import registrations  # noqa: F401  (fills the registries)
        from .events import on_facts_changed
        from .tasks import schedule_refresh

        on_facts_changed(schedule_refresh)
