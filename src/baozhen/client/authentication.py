"""Say who calls: by the key itself, or by a token of fifteen minutes (RFC 6749 §4.4)."""

import time
from collections.abc import Generator

import httpx

from baozhen.client.calls import API_ROOT
from baozhen.client.errors import error_of

_EARLY_SECONDS = 60.0


class KeyAuth(httpx.Auth):
    """The key itself in every call."""

    def __init__(self, key: str) -> None:
        self._key = key

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Add the header."""
        request.headers["Authorization"] = f"Bearer {self._key}"
        yield request


class TokenAuth(httpx.Auth):
    """A token that is fetched with the client's name and key, and renewed before it ends."""

    requires_response_body = True

    def __init__(self, base_url: str, name: str, key: str) -> None:
        self._address = f"{base_url}{API_ROOT}/oauth/token"
        self._name = name
        self._key = key
        self._token = ""
        self._ends = 0.0

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Fetch a token when there is none that lasts; once more when it is not taken."""
        if time.monotonic() >= self._ends:
            self._keep((yield self._asking()))
        request.headers["Authorization"] = f"Bearer {self._token}"
        response = yield request
        if response.status_code == httpx.codes.UNAUTHORIZED:
            self._keep((yield self._asking()))
            request.headers["Authorization"] = f"Bearer {self._token}"
            yield request

    def _asking(self) -> httpx.Request:
        form = {
            "grant_type": "client_credentials",
            "client_id": self._name,
            "client_secret": self._key,
        }
        return httpx.Request("POST", self._address, data=form)

    def _keep(self, response: httpx.Response) -> None:
        if not response.is_success:
            problem = response.json() if "json" in response.headers.get("Content-Type", "") else {}
            raise error_of(response.status_code, problem)
        answer = response.json()
        self._token = answer["access_token"]
        self._ends = time.monotonic() + max(answer["expires_in"] - _EARLY_SECONDS, 0.0)
