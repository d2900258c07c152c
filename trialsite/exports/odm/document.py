"""A study as one ODM 1.3.2 file, written as a stream: memory does not grow with the number of subjects."""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lxml import etree

from trialsite.audit.moment import now
from trialsite.release import release

from ..domain.casebook import SubjectData
from ..extract import Extract
from ..writers.delimited import in_text
from .clinical import subject_elements
from .definitions import Definitions, definitions
from .elements import ODM, study_oid, version_oid
from .history import histories, history_elements
from .metadata import admin_element, study_element
from .reading import SNAPSHOT
from .record import casebooks

TRANSACTIONAL = "Transactional"
SOURCE_SYSTEM = "BLINA Trials"


def write_odm(extract: Extract, path: Path, *, audit: bool = False) -> int:
    """Write a study as it stands (`audit`: as every transaction with who, when and why); the number of subjects."""
    study = definitions(extract)
    kind = TRANSACTIONAL if audit else SNAPSHOT
    subjects = (
        history_elements(study, histories(extract, study))
        if audit
        else subject_elements(study, casebooks(extract, study))
    )
    with etree.xmlfile(str(path), encoding="UTF-8") as file:
        file.write_declaration()
        with file.element(f"{{{ODM}}}ODM", head(extract, kind), nsmap={None: ODM}):
            file.write(study_element(extract, study))
            file.write(admin_element(extract))
            return write_clinical(file, extract.study.key, subjects)


def write_clinical(file: Any, study: str, subjects: Iterable[Any]) -> int:
    count = 0
    about = {"StudyOID": study_oid(study), "MetaDataVersionOID": version_oid(study)}
    with file.element(f"{{{ODM}}}ClinicalData", about):
        for subject in subjects:
            file.write(subject)
            count += 1
    return count


def write_casebooks(path: Path, study: Definitions, key: str, subjects: Iterable[SubjectData]) -> None:
    """The clinical data alone, as `write_odm` writes them of the record."""
    with etree.xmlfile(str(path), encoding="UTF-8") as file, file.element(f"{{{ODM}}}ODM", nsmap={None: ODM}):
        write_clinical(file, key, subject_elements(study, subjects))


def head(extract: Extract, kind: str) -> dict[str, str]:
    made = in_text(datetime.now(UTC).replace(microsecond=0))
    return {
        "ODMVersion": "1.3.2",
        "FileType": kind,
        "Granularity": "All",
        "FileOID": f"{extract.study.key}.{kind}.{made}",
        "CreationDateTime": made,
        "AsOfDateTime": in_text(now().replace(microsecond=0)),
        "SourceSystem": SOURCE_SYSTEM,
        "SourceSystemVersion": release(),
        "Description": f"{extract.study.key}, {extract.release.profile}",
    }
