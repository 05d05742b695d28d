"""Under which names programs act, beside people: `api:` and the name of their key."""

from typing import Final

from baozhen.signing.organizations.models import ApiClient

_MARK: Final = "api:"
_NAME_MAX: Final = 64


def program_name(client: ApiClient) -> str:
    """Return the name under which what this client does is recorded."""
    return f"{_MARK}{client.name}"[:_NAME_MAX]


def name_of_program(actor: str) -> str:
    """Return the name of the client that acted under this name."""
    return actor.removeprefix(_MARK)


def is_program(actor: str) -> bool:
    """Tell whether a recorded actor is a program: its key may lie in the hands of anybody."""
    return actor.startswith(_MARK)
