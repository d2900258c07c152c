"""Adding a version of a protocol from the text of its file: checked, its findings seen, then stored for good."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from trialsite.access.models import User
from trialsite.access.permissions import grants_of, may, refusal
from trialsite.casebook.errors import CheckFailed, Refused
from trialsite.casebook.protocol_check import checked_text
from trialsite.studies.domain.problems import ProtocolProblem
from trialsite.studies.domain.protocol import Protocol
from trialsite.studies.domain.read import Reading
from trialsite.studies.domain.registry_findings import RegistryFinding, registry_findings
from trialsite.studies.models import ProtocolFile, ProtocolVersion, Study
from trialsite.studies.services import ProtocolRefused, load_protocol

from .activation import against, used_versions
from .models import SeenFindings

LARGEST = 1_000_000  # characters; the largest file that ships has 80,000
MOST_PROBLEMS = 200  # shown at once
NAME = "protocol.yaml"


@dataclass(frozen=True)
class LineProblem:
    """A problem of the file beside the text of its line."""

    line: int
    path: str
    sentence: str
    text: str


class FileRefused(Refused):
    """The file has problems: nothing was stored."""

    def __init__(self, problems: Sequence[LineProblem], count: int) -> None:
        super().__init__(_("Nothing was stored: the file has problems, listed with their lines."))
        self.problems = problems
        self.count = count


@dataclass(frozen=True)
class Unconfirmed:
    """What whoever adds a version has to confirm first: findings, and that a key is meant to be a new study."""

    protocol: Protocol
    findings: Sequence[RegistryFinding]
    new_study: bool


class NotConfirmed(Refused):
    """The file is in order, but something about it has not been confirmed: nothing was stored yet."""

    def __init__(self, unconfirmed: Unconfirmed) -> None:
        super().__init__(_("The file is in order. Confirm what stands below; nothing has been stored yet."))
        self.unconfirmed = unconfirmed


@dataclass(frozen=True)
class Added:
    """A stored version; `new` False where the same content was stored before."""

    version: ProtocolVersion
    new: bool
    new_study: bool


def add_version(*, text: str, seen: Collection[str] = (), new_study: str = "", by: User) -> Added:
    """Store the protocol that a file holds as a version; it is in force nowhere until it is activated.

    `seen` are the names of findings that were read and are let stand, `new_study` the key of a study that is to be
    added. Raises FileRefused, NotConfirmed, or Refused where the version exists with other content.
    """
    refuse_unless_somewhere(by)
    protocol, reading = read_protocol(text)
    study = Study.objects.filter(key=protocol.key).first()
    refuse_foreign_key(study, protocol.key, by)
    if study is not None:
        refuse_other_meanings(study, protocol, reading, text)
        refuse_earlier_number(study, protocol, reading, text)
    refuse_shared_prefix(study, protocol, reading, text)
    findings = registry_findings(protocol)
    if study is None or not study.versions.filter(version=protocol.version).exists():
        unseen = [one for one in findings if one.code not in seen]
        unconfirmed = Unconfirmed(protocol, unseen, study is None and new_study != protocol.key)
        if unseen or unconfirmed.new_study:
            raise NotConfirmed(unconfirmed)
    try:
        version, new = load_protocol(document=reading.document, text=text, by=by)
    except ProtocolRefused as problem:
        raise Refused(str(problem)) from problem
    if new and findings:
        record_seen(version, [one.code for one in findings], by)
    return Added(version, new, study is None)


def read_protocol(text: str) -> tuple[Protocol, Reading]:
    """The protocol of a file in order, and the file as read."""
    if not text.strip():
        raise CheckFailed({"text": _("Choose a file, or paste its text.")})
    if len(text) > LARGEST:
        raise CheckFailed(
            {"text": _("The file is larger than any protocol: %(n)s characters.") % {"n": len(text)}}
        )
    reading, problems = checked_text(text, NAME)
    if problems:
        lines = text.splitlines()
        shown = [beside_its_line(problem, lines) for problem in problems[:MOST_PROBLEMS]]
        raise FileRefused(shown, len(problems))
    return Protocol.from_document(reading.document), reading


def refuse_other_meanings(study: Study, protocol: Protocol, reading: Reading, text: str) -> None:
    """Refuse names that the study's record uses already and that the file gives another meaning."""
    used = used_versions(study.pk).exclude(version=protocol.version)
    language, lines = get_language() or "en", text.splitlines()
    problems = [
        beside_its_line(reading.problem(one.at, one.sentence.in_language(language)), lines)
        for one in against(used, protocol)
    ]
    if problems:
        raise FileRefused(problems[:MOST_PROBLEMS], len(problems))


