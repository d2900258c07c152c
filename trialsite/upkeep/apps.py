from django.apps import AppConfig


class UpkeepConfig(AppConfig):
    name = "trialsite.upkeep"
    label = "upkeep"
