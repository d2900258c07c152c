"""Randomisation lists: what seals one and publishes its digest, and the import of one that was made elsewhere."""

import fcntl
import json
import secrets
from collections.abc import Iterable
from datetime import UTC
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext as _

from trialsite.access.models import User
from trialsite.access.permissions import require
from trialsite.audit.events import record_event
from trialsite.casebook.errors import CheckFailed, Refused
from trialsite.studies.domain.protocol import Randomisation
from trialsite.studies.domain.recruitment_plan import LIST
from trialsite.studies.models import Study

from .domain.list_file import ListProblem, read_list
from .domain.randomisation import all_strata
from .models import RandomisationList

PUBLISHED = "randomisation-lists.jsonl"  # beside the digests of the trail


def strata_of(plan: Randomisation) -> list[str]:
    """The keys of every stratum of a list; "" alone where nothing is stratified."""
    return all_strata({one.key: [level.key for level in one.levels] for one in plan.strata})


def plan_data(plan: Randomisation, places: int | None = None) -> dict[str, Any]:
    """What the protocol says of randomisation, in JSON types: all that the list needs besides its seed.

    places: how many were asked for, of each stratum or in all; None for an imported list."""
    rules = plan.minimisation
    return {
        "method": plan.method,
        "ratio": plan.ratio,
        "block_sizes": list(plan.block_sizes),
        "strata": [
            {"key": one.key, "levels": [level.key for level in one.levels], "weight": one.weight}
            for one in plan.strata
        ],
        "minimisation": {"probability": str(rules.probability), "ties": rules.ties} if rules else None,
        "places": places,
    }


@transaction.atomic
def import_list(*, study: Study, text: str, by: User) -> RandomisationList:
    """Seal a list that somebody else made, from CSV (stratum, number, arm); nobody reads it here again.

    CheckFailed at "file" with the first thing wrong. A list that stands is never replaced; a later file goes on where
    it ends. Its digest is published at once."""
    require(by, "randomisation.import", study_id=study.pk)
    plan = study.protocol.randomisation
    if plan is None or plan.method != LIST:
        raise Refused(_("The protocol of this study takes no imported list."))
    try:
        places = read_list(text, arms=list(plan.ratio), strata=strata_of(plan))
    except ListProblem as problem:
        raise CheckFailed({"file": problem_words(problem)}) from problem
    rows = [{"stratum": one.stratum, "number": one.number, "arm": one.arm} for one in places]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT randomisation_seal_list(%s, %s::jsonb, %s, %s::jsonb)",
            [study.pk, json.dumps(rows), secrets.token_hex(32), json.dumps(plan_data(plan))],
        )
        digest = cursor.fetchone()[0]
    if digest is None:
        sentence = _("A list stands already and is never replaced: each stratum must go on where it ends.")
        raise CheckFailed({"file": sentence})
    record_event(kind="randomisation.list_sealed", user_id=by.pk, study=study.key, digest=digest)
    transaction.on_commit(publish_lists)
    return RandomisationList.objects.get(study=study, digest=digest)


def problem_words(problem: ListProblem) -> str:
    """What is wrong with a file, and where."""
    sentences = {
        "columns": _("The first line must name the columns: stratum,number,arm."),
        "cells": _("Line %(line)s must have three cells."),
        "stratum": _("Line %(line)s: the protocol has no stratum “%(value)s”."),
        "arm": _("Line %(line)s: the protocol has no arm “%(value)s”."),
        "number": _("Line %(line)s: “%(value)s” is no number of a place."),
        "gap": _("Line %(line)s: place %(value)s does not follow the one before it in its stratum."),
        "absent": _("The stratum “%(value)s” has no places."),
        "large": _("The file has too many lines."),
    }
    return sentences[problem.code] % {"line": problem.line, "value": problem.value}


def publish_lists() -> None:
    """Append to the published file the digests that it does not hold yet, in their order."""
    path = Path(settings.DIGEST_PATH).with_name(PUBLISHED)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        known = {json.loads(line)["id"] for line in file if line.strip()}
        for one in RandomisationList.objects.select_related("study").order_by("sealed_at", "pk"):
            if str(one.pk) not in known:
                file.write(published_line(one) + "\n")


def published_line(one: RandomisationList) -> str:
    return json.dumps(
        {
            "id": str(one.pk),
            "study": one.study.key,
            "number": one.number,
            "sealed_at": one.sealed_at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
            "method": one.method,
            "places": one.places,
            "digest": one.digest,
        },
        separators=(",", ":"),
    )


def published_lists(path: Path) -> Iterable[dict[str, Any]]:
    """The digests of a published file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]
