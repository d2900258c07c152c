"""Words in one line, with the punctuation of the reader's language; medicines by their name in it."""

from collections.abc import Callable

import pytest
from django.utils import translation

from treatment.medication.dictionary import medicine_words
from trialsite.listing import listed, listed_apart, told

SHAPES: list[tuple[Callable[[], str], str, str]] = [
    (lambda: listed(["a", "b"]), "a, b", "a、b"),
    (lambda: listed(["a"]), "a", "a"),
    (lambda: listed([]), "", ""),
    (lambda: listed_apart(["a", "b"]), "a; b", "a；b"),
    (lambda: told("a", "b"), "a: b", "a：b"),
    (lambda: medicine_words("Aciclovir"), "Aciclovir", "阿昔洛韦"),
    (lambda: medicine_words("阿昔洛韦"), "Aciclovir", "阿昔洛韦"),
    (lambda: medicine_words("Herbal tea"), "Herbal tea", "Herbal tea"),
]


@pytest.mark.parametrize(("words", "english", "chinese"), SHAPES)
def test_words_stand_in_the_readers_punctuation(words: Callable[[], str], english: str, chinese: str) -> None:
    with translation.override("en"):
        assert words() == english
    with translation.override("zh-hans"):
        assert words() == chinese
