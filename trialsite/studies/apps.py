from django.apps import AppConfig


class StudiesConfig(AppConfig):
    name = "trialsite.studies"
    label = "studies"
