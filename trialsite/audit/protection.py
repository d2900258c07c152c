"""What PostgreSQL does for a table: who may write it, whose rows it shows, and which chain its changes join.

Every model of the project declares one `protection`; `guards.py` turns it into grants, policies and triggers after
each migration. A test refuses a model without one.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Protection:
    """The guards of one table.

    trail: the hash chain that a change joins: "subject", "study", "system", or "user" (events of one user); None leaves
        the table outside the trail.
    rows: "site" (study and site of the row), "both_sites" (also its `to_site`; only the own site writes), "committee"
        (as site; members of the committee read and write the rows that they decided, nobody else writes), "identity"
        (as site, for roles that may see identity), "author" (the user's own rows inside the boundary), "part" (study of
        the row; where it is `closed`, roles that see figures by arm, until the study is locked), "trail", or None (no
        row-level security).
    app: what the app role may do beyond SELECT, of "insert", "update", "delete"; None means not even SELECT.
    redacted: columns of which the trail keeps only that they changed.
    held: what a hold on a part of the casebook stops here: "values" (refused where frozen or locked), "review" (refused
        where locked), None (nothing).
    """

    trail: str | None = None
    rows: str | None = None
    app: tuple[str, ...] | None = ("insert", "update")
    redacted: tuple[str, ...] = ()
    held: str | None = None


@dataclass(frozen=True)
class Renamed:
    """A column, or an item of `extra` ("extra.<item>"), that had another name until a migration ("room.0007_name").

    Models list theirs as `renamed`: older entries of the trail keep the old name, and are read under the new one.
    """

    old: str
    new: str
    migration: str


CASEBOOK = Protection(trail="subject", rows="site", held="values")
PROJECTION = Protection(rows="site", app=("insert", "update", "delete"))
STUDY_SETUP = Protection(trail="study")
SYSTEM_SETUP = Protection(trail="system")
