from django.urls import path

from . import views

urlpatterns = [
    path("protocols/", views.protocols, name="protocols"),
    path("protocols/<slug:key>/", views.protocol, name="protocol"),
]