def refuse_shared_prefix(study: Study | None, protocol: Protocol, reading: Reading, text: str) -> None:
    """Refuse a prefix of numbers that another study has; one that the study itself has already stays."""
    prefix = protocol.screening.number_prefix
    having = set(
        ProtocolFile.objects.filter(content__screening__number_prefix=prefix).values_list(
            "study_id", flat=True
        )
    )
    if not having or (study is not None and study.pk in having):
        return
    sentence = _("Another study numbers its subjects with %(prefix)s; choose another prefix.")
    problem = reading.problem(("screening", "number_prefix"), sentence % {"prefix": prefix})
    raise FileRefused([beside_its_line(problem, text.splitlines())], 1)


def refuse_earlier_number(study: Study, protocol: Protocol, reading: Reading, text: str) -> None:
    """Refuse a version number that does not come after those of the study; one that is stored already is no new one."""
    numbers = list(study.versions.values_list("version", flat=True))
    last = max(numbers, key=figures_of, default="")
    if protocol.version in numbers or figures_of(protocol.version) > figures_of(last):
        return
    sentence = _("Version %(last)s is stored: the next one needs a later number.") % {"last": last}
    raise FileRefused([beside_its_line(reading.problem(("version",), sentence), text.splitlines())], 1)


def figures_of(number: str) -> tuple[int, ...]:
    """The figures of a version number, by which versions follow each other: 1.10 comes after 1.9."""
    return tuple(int(figure) for figure in re.findall(r"\d+", number))


def beside_its_line(problem: ProtocolProblem, lines: Sequence[str]) -> LineProblem:
    text = lines[problem.line - 1].strip() if 0 < problem.line <= len(lines) else ""
    return LineProblem(problem.line, problem.path, problem.sentence, text)


def refuse_unless_somewhere(by: User) -> None:
    if not grants_of(by).somewhere("protocol.upload"):
        raise PermissionDenied(refusal(by, "protocol.upload", None))


def refuse_foreign_key(study: Study | None, key: str, by: User) -> None:
    """A key of a study in which the user is no data manager, and that is not their own new one."""
    if study is None or may_add_version(by, study):
        return
    if adds_first(by, study):
        raise Refused(
            _("%(key)s is activated at a site: further versions are added by its data managers.")
            % {"key": key}
        )
    raise Refused(
        _("Another study has the key %(key)s, and you are not its data manager: choose another key.")
        % {"key": key}
    )


def may_add_version(by: User, study: Study) -> bool:
    """Data managers of the study; until it is activated anywhere also whoever added its first version."""
    if may(by, "protocol.upload", study_id=study.pk):
        return True
    activated = study.study_sites.exists() or study.activations.exists()
    return grants_of(by).somewhere("protocol.upload") and adds_first(by, study) and not activated


def adds_first(by: User, study: Study) -> bool:
    """Whether the user added the first version of the study."""
    first = study.versions.order_by("loaded_at", "pk").first()
    return first is not None and first.loaded_by_id == by.pk


def see_findings(*, version: ProtocolVersion, seen: Collection[str], by: User) -> SeenFindings:
    """Record that somebody has read the findings of a stored version and lets them stand."""
    if not may(by, "protocol.upload", study_id=version.study_id):
        raise PermissionDenied(refusal(by, "protocol.upload", version.study_id))
    waiting = [one.code for one in unseen_findings(version)]
    read = [code for code in waiting if code in seen]
    if not read:
        raise Refused(_("Tick the findings that you have read."))
    return record_seen(version, read, by)


def record_seen(version: ProtocolVersion, codes: Sequence[str], by: User) -> SeenFindings:
    return SeenFindings.objects.create(
        study_id=version.study_id, version=version, codes=list(codes), seen_by=by
    )


def seen_codes(version: ProtocolVersion) -> Mapping[str, SeenFindings]:
    """Finding → who first saw it and when."""
    found: dict[str, SeenFindings] = {}
    for one in version.seen_findings.select_related("seen_by").order_by("seen_at"):
        for code in one.codes:
            found.setdefault(code, one)
    return found


def unseen_findings(version: ProtocolVersion) -> list[RegistryFinding]:
    """The findings of a version that nobody has acknowledged."""
    seen = seen_codes(version)
    return [one for one in registry_findings(version.protocol) if one.code not in seen]


def stays_without_staff(user: User, visible: Collection[UUID]) -> list[ProtocolVersion]:
    """First versions of studies that the user added and in which nobody has given them a role yet."""
    own = ProtocolVersion.objects.filter(loaded_by=user).exclude(study__in=visible).select_related("study")
    return list(own.order_by("study__key", "-loaded_at"))
