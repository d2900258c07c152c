from django.apps import AppConfig


class ExchangeConfig(AppConfig):
    name = "trialsite.exchange"
    label = "exchange"
