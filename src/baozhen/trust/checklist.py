"""Gathers the answers of a verification, step by step, and draws the verdict from them."""

from dataclasses import dataclass, field

from baozhen.trust.errors import ParseError, TrustError, UnsupportedError, VerificationError
from baozhen.trust.report import STEP_TITLES, Check, CheckResult, Step, Verdict

_GRAVITY = {CheckResult.PASSED: 0, CheckResult.UNKNOWN: 1, CheckResult.FAILED: 2}
_NOT_REACHED = "前面的步骤没有通过，此步未检查"
_TRUST_STEPS = frozenset({Step.CHAIN, Step.REVOCATION, Step.SIGNER, Step.TIME})


@dataclass
class Checklist:
    """The answers so far: every step may get several, the gravest counts."""

    _answers: dict[Step, list[tuple[CheckResult, str]]] = field(default_factory=dict)
    _verdict: Verdict | None = None

    def passed(self, step: Step, detail: str) -> None:
        """Note that a step held."""
        self._note(step, CheckResult.PASSED, detail)

    def unknown(self, step: Step, reason: str) -> None:
        """Note that a step could not be told, and why."""
        self._note(step, CheckResult.UNKNOWN, reason)

    def failed(self, step: Step, reason: str) -> None:
        """Note that a step did not hold."""
        self._note(step, CheckResult.FAILED, reason)

    def broke(self, step: Step, error: TrustError) -> None:
        """Note an error met in `step`; a VerificationError with a number of its own keeps it."""
        if isinstance(error, UnsupportedError):
            self.unknown(step, explain(error))
            self.conclude(Verdict.UNSUPPORTED)
            return
        own = error.step if isinstance(error, VerificationError) else 0
        self.failed(Step(own) if own else step, explain(error))
        if isinstance(error, ParseError) and step is Step.STRUCTURE:
            self.conclude(Verdict.UNREADABLE)

    def conclude(self, verdict: Verdict) -> None:
        """Settle a verdict that is not drawn from failed steps; the first one stands."""
        self._verdict = self._verdict or verdict

    def has_failed(self, *steps: Step) -> bool:
        """Say whether one of these steps failed; without arguments, any step."""
        return any(
            result is CheckResult.FAILED
            for step in steps or tuple(Step)
            for result, _ in self._answers.get(step, ())
        )

    @property
    def verdict(self) -> Verdict:
        """The verdict: tampered before unsupported before untrusted."""
        if self._verdict in {Verdict.UNREADABLE, Verdict.NOT_SIGNED}:
            return self._verdict
        if self.has_failed(*(step for step in Step if step not in _TRUST_STEPS)):
            return Verdict.TAMPERED
        if self._verdict is not None:
            return self._verdict
        return Verdict.UNTRUSTED if self.has_failed() else Verdict.GENUINE

    def checks(self) -> tuple[Check, ...]:
        """Return all steps in their order."""
        return tuple(self._check(step) for step in Step)

    def _note(self, step: Step, result: CheckResult, detail: str) -> None:
        self._answers.setdefault(step, []).append((result, detail))

    def _check(self, step: Step) -> Check:
        answers = self._answers.get(step)
        if not answers:
            return Check(step, STEP_TITLES[step], CheckResult.UNKNOWN, _NOT_REACHED)
        result = max((answer for answer, _ in answers), key=_GRAVITY.__getitem__)
        details = dict.fromkeys(detail for answer, detail in answers if answer is result)
        return Check(step, STEP_TITLES[step], result, "；".join(details))


def explain(error: TrustError) -> str:
    """Return an error's reason without its step number."""
    return error.reason if isinstance(error, VerificationError) else str(error)
