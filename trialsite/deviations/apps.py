from django.apps import AppConfig


class DeviationsConfig(AppConfig):
    name = "trialsite.deviations"
    label = "deviations"

    def ready(self) -> None:
        from . import registrations  # noqa: F401  (fills the registries of the casebook)
