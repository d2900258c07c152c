from django.urls import path

from . import views

urlpatterns = [
    path("studies/<slug:key>/holds/", views.holds, name="holds"),
    path("holds/", views.place, name="place-hold"),
    path("holds/<uuid:hold_id>/<slug:action>/", views.step, name="hold-step"),
]
