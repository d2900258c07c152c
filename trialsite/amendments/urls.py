"""Addresses of protocols and their versions: reading, upload, list, difference, findings, sign-off."""

from django.urls import path

from . import activation_pages, difference_page, upload_page, views

STUDY = "protocols/<slug:key>/"
VERSION = STUDY + "versions/<str:version>/"

urlpatterns = [
    path("protocols/", views.protocols, name="protocols"),
    path("protocols/upload/", upload_page.upload, name="protocol-upload"),
    path("protocols/vocabulary/", upload_page.vocabulary, name="protocol-vocabulary"),
    path(STUDY, views.protocol, name="protocol"),
    path(STUDY + "versions/", views.versions, name="protocol-versions"),
    path(STUDY + "difference/", difference_page.difference, name="protocol-difference"),
    path(VERSION, views.protocol_version, name="protocol-version"),
    path(VERSION + "activation/", activation_pages.activation, name="activation"),
    path(VERSION + "sites/<slug:site>/activate/", activation_pages.activate, name="activate-version"),
    path(VERSION + "dry-run/", activation_pages.dry_run, name="dry-run"),
    path(VERSION + "file/", views.protocol_file, name="protocol-file"),
    path(VERSION + "findings/", views.findings, name="protocol-findings"),
    path(VERSION + "sign-off/", views.sign_off_page, name="protocol-sign-off"),
]
