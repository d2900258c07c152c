from django.apps import AppConfig


class TreatmentConfig(AppConfig):
    name = "treatment"

    def ready(self) -> None:
        from . import registrations  # noqa: F401  (fills the registries of the casebook)
