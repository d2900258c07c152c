from django.urls import path

from . import login, views

urlpatterns = [
    path("login/", login.PasswordView.as_view(), name="login"),
    path("login/code/", login.second_step, name="login-code"),
    path("logout/", login.log_out, name="logout"),
    path("account/", views.account, name="account"),
    path("account/password/", views.change_password, name="change-password"),
    path("account/second-factor/", views.second_factor, name="second-factor"),
    path("account/second-factor/remove/", views.drop_second_factor, name="drop-second-factor"),
    path("account/sessions/stay/", views.stay_logged_in, name="stay-logged-in"),
    path("account/sessions/end-others/", views.end_other_sessions, name="end-other-sessions"),
    path("account/sessions/<uuid:session_id>/end/", views.end_session, name="end-session"),
]
