"""From a quote to a claim: what a core system asks of a person's way to and with a policy.

The asynchronous half (`async_journey`) is made from this file by `tests/client/regenerate.py`.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from baozhen.client import calls
from baozhen.client.calls import Call
from baozhen.client.parts import Part
from baozhen.client.types import Resource


class Quotes(Part):
    """报价: what covers cost, and why."""

    path = "/quotes"

    def compare(self, wanted: Mapping[str, Any]) -> Resource:
        """Return the price of each package of covers; nothing is kept, so it may be repeated."""
        return dict(self._sender.send(Call(method="POST", path=self.path, json=wanted)))


class Applications(Part):
    """投保申请: filled in step by step, submitted to underwriting."""

    path = "/applications"

    def begin(
        self, application: Mapping[str, Any], *, idempotency_key: str | None = None
    ) -> Resource:
        """Begin an application; its `number` names it from now on."""
        return dict(self._sender.send(calls.write(self.path, application, key=idempotency_key)))

    def get(self, number: str) -> Resource:
        """Return how far it has come."""
        return dict(self._sender.send(calls.get(self._one(number))))

    def fill_in(self, number: str, body: Mapping[str, Any]) -> Resource:
        """Fill in one step; its faults come back, all at once, and what was right is kept."""
        return dict(
            self._sender.send(
                Call(method="PATCH", path=self._one(number), json=body, is_repeatable=False)
            )
        )

    def submit(self, number: str, body: Mapping[str, Any]) -> Resource:
        """Submit it to underwriting, once."""
        return dict(self._sender.send(calls.act(self._one(number, "submit"), body)))

    def accept_offer(self, number: str) -> Resource:
        """Take the counter-offer."""
        return dict(self._sender.send(calls.act(self._one(number, "accept-offer"))))

    def withdraw(self, number: str, body: Mapping[str, Any]) -> Resource:
        """Take it back, with a reason."""
        return dict(self._sender.send(calls.act(self._one(number, "withdraw"), body)))


class Endorsements(Part):
    """批改: changes of a policy and their endorsements 批单."""

    path = "/policies"

    def submit(self, policy_no: str, body: Mapping[str, Any]) -> Resource:
        """Submit a change of a policy; it becomes an endorsement once it is confirmed and paid."""
        return dict(self._sender.send(calls.act(self._one(policy_no, "endorsements"), body)))

    def of_policy(self, policy_no: str) -> list[Resource]:
        """Return the endorsements of a policy."""
        return list(self._sender.send(calls.get(self._one(policy_no, "endorsements"))))

    def get_change(self, id: str) -> Resource:
        """Return how far a change has come."""
        return dict(self._sender.send(calls.get(f"/changes/{quote(id, safe='')}")))


class Claims(Part):
    """理赔: a loss is reported, the claims system tells what became of it."""

    path = "/claims"

    def report(self, body: Mapping[str, Any], *, idempotency_key: str | None = None) -> Resource:
        """Report a loss; returns the claim with its registration number."""
        return dict(self._sender.send(calls.write(self.path, body, key=idempotency_key)))

    def get(self, number: str) -> Resource:
        """Return how far the claim has come."""
        return dict(self._sender.send(calls.get(self._one(number))))

    def tell(self, number: str, body: Mapping[str, Any]) -> Resource:
        """Hand over what the claims system has to say: survey, papers, decision, payment."""
        return dict(self._sender.send(calls.act(self._one(number, "messages"), body)))
