from django.apps import AppConfig


class ExportsConfig(AppConfig):
    name = "trialsite.exports"
    label = "exports"
