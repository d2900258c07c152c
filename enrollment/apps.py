from django.apps import AppConfig


class EnrollmentConfig(AppConfig):
    name = "enrollment"

    def ready(self) -> None:
        from . import registrations  # noqa: F401  (fills the registries of the casebook)
