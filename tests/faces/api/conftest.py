"""Speak to the API as a program does."""

import json

import pytest
from django.test import Client


class Program:
    """A program with a key; answers are checked to be what their type says."""

    def __init__(self, secret):
        self.client = Client()
        self.headers = {"Authorization": f"Bearer {secret}"} if secret else {}

    def get(self, address, **headers):
        return self._checked(self.client.get(f"/api/v1{address}", headers=self.headers | headers))

    def post(self, address, data=b"", content_type="application/json", **headers):
        if isinstance(data, dict | list):
            data = json.dumps(data)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self._checked(
            self.client.post(
                f"/api/v1{address}", data, content_type=content_type, headers=self.headers | named
            )
        )

    def patch(self, address, data):
        return self._checked(
            self.client.patch(
                f"/api/v1{address}",
                json.dumps(data),
                content_type="application/json",
                headers=self.headers,
            )
        )

    def upload(self, address, **files):
        return self._checked(self.client.post(f"/api/v1{address}", files, headers=self.headers))

    @staticmethod
    def _checked(response):
        if response.status_code >= 400:
            assert response["Content-Type"] == "application/problem+json"
            problem = response.json()
            assert problem["status"] == response.status_code
            assert problem["request_id"] == response["X-Request-ID"]
        return response


@pytest.fixture
def program(api_key):
    """A program that may do everything."""
    return Program(api_key())


@pytest.fixture
def stranger(platform):
    """A program without a key."""
    return Program("")


@pytest.fixture
def program_with(api_key):
    """Make a program with these scopes only."""
    return lambda *scopes, **options: Program(api_key(*scopes, **options))
