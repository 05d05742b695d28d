"""A captcha that needs no eyes: a small sum in Chinese words, for screen readers."""

import secrets

_DIGITS = "零一二三四五六七八九"


def sum_in_words() -> tuple[str, str]:
    """Return a question and its answer in figures: ("七加五减三等于多少", "9")."""
    first = 2 + secrets.randbelow(8)
    second = 2 + secrets.randbelow(8)
    third = 1 + secrets.randbelow(min(9, first + second - 1))
    question = f"{_DIGITS[first]}加{_DIGITS[second]}减{_DIGITS[third]}等于多少"
    return question, str(first + second - third)
