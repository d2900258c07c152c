from django.apps import AppConfig


class AssessmentsConfig(AppConfig):
    name = "assessments"

    def ready(self) -> None:
        from . import registrations  # noqa: F401  (fills the registries of the casebook)
