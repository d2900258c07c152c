from django.apps import AppConfig


class ReviewConfig(AppConfig):
    name = "trialsite.review"
    label = "review"

    def ready(self) -> None:
        from . import registrations  # noqa: F401  (fills the registries of the casebook)
