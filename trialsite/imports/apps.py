from django.apps import AppConfig


class ImportsConfig(AppConfig):
    name = "trialsite.imports"
    label = "imports"

    def ready(self) -> None:
        from . import registrations  # noqa: F401
