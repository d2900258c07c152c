from django.apps import AppConfig


class RemindersConfig(AppConfig):
    name = "trialsite.reminders"
    label = "reminders"
