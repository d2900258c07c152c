"""Safety: an overview of the adverse events, the worst grade by term, cytokine release and neurotoxicity."""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from trialsite.casebook.charts import both
from trialsite.clinical import ctcae

from .cells import Cells, Count
from .drawing import Bar, Piece, bar_chart
from .parts import Asked, Cell, Line, Part, Table, percent
from .topics import NOT_KNOWN, TOPICS, grade_words, term_words

GRADES = ("1", "2", "3", "4", "5", NOT_KNOWN)
SEVERE = ("3", "4", "5")
SYNDROME_GRADES = ("0", *GRADES)
SELECTIONS = ("ae", "ae_emergent", "ae_related", "ae_serious", "ae_special")
SHOWN_TERMS = 25  # of the chart; the table has all
YEAR = Decimal("365.25")
OVERVIEW = (
    ("ae", None, gettext_lazy("Any adverse event")),
    ("ae_emergent", None, gettext_lazy("Treatment-emergent")),
    ("ae_emergent", SEVERE, gettext_lazy("Treatment-emergent, grade 3 or more")),
    ("ae_related", None, gettext_lazy("Related to a treatment")),
    ("ae_serious", None, gettext_lazy("Serious (SAE)")),
    ("ae_special", None, gettext_lazy("Of special interest")),
    ("ae", ("5",), gettext_lazy("Fatal (grade 5)")),
)


def safety(asked: Asked) -> list[Part]:
    """The parts of the page; `of` chooses the events of the table of terms."""
    topic = asked.params.get("of", "")
    topic = topic if topic in SELECTIONS else SELECTIONS[0]
    treated = asked.cells("treated").at()
    known = {one: asked.cells(one) for one in SELECTIONS}
    return [
        overview(asked, known, treated),
        terms(asked, topic, known[topic], treated),
        syndromes(asked, asked.cells("astct")),
    ]


def rate(count: Count, treated: Count) -> str:
    """Events in 100 patient-years at risk; a dash where nobody was at risk."""
    return f"{count.n * 100 * YEAR / treated.value:.1f}" if treated.value else "–"


def overview(asked: Asked, known: dict[str, Cells], treated: Count) -> Part:
    lines = []
    for topic, levels, words in OVERVIEW:
        count = known[topic].at("", levels)
        lines.append(
            Line(
                str(words),
                (
                    asked.cell(count, topic, "", levels or ()),
                    Cell(percent(count.subjects, treated.subjects)),
                    asked.cell(count, topic, "", shown=str(count.n)) if levels is None else Cell("–"),
                    Cell(rate(count, treated) if topic == "ae_emergent" and levels is None else "–"),
                ),
            )
        )
    years = f"{treated.value / YEAR:.1f}"
    n = ngettext("%(n)s subject treated", "%(n)s subjects treated", treated.subjects) % {
        "n": treated.subjects
    }
    return Part(
        "overview",
        _("Overview"),
        Table(
            _("Adverse events"),
            (_("Subjects"), _("of treated"), _("Events"), _("Events in 100 patient-years")),
            lines,
        ),
        lead=_("%(n)s, %(years)s patient-years at risk.") % {"n": n, "years": years},
        note=_(
            "At risk: from the first dose to the end of the window of adverse events, or to the last sign of life"
            " before it. Treatment-emergent: began on or after the first dose, or may have."
        ),
    )


def terms(asked: Asked, topic: str, cells: Cells, treated: Count) -> Part:
    named = [term for term in cells.lines if term]
    ranked = sorted(named, key=lambda one: (-cells.at(one).subjects, one))
    return Part(
        "terms",
        f"{_('Worst grade by term')}: {TOPICS[topic].title}",
        Table(
            _("CTCAE term"),
            (_("Subjects"), _("of treated"), *(short(grade) for grade in GRADES), _("Events")),
            list(term_lines(asked, topic, cells, named, treated)),
        ),
        chart=both(
            bar_chart,
            [term_bar(asked, topic, cells, term) for term in ranked[:SHOWN_TERMS]],
            [(tone(grade), grade_words(asked.protocol, grade)) for grade in GRADES],
            label=_("Worst grade by term"),
        )
        if ranked
        else None,
        note=_("A subject counts once for each term, with its worst grade.")
        + (
            " " + _("The chart shows the %(n)s most frequent terms.") % {"n": SHOWN_TERMS}
            if len(ranked) > SHOWN_TERMS
            else ""
        ),
        choices=asked.choices("of", [(one, str(TOPICS[one].title)) for one in SELECTIONS], topic),
    )


