"""Every error of the trust core on one page: bytes in, a result or one of these out.

    TrustError
    ├── ParseError            the bytes are not what they claim to be
    │   └── UnsupportedError  they are well formed, but of a kind this core does not judge
    ├── VerificationError     a numbered check failed
    ├── SigningError          nothing was signed, or what was signed may not leave the process
    │   └── LintError         the document may not be signed; the findings say why
    ├── KeyFileError          a private key file cannot be read or may not be written
    └── BackendError          the cryptography under us is missing or wrong: nothing may go on

Messages are Chinese sentences for people; they never hold key material.
"""

from collections.abc import Iterable


class TrustError(Exception):
    """The root of all errors of the trust core."""


class ParseError(TrustError):
    """The bytes cannot be read as what they should be: malformed, truncated or not canonical."""


class UnsupportedError(ParseError):
    """The bytes are well formed, but use something this core does not judge; `what` names it."""

    def __init__(self, what: str) -> None:
        """Keep `what` is unsupported (an algorithm, a profile, a structure)."""
        super().__init__(f"不支持：{what}")
        self.what = what

    def __reduce__(self) -> tuple[type["UnsupportedError"], tuple[str]]:
        """Rebuild from `what` when the error crosses a process border."""
        return type(self), (self.what,)


class VerificationError(TrustError):
    """A check failed: `step` is its number in docs/verification.md, 0 for bare mathematics."""

    def __init__(self, step: int, reason: str) -> None:
        """Keep the number of the step and the Chinese reason."""
        super().__init__(step, reason)
        self.step = step
        self.reason = reason

    def __str__(self) -> str:
        """Say the reason, with the number of the step where there is one."""
        return f"第 {self.step} 步：{self.reason}" if self.step else self.reason


class SigningError(TrustError):
    """No signature was made, or the one made did not pass the check before release."""


class LintError(SigningError):
    """The document may not be signed; `findings` lists every reason at once."""

    def __init__(self, findings: Iterable[str]) -> None:
        """Keep all findings, each a Chinese sentence."""
        self.findings = tuple(findings)
        super().__init__("；".join(self.findings))

    def __reduce__(self) -> tuple[type["LintError"], tuple[tuple[str, ...]]]:
        """Rebuild from the findings when the error crosses a process border."""
        return type(self), (self.findings,)


class KeyFileError(TrustError):
    """A private key file cannot be read (wrong passphrase, broken, weak) or may not be written."""


class BackendError(TrustError):
    """A cryptographic backend is missing, lacks an algorithm, or failed its self-test."""
