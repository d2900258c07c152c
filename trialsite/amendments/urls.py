"""Addresses of protocol versions: upload, list, reading, difference, sign-off."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
