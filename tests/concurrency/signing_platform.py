"""Run as `python -m tests.concurrency.signing_platform` in an installation: make it ready to sign.

Prints the key of a program that may start signing tasks.
"""

import importlib

from baozhen.site import bootstrap


def main() -> None:
    """Make tables, keys, a seal with its grant, and an API client."""
    # Models can be loaded only when the settings are.
    now = importlib.import_module("baozhen.foundation.clock").now
    root_unit = importlib.import_module("baozhen.signing.organizations.queries").root_unit
    services = importlib.import_module("baozhen.signing.organizations.services")
    make_seal = importlib.import_module("tests.signing.envelopes.sealing").make_seal
    with bootstrap.platform():
        make_seal(root_unit().name, unit=root_unit())
        request = services.ClientRequest(name="core", scopes=list(services.Scope), networks=())
        print(services.create_api_client(request, actor="test", at=now())[1])


if __name__ == "__main__":
    bootstrap.load_django()
    main()
