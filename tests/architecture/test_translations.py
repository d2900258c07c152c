"""The Simplified Chinese texts: none missing, every placeholder kept, and nothing that is shown left out of them."""

import ast
import gettext
import os
import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from trialsite.casebook.refusal_texts import REFUSALS, STEPS
from trialsite.casebook.states import TRANSITIONS

ROOT = Path(__file__).parents[2]
TEXTS = ROOT / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|\{\w*\}|</?\w+>|%%")


@cache
def messages() -> tuple[Message, ...]:
    """Every text to translate, without the head of the file."""
    with TEXTS.open("rb") as file:
        return tuple(message for message in read_po(file) if message.id)


def english(message: Message) -> str:
    """The English of a message; of a plural the form for many."""
    return message.id if isinstance(message.id, str) else message.id[-1]


def chinese(message: Message) -> str:
    return message.string if isinstance(message.string, str) else message.string[0]


def templates_of_refusals() -> set[str]:
    """The English templates of the refusals that `trialsite.clinical` raises: the second argument of each."""
    found: set[str] = set()
    for path in (ROOT / "trialsite" / "clinical").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Raise) or not isinstance(node.exc, ast.Call):
                continue
            name, arguments = node.exc.func, node.exc.args
            if isinstance(name, ast.Name) and re.fullmatch(
                r"\w*Refusal|(Unit|Quantity|PartialDate)Error", name.id
            ):
                template = arguments[1]
                if isinstance(template, ast.Constant) and isinstance(template.value, str):
                    found.add(template.value)
    return found


def test_every_text_is_translated_and_none_is_a_guess() -> None:
    missing = [english(message) for message in messages() if not chinese(message) or message.fuzzy]
    assert not missing
    assert len(messages()) > 1000


def test_every_translation_keeps_the_placeholders() -> None:
    changed = [
        english(message)
        for message in messages()
        if sorted(PLACEHOLDER.findall(english(message))) != sorted(PLACEHOLDER.findall(chinese(message)))
    ]
    assert not changed


def test_chinese_has_one_plural_form() -> None:
    with TEXTS.open("rb") as file:
        assert read_po(file).num_plurals == 1
    assert all(len(message.string) == 1 for message in messages() if not isinstance(message.id, str))


def test_the_file_compiles_and_answers_in_chinese(tmp_path: Path) -> None:
    with TEXTS.open("rb") as file:
        catalog = read_po(file)
    assert not catalog.fuzzy
    compiled = tmp_path / "django.mo"
    with compiled.open("wb") as file:
        write_mo(file, catalog)
    with compiled.open("rb") as file:
        texts = gettext.GNUTranslations(file)
    assert texts.gettext("Screen failure") == "筛选失败"
    assert texts.ngettext("%(n)s day", "%(n)s days", 3) == "%(n)s天"


def test_compiling_as_make_does_finds_no_error() -> None:
    with TEXTS.open("rb") as file:
        problems = [str(problem) for _, found in read_po(file).check() for problem in found]
    assert not problems


def test_every_refusal_of_the_clinical_rules_is_listed_for_translation() -> None:
    assert templates_of_refusals() == set(REFUSALS)


def test_every_step_of_a_form_has_its_word() -> None:
    assert set(STEPS) == {step.action for step in TRANSITIONS}


@pytest.mark.parametrize("text", [*REFUSALS, *STEPS])
def test_a_text_that_is_translated_by_value_is_translated(text: str) -> None:
    assert [chinese(message) for message in messages() if message.id == text and not message.context] != [""]
    assert any(message.id == text for message in messages())


@pytest.mark.skipif(shutil.which("xgettext") is None, reason="gettext is not installed")
def test_no_text_of_the_sources_is_left_out_and_checking_changes_nothing() -> None:
    before = TEXTS.read_bytes()
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    check = [str(ROOT / "bin" / "check-translations")]
    done = subprocess.run(
        check, env={**os.environ, "PATH": path}, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert TEXTS.read_bytes() == before
