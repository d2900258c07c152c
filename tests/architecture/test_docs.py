"""The documents say what the code does: links lead somewhere, examples work, the generated page is current."""

import re
from functools import cache
from pathlib import Path

import pytest
import yaml
from django.core.management import get_commands
from django.urls import is_valid_path

from trialsite.casebook.management.commands import draw_vocabulary
from trialsite.casebook.management.commands.draw_states import PLACE, page
from trialsite.casebook.registries import anchors, facts, forms
from trialsite.clinical.rules import check_kinds, comparisons, parse_rule
from trialsite.demo.accounts import ACCOUNTS, DEMO_PASSWORD
from trialsite.studies.domain.check import check_reading
from trialsite.studies.domain.protocol import AWAIT, OFF_TREATMENT
from trialsite.studies.domain.read import Reading, read_text
from trialsite.studies.domain.rule_checks import FACT_KINDS
from trialsite.studies.domain.schema import ENDPOINT_KINDS, PROTOCOL
from trialsite.studies.domain.vocabulary import (
    ANALYSIS_SETS,
    BRANCH_ENDS,
    ENDPOINT_NEEDS,
    EVENTS,
    FORMS,
    LOG_FORMS,
    ORIGINS,
    starts_an_anchor,
)

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
HOW_TO = ROOT / "docs" / "how-to"
DECISIONS = sorted((ROOT / "docs" / "adr").glob("0*.md"))
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


@cache
def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def links_of(path: Path) -> list[str]:
    """Where the document leads, code blocks left out."""
    found: list[str] = LINK.findall(FENCE.sub("", text_of(path)))
    return found


