from django.apps import AppConfig


class ImportsConfig(AppConfig):
    name = "trialsite.imports"
    label = "imports"
