"""Print the path of a Chromium for the browser tests, or say in one sentence that there is none."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find() -> str | None:
    named = os.environ.get("CHROMIUM")
    if named:
        return shutil.which(named)
    on_path = next((found for name in NAMES if (found := shutil.which(name))), None)
    return on_path or _playwrights() or _installed()


def _playwrights() -> str | None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = Path(playwright.chromium.executable_path)
    return str(path) if path.exists() else None


def _installed() -> str | None:
    """Playwright's own download, for a machine without a system Chromium."""
    command = [sys.executable, "-m", "playwright", "install", "chromium"]
    done = subprocess.run(command, stdout=sys.stderr, stderr=subprocess.DEVNULL, check=False)
    return _playwrights() if done.returncode == 0 else None


def main() -> int:
    path = find()
    if path is None:
        print(
            "The browser tests need Chromium, and none was found or could be downloaded: "
            "install it (Debian: 'apt install chromium') or name one with 'CHROMIUM=/path make test'.",
            file=sys.stderr,
        )
        return 1
    print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
