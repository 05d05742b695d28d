"""The one error of a value that breaks a rule; its code stands in the fault catalogue."""


class Unfit(ValueError):
    """A value cannot stand where it stands: a stable code, and facts for the sentence about it."""

    def __init__(self, code: str, **facts: object) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts
