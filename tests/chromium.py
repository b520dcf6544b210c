"""How do tests drive a real browser? Headless Chromium over its own pipe: a command out, its answer in."""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

PROGRAM: Final = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS: Final = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
)


class Browser:
    """A page in a browser."""

    def __init__(self, out: int, into: int) -> None:
        self._out, self._into, self._number, self._rest = out, into, 0, b""
        self._session: str | None = None
        self.seen: list[dict[str, Any]] = []
        """All that the browser told by itself: requests, exceptions, dialogs, entries of its log."""

    def __call__(self, method: str, **parameters: Any) -> dict[str, Any]:
        """The answer to a command of the protocol."""
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        if self._session is not None:
            message["sessionId"] = self._session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == self._number:
                assert "error" not in answer, answer
                result: dict[str, Any] = answer["result"]
                return result
            self.seen.append(answer)

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            got = os.read(self._into, 2**20)
            assert got, "the browser ended"
            self._rest += got
        line, _, self._rest = self._rest.partition(b"\0")
        message: dict[str, Any] = json.loads(line)
        return message

    def attach(self) -> None:
        """Begin a page."""
        target = self("Target.createTarget", url="about:blank")["targetId"]
        self._session = self("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log", "Accessibility"):
            self(f"{domain}.enable")
        self.size(1100, 900)

    def size(self, width: int, height: int) -> None:
        """Another size of the window."""
        self("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def open(self, path: Path) -> None:
        """Load a file, and wait until its script has run."""
        self.seen.clear()
        self("Page.navigate", url=path.as_uri())
        for _ in range(1200):
            if self.value("document.readyState") == "complete":
                break
            self.value("new Promise((done) => setTimeout(done, 50))")

    def value(self, expression: str) -> Any:
        """The value of an expression in the page."""
        answer = self("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def press(self, key: str, code: int) -> None:
        """A key, pressed and let go."""
        for kind in ("keyDown", "keyUp"):
            self("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code)
        self.value("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def told(self, *methods: str) -> list[dict[str, Any]]:
        """What the browser told by itself of these kinds."""
        return [one["params"] for one in self.seen if one.get("method") in methods]


@contextmanager
def browser() -> Iterator[Browser]:
    """A browser, which ends with the context."""
    assert PROGRAM is not None
    theirs_in, ours_out = os.pipe()
    ours_in, theirs_out = os.pipe()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        command = f'exec "$0" "$@" 3<&{theirs_in} 4>&{theirs_out}'
        arguments = [PROGRAM, *FLAGS, "--remote-debugging-pipe", f"--user-data-dir={folder}", "about:blank"]
        process = subprocess.Popen(
            ["bash", "-c", command, *arguments],
            pass_fds=(theirs_in, theirs_out),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(theirs_in)
        os.close(theirs_out)
        try:
            page = Browser(ours_out, ours_in)
            page.attach()
            yield page
        finally:
            process.terminate()
            process.wait(20)
            os.close(ours_out)
            os.close(ours_in)
