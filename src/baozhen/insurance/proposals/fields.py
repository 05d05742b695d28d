"""Makers of the usual kinds of field, so that a section reads as a list of names."""

from baozhen.insurance.proposals.sections import Field, Part, Presence
from baozhen.insurance.proposals.values import (
    Read,
    choices,
    day,
    decimal,
    instant,
    money,
    write_decimal,
    write_money,
)

_REQUIRED = Presence.REQUIRED


def _untouched(value: object) -> object:
    return value


def plain(name: str, read: Read, presence: Presence = _REQUIRED) -> Field:
    """Return a field whose value is written as it was read."""
    return Field(name, read, presence)


def day_field(name: str, presence: Presence = _REQUIRED) -> Field:
    """Return a field of a date."""
    return Field(name, day, presence, write=lambda value: value.isoformat())


def instant_field(name: str, presence: Presence = _REQUIRED) -> Field:
    """Return a field of a date and time."""
    return Field(name, instant, presence, write=lambda value: value.isoformat())


def money_field(name: str, presence: Presence = _REQUIRED) -> Field:
    """Return a field of an amount in yuan, held in fen."""
    return Field(name, money, presence, write=write_money)


def decimal_field(name: str, low: str, high: str, presence: Presence = _REQUIRED) -> Field:
    """Return a field of a decimal in [low, high]."""
    return Field(name, decimal(low, high), presence, write=write_decimal)


def words_field(name: str, enumeration: str) -> Field:
    """Return a field of a list of words."""
    return Field(name, choices(enumeration), write=list)


def nested(name: str, part: Part, presence: Presence = _REQUIRED) -> Field:
    """Return a field that has fields of its own."""
    return Field(name, _untouched, presence, nested=part)
