"""One installation with its demonstration data, for every test of a command that reads it."""

import pytest

from bench.installation import Installation


@pytest.fixture(scope="session")
def demonstrated(tmp_path_factory):
    """Return an installation and what `baozhen demo` said; nobody changes either."""
    installed = Installation(tmp_path_factory.mktemp("demonstration") / "data")
    try:
        done = installed.run("demo")
        assert done.returncode == 0, done.stderr
        yield installed, done.stdout
    finally:
        installed.close()