def headings_of(path: Path) -> set[str]:
    """The headings of a document as the anchors that GitHub makes of them."""
    lines = re.findall(r"^#+ (.+)$", FENCE.sub("", text_of(path)), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", line).strip().lower().replace(" ", "-") for line in lines}


SHOWN = re.findall(r"`(tests/\S+\.py)::(\w+)`", text_of(ROOT / "docs" / "compliance.md"))


@pytest.mark.parametrize(("file", "test"), SHOWN, ids=lambda part: str(part))
def test_what_the_list_of_compliance_names_is_a_test(file: str, test: str) -> None:
    assert f"\ndef {test}(" in text_of(ROOT / file)


@pytest.mark.parametrize("path", DOCUMENTS, ids=named)
def test_every_link_leads_to_a_file_or_heading_that_exists(path: Path) -> None:
    for link in links_of(path):
        if link.startswith("https://"):
            continue
        file, _, heading = link.partition("#")
        target = (path.parent / file).resolve() if file else path
        assert target.exists(), f"{named(path)} leads to {link}"
        if heading:
            assert heading in headings_of(target), f"{named(path)} leads to {link}"


def test_the_page_of_states_is_what_the_tables_of_states_say() -> None:
    assert text_of(ROOT / PLACE) == page(), "Run: python manage.py draw_states"


def test_the_vocabulary_of_protocol_files_is_what_the_code_registers() -> None:
    written = text_of(ROOT / draw_vocabulary.PLACE)
    assert written == draw_vocabulary.page(), "Run: python manage.py draw_vocabulary"
    for name in [*facts, *forms, *EVENTS, *ORIGINS, *ANALYSIS_SETS, *ENDPOINT_NEEDS, OFF_TREATMENT, AWAIT]:
        assert f"| `{name}` |" in written, name


def test_the_forms_of_the_vocabulary_are_those_that_are_registered() -> None:
    assert set(FORMS) == set(forms)
    assert sorted(LOG_FORMS) == sorted(key for key, kind in forms.items() if kind.continuous)
    assert set(BRANCH_ENDS) == {OFF_TREATMENT, AWAIT}
    assert set(ENDPOINT_NEEDS) == set(ENDPOINT_KINDS)


def test_the_decisions_are_numbered_without_gap_and_all_listed() -> None:
    assert [path.name[:4] for path in DECISIONS] == [f"{n:04d}" for n in range(1, len(DECISIONS) + 1)]
    listed = links_of(ROOT / "docs" / "adr" / "README.md")
    assert listed == [path.name for path in DECISIONS]


@pytest.mark.parametrize("path", DECISIONS, ids=named)
def test_a_decision_has_status_context_decision_and_consequences(path: Path) -> None:
    text = text_of(path)
    assert "\nStatus: " in text
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == ["Context", "Decision", "Consequences"]


def yaml_blocks() -> list[str]:
    return [body for kind, body in FENCE.findall(text_of(HOW_TO / "write-a-protocol.md")) if kind == "yaml"]


def problems_of(reading: Reading) -> list[str]:
    known = {name for name in anchors if not starts_an_anchor(name)}
    return [str(problem) for problem in check_reading(reading, set(facts), known, set(forms))]


def skeleton() -> str:
    (found,) = (body for body in yaml_blocks() if body.startswith("key: "))
    return found


def test_the_skeleton_of_a_protocol_is_in_order() -> None:
    reading = read_text(skeleton(), "skeleton")
    assert problems_of(reading) == []
    assert set(reading.document) == set(PROTOCOL["properties"])


def test_the_form_that_only_one_trial_has_fits_into_the_skeleton() -> None:
    (own_form,) = (body for body in yaml_blocks() if body.startswith("forms:"))
    with_form = re.sub(r"^forms: .*\n", lambda _: own_form, skeleton(), flags=re.MULTILINE)
    reading = read_text(with_form.replace("required: [SUR]", "required: [SUR, QOL]"), "skeleton")
    assert problems_of(reading) == []
    assert [form["key"] for form in reading.document["forms"]] == ["QOL"]


def test_every_section_of_a_protocol_is_in_the_table_of_sections() -> None:
    text = text_of(HOW_TO / "write-a-protocol.md")
    table = text[text.index("## The sections") : text.index("## The skeleton")]
    first_cells = " ".join(line.split("|")[1] for line in table.splitlines() if line.startswith("| "))
    assert set(re.findall(r"`(\w+)`", first_cells)) == set(PROTOCOL["properties"])


def test_every_rule_that_is_shown_can_be_read_and_asks_known_facts() -> None:
    (rules,) = (yaml.safe_load(body) for body in yaml_blocks() if body.startswith("# combining"))
    read = [parse_rule(rule) for rule in rules]
    assert len(read) > 10
    assert [error for rule in read for error in check_kinds(rule, FACT_KINDS)] == []
    assert {one.op for rule in read for one in comparisons(rule)} >= {"=", "<=", ">=", "<", "in", "not_in"}


@pytest.mark.parametrize("path", DOCUMENTS, ids=named)
def test_every_management_command_that_is_named_exists(path: Path) -> None:
    named_here = set(re.findall(r"manage\.py (\w+)", text_of(path)))
    assert named_here <= set(get_commands()), named_here - set(get_commands())


@pytest.mark.parametrize("path", DOCUMENTS, ids=named)
def test_every_target_of_make_that_is_named_exists(path: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", text_of(ROOT / "Makefile"), re.MULTILINE))
    used = set(re.findall(r"(?:`|^    )make ([a-z]+)", text_of(path), re.MULTILINE))
    assert used <= targets, used - targets


@pytest.mark.parametrize("path", DOCUMENTS, ids=named)
def test_every_address_of_the_api_that_is_named_answers(path: Path) -> None:
    for address in re.findall(r"(?:`|TRIALS)(/(?:api/v1|exports)/[\w/-]*)", text_of(path)):
        assert is_valid_path(address if address.endswith("/") else f"{address}/"), address


def test_the_readme_names_the_accounts_of_the_demo_and_their_password() -> None:
    text = text_of(ROOT / "README.md")
    assert f"`{DEMO_PASSWORD}`" in text
    for account in ACCOUNTS:
        if account.shown:
            assert f"| `{account.username}` | {account.role.label} |" in text


def test_the_glossary_gives_each_term_once_in_order_and_in_both_languages() -> None:
    lines = [line.split("|")[1:4] for line in text_of(ROOT / "GLOSSARY.md").splitlines() if line[:1] == "|"]
    rows = [tuple(cell.strip() for cell in line) for line in lines[2:]]
    terms = [term.casefold() for term, _chinese, _meaning in rows]
    assert terms == sorted(set(terms))
    for term, chinese, meaning in rows:
        assert re.search(r"[一-鿿]", chinese), term
        assert meaning, term
