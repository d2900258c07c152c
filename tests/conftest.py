"""Fixtures of all tests. The database's are in `tests/database.py`; importing it names the tests' servers."""

pytest_plugins = ["tests.database"]
