"""What a line of the staff navigation is."""

from dataclasses import dataclass, field

from baozhen.signing.organizations.roles import Permission


@dataclass(frozen=True)
class Item:
    """One line of the navigation; `name` is the name of its address in `console:`."""

    name: str
    label: str
    icon: str
    permission: Permission | None
    counts_parked: bool = False


@dataclass(frozen=True)
class Group:
    """Lines under one heading; the life of a policy comes first."""

    title: str
    items: tuple[Item, ...] = field(default=())
