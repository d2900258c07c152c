from django.apps import AppConfig


class OutcomesConfig(AppConfig):
    name = "outcomes"

    def ready(self) -> None:
        from . import registrations  # noqa: F401  (fills the registries of the casebook)
