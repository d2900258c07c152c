"""Taking a MedDRA dictionary that the sponsor has a licence for: its files are checked, then stored as one version."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from trialsite.access.models import User
from trialsite.access.permissions import require_somewhere
from trialsite.casebook.errors import CheckFailed

from ..domain.meddra_files import FileProblem, LowestTerm, lowest_terms, names
from ..models import MeddraDictionary, MeddraTerm

LARGEST = 30 * 1024 * 1024  # bytes of one file; llt.asc of a current version has about 8 MB
BATCH = 5000
VERSION = re.compile(r"[0-9]{1,2}\.[0-9]")
FILES = ("llt", "pt", "llt_zh")
OPTIONAL = ("llt_zh",)


@transaction.atomic
def upload_dictionary(*, version: str, files: Mapping[str, Any], by: User) -> MeddraDictionary:
    """Store a version: `files` holds the uploaded llt.asc ("llt"), pt.asc ("pt") and, if any, the Chinese llt.asc.

    Raises CheckFailed at the field that is wrong; then nothing is stored.
    """
    require_somewhere(by, "dictionary.upload")
    if not VERSION.fullmatch(version):
        raise CheckFailed({"version": _("Enter the version as MedDRA names it, such as 28.0.")})
    if MeddraDictionary.objects.filter(version=version).exists():
        raise CheckFailed({"version": _("This version is stored already; a stored version never changes.")})
    lines = {name: lines_of(name, files.get(name)) for name in FILES}
    preferred = read("pt", lambda: names(lines["pt"], "pt.asc"))
    chinese = read("llt_zh", lambda: names(lines["llt_zh"], "llt.asc"))
    terms = read("llt", lambda: list(lowest_terms(lines["llt"])))
    refuse_orphans(terms, preferred)
    dictionary = MeddraDictionary.objects.create(version=version, terms_count=len(terms), uploaded_by=by)
    rows = (row_of(dictionary, term, preferred, chinese) for term in terms)
    MeddraTerm.objects.bulk_create(rows, batch_size=BATCH)
    return dictionary


def lines_of(name: str, file: Any) -> list[str]:
    """The lines of an uploaded file, at most so large, UTF-8."""
    if file is None:
        if name in OPTIONAL:
            return []
        raise CheckFailed({name: _("Choose the file.")})
    if not file.name.lower().endswith(".asc"):
        raise CheckFailed({name: _("This is no file of MedDRA: choose the .asc file of the distribution.")})
    if file.size > LARGEST:
        raise CheckFailed({name: _("The file is larger than 30 MB: it is no file of MedDRA.")})
    try:
        return file.read().decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as problem:
        raise CheckFailed({name: _("The file is not UTF-8; save it as UTF-8.")}) from problem


def read(name: str, reading: Any) -> Any:
    """What a file holds; a line of another shape is said at its field."""
    try:
        return reading()
    except FileProblem as problem:
        raise CheckFailed({name: problem.sentence.in_language(get_language() or "en")}) from problem


def refuse_orphans(terms: list[LowestTerm], preferred: Mapping[str, str]) -> None:
    """Refuse two terms of one code, and terms whose preferred term the other file lacks: files of two versions."""
    if not terms:
        raise CheckFailed({"llt": _("The file has no terms.")})
    if len({term.code for term in terms}) < len(terms):
        raise CheckFailed({"llt": _("A code stands in the file twice.")})
    lacking = next(orphans(terms, preferred), None)
    if lacking is not None:
        said = {"code": lacking.preferred, "term": lacking.name}
        raise CheckFailed(
            {
                "pt": _("The preferred term %(code)s of “%(term)s” is missing: are the files of one version?")
                % said
            }
        )


def orphans(terms: list[LowestTerm], preferred: Mapping[str, str]) -> Iterator[LowestTerm]:
    return (term for term in terms if term.preferred not in preferred)


def row_of(
    dictionary: MeddraDictionary, term: LowestTerm, preferred: Mapping[str, str], chinese: Mapping[str, str]
) -> MeddraTerm:
    return MeddraTerm(
        dictionary=dictionary,
        code=term.code,
        name=term.name,
        name_zh=chinese.get(term.code, ""),
        key=term.name.casefold(),
        preferred_code=term.preferred,
        preferred=preferred[term.preferred],
        current=term.current,
    )
