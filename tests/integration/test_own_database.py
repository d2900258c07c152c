"""The database of the tests: the app role, rolled back or in a copy of its own, and no network."""

import socket
import threading
import urllib.request

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import connection, connections
from django.db.utils import ProgrammingError
from pytest_socket import SocketConnectBlockedError

from trialsite.demo.roles import APP, OWNER

LABEL = "made_by_a_test"


def ask(question, alias="default"):
    with connections[alias].cursor() as cursor:
        cursor.execute(question)
        return cursor.fetchone()[0]


def is_there():
    return ask(f"SELECT count(*) FROM django_content_type WHERE app_label = '{LABEL}'", alias="owner")


@pytest.mark.django_db
def test_a_test_runs_as_the_app_role():
    assert ask("SELECT current_user") == APP


@pytest.mark.django_db
def test_the_app_role_may_not_empty_a_table():
    with pytest.raises(ProgrammingError, match="permission denied"), connection.cursor() as cursor:
        cursor.execute("TRUNCATE django_session CASCADE")


@pytest.mark.django_db(databases=["default", "owner"])
def test_the_owner_role_is_beside_it_for_those_who_ask():
    assert ask("SELECT current_user", alias="owner") == OWNER
    assert ask("SELECT current_database()", alias="owner") == ask("SELECT current_database()")


def test_a_test_that_commits_works_in_a_copy_of_its_own(committed_db):
    assert ask("SELECT current_database()") == committed_db
    assert is_there() == 0
    ContentType.objects.using("owner").create(app_label=LABEL, model="kept")
    connections["owner"].close()
    assert is_there() == 1


def test_the_next_test_does_not_see_what_was_committed(committed_db):
    assert is_there() == 0


@pytest.mark.django_db(databases=["default", "owner"])
def test_a_rolled_back_test_does_not_see_what_was_committed():
    assert is_there() == 0
    assert ask("SELECT current_database()").startswith("test_trials_")


def test_another_thread_sees_the_copy_too(committed_db):
    seen = []

    def look():
        try:
            seen.append(ask("SELECT current_database()"))
        finally:
            connection.close()

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert seen == [committed_db]


def test_a_live_site_answers_from_this_process(live_site):
    with urllib.request.urlopen(f"{live_site}/login/") as answer:
        assert answer.status == 200


def test_no_test_reaches_a_network():
    with pytest.warns(UserWarning, match="connect"), pytest.raises(SocketConnectBlockedError):
        socket.create_connection(("192.0.2.1", 80), timeout=1)
