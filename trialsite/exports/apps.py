from django.apps import AppConfig


class ExportsConfig(AppConfig):
    name = "trialsite.exports"
    label = "exports"

    def ready(self) -> None:
        from . import registrations  # noqa: F401
