from django.urls import path

from . import accounts, staff

MEMBER = "staff-members/<uuid:membership_id>/"

urlpatterns = [
    path("accounts/", accounts.accounts, name="accounts"),
    path("accounts/new/", accounts.add_account, name="add-account"),
    path("accounts/roles/new/", accounts.add_role, name="add-role"),
    path("accounts/roles/<uuid:membership_id>/end/", accounts.end_membership, name="end-role"),
    path("accounts/<uuid:user_id>/password/", accounts.new_password, name="reset-password"),
    path("accounts/<uuid:user_id>/sessions/end/", accounts.end_log_ins, name="end-log-ins"),
    path("accounts/<uuid:user_id>/second-factor/remove/", accounts.drop_factor, name="drop-factor"),
    path("my-access/", staff.my_access, name="my-access"),
    path("staff/", staff.staff, name="staff"),
    path("staff/<slug:key>/", staff.study_staff, name="study-staff"),
    path("staff/<slug:key>/trainings/", staff.training_log, name="training-log"),
    path("staff/<slug:key>/delegations/", staff.delegation_log, name="delegation-log"),
    path("staff/<slug:key>/access/", staff.access_on, name="access-on"),
    path(MEMBER, staff.staff_member, name="staff-member"),
    path(MEMBER + "trainings/", staff.record_training, name="record-training"),
    path(
        MEMBER + "trainings/<uuid:training_id>/withdraw/", staff.withdraw_training, name="withdraw-training"
    ),
    path(MEMBER + "delegations/", staff.sign_delegation, name="sign-delegation"),
    path(MEMBER + "delegations/<uuid:delegation_id>/end/", staff.end_delegation, name="end-delegation"),
]
