"""A captcha as a sharp picture, or as a small sum in Chinese words for those who see none."""

import secrets
from typing import Any

from captcha.fields import CaptchaTextInput
from captcha.models import CaptchaStore
from django import forms
from django.urls import reverse

IN_WORDS = "baozhen.faces.captchas.sum_in_words"
_DIGITS = "零一二三四五六七八九"


def sum_in_words() -> tuple[str, str]:
    """Return a question and its answer in figures: ("七加五减三等于多少", "9")."""
    first = 2 + secrets.randbelow(8)
    second = 2 + secrets.randbelow(8)
    third = 1 + secrets.randbelow(min(9, first + second - 1))
    question = f"{_DIGITS[first]}加{_DIGITS[second]}减{_DIGITS[third]}等于多少"
    return question, str(first + second - third)


class CaptchaInput(CaptchaTextInput):  # type: ignore[misc]
    """The challenge, as a sharp picture or as a question in words, and the box for the answer."""

    template_name = "faces/_captcha.html"

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        """Add the picture at double density, or the question."""
        context: dict[str, Any] = super().get_context(name, value, attrs)
        context["image"] = reverse("captcha-image-2x", kwargs={"key": self._key})
        if self.generator:
            context["question"] = CaptchaStore.objects.get(hashkey=self._key).challenge
        return context


def ask_in_words(field: forms.Field) -> None:
    """Let a captcha field ask a sum in words instead of showing a picture."""
    field.label, field.help_text = "请回答问题", "用数字回答。"
    field.widget.generator = IN_WORDS
