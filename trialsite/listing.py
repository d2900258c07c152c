"""Words as a list in one line, with the punctuation of the reader's language."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import get_language


def in_chinese() -> bool:
    return (get_language() or "en").startswith("zh")


def listed(words: Iterable[Any]) -> str:
    """ "Haematology, Chemistry", in Chinese "血常规、血生化"."""
    return ("、" if in_chinese() else ", ").join(str(word) for word in words)


def listed_apart(words: Iterable[Any]) -> str:
    """Parts that are sentences, or lists themselves: "a, b; c", in Chinese "a、b；c"."""
    return ("；" if in_chinese() else "; ").join(str(word) for word in words)


def told(label: Any, words: Any) -> str:
    """A label with what belongs to it: "Adverse event: fever", in Chinese "不良事件：发热"."""
    return f"{label}{'：' if in_chinese() else ': '}{words}"


def bracketed(words: Any, more: Any) -> str:
    """Words with more in brackets, where there is more: "no (0.5)", in Chinese "否（0.5）"."""
    left, right = ("（", "）") if in_chinese() else (" (", ")")
    return f"{words}{left}{more}{right}" if more else str(words)
