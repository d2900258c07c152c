from django.urls import path

from . import accounts, views

urlpatterns = [
    path("accounts/", accounts.accounts, name="accounts"),
    path("accounts/new/", accounts.add_account, name="add-account"),
    path("accounts/roles/new/", accounts.add_role, name="add-role"),
    path("accounts/roles/<uuid:membership_id>/end/", accounts.end_membership, name="end-role"),
    path("protocols/", views.protocols, name="protocols"),
    path("protocols/<slug:key>/", views.protocol, name="protocol"),
]
