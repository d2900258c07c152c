from django.apps import AppConfig


class OutcomesConfig(AppConfig):
    name = "outcomes"

    def ready(self) -> None:
        from trialsite.casebook.events import on_facts_changed

        from . import registrations  # noqa: F401  (fills the registries of the casebook)
        from .tasks import schedule_stopping_rules

        on_facts_changed(schedule_stopping_rules)
