from django.apps import AppConfig


class AmendmentsConfig(AppConfig):
    name = "trialsite.amendments"
    label = "amendments"

    def ready(self) -> None:
        from . import registrations  # noqa: F401  (fills the registries of the casebook)
