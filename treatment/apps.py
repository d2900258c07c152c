from django.apps import AppConfig


class TreatmentConfig(AppConfig):
    name = "treatment"

    def ready(self) -> None:
        from trialsite.casebook.events import on_facts_changed

        from . import registrations  # noqa: F401  (fills the registries of the casebook)
        from .tasks import schedule_drafts

        on_facts_changed(schedule_drafts)
