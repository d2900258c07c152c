"""Words that the interface has, as a pair for evidence that is kept in both languages."""

from collections.abc import Callable

from trialsite.clinical.text import Text
from trialsite.deviations.services import in_both_languages


def in_both(words: Callable[[], str]) -> Text:
    """A word in English and in Chinese, whatever language is active."""
    return Text(*in_both_languages(words))