def tone(grade: str) -> str:
    """The colour of a grade."""
    return "open" if grade == NOT_KNOWN else f"grade-{grade}"


def short(grade: str) -> str:
    return "?" if grade == NOT_KNOWN else _("G%(n)s") % {"n": grade}


def term_bar(asked: Asked, topic: str, cells: Cells, term: str) -> Bar:
    name = term_words(asked.protocol, term)
    return Bar(
        name,
        grade_pieces(asked, topic, cells, term, GRADES),
        str(cells.at(term).subjects),
        asked.link(topic, term) if cells.at(term).own else "",
    )


def grade_pieces(asked: Asked, topic: str, cells: Cells, line: str, grades: Sequence[str]) -> list[Piece]:
    """The parts of a bar: how many subjects at each grade."""
    found = []
    for grade in grades:
        count = cells.at(line, (grade,))
        words = f"{grade_words(asked.protocol, grade)}: {count.subjects}"
        href = asked.link(topic, line, (grade,)) if count.own else ""
        found.append(Piece(count.subjects, tone(grade), words, href))
    return found


def term_lines(
    asked: Asked, topic: str, cells: Cells, named: Sequence[str], treated: Count
) -> Iterator[Line]:
    """All together, then the terms by body system, the most frequent first."""
    if "" in cells.lines:
        yield grade_line(asked, topic, cells, "", treated)
    language = get_language() or "en"
    known = {term: ctcae.named(term) for term in named}
    systems = {key: name.in_language(language) for key, name in ctcae.SYSTEMS.items()}
    for key, name in [*systems.items(), ("", _("Not in the CTCAE"))]:
        found = known.items()
        own = [term for term, entry in found if (entry.system if entry else "") == key]
        for place, term in enumerate(sorted(own, key=lambda one: (-cells.at(one).subjects, one))):
            yield grade_line(asked, topic, cells, term, treated, name if place == 0 else "")


def grade_line(asked: Asked, topic: str, cells: Cells, term: str, treated: Count, over: str = "") -> Line:
    count = cells.at(term)
    return Line(
        term_words(asked.protocol, term),
        (
            asked.cell(count, topic, term),
            Cell(percent(count.subjects, treated.subjects)),
            *(asked.cell(cells.at(term, (grade,)), topic, term, (grade,)) for grade in GRADES),
            asked.cell(count, topic, term, shown=str(count.n)),
        ),
        over,
    )


def syndromes(asked: Asked, cells: Cells) -> Part:
    """The worst ASTCT grade of cytokine release and of neurotoxicity."""
    names = {"CRS": _("Cytokine release (CRS)"), "ICANS": _("Neurotoxicity (ICANS)")}
    lines = [
        Line(
            name,
            (
                asked.cell(cells.at(line), "astct", line),
                *(asked.cell(cells.at(line, (one,)), "astct", line, (one,)) for one in SYNDROME_GRADES),
            ),
        )
        for line, name in names.items()
    ]
    bars = [
        Bar(name, grade_pieces(asked, "astct", cells, line, SYNDROME_GRADES), str(cells.at(line).subjects))
        for line, name in names.items()
    ]
    return Part(
        "astct",
        _("Cytokine release and neurotoxicity: worst ASTCT grade"),
        Table(_("Syndrome"), (_("Subjects"), *(short(grade) for grade in SYNDROME_GRADES)), lines),
        chart=both(
            bar_chart,
            bars,
            [(tone(one), grade_words(asked.protocol, one)) for one in SYNDROME_GRADES],
            label=_("Worst ASTCT grade"),
        )
        if cells.rows
        else None,
        note=_("Of subjects of whom a form was entered. “?”: what is recorded leaves the grade open."),
    )
