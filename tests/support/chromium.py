"""A real browser: Chromium, the sizes of its window, and axe-core, which looks for what keeps people out."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from selenium import webdriver

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

LAPTOP, NARROW = (1366, 900), (800, 900)
_ARGUMENTS = ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu")
_FROM_FILES = "--allow-file-access-from-files"  # the search of the site reads its index from a file
AXE = Path(__file__).parents[2] / ".node-tools/node_modules/axe-core/axe.min.js"
_SECONDS = 60

needs_axe = pytest.mark.skipif(not AXE.exists(), reason="no axe-core: `make test` gets it by npm")


@contextmanager
def open_chromium() -> Iterator[Any]:
    """Open a browser with a laptop's window; a test is skipped on a machine without one."""
    program, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not (program and driver):
        pytest.skip("no Chromium; `apt-get install chromium chromium-driver` gives one with its driver")
    options = webdriver.ChromeOptions()
    options.binary_location = program
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    for argument in (*_ARGUMENTS, _FROM_FILES):
        options.add_argument(argument)
    browser = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    try:
        browser.set_script_timeout(_SECONDS)
        resize(browser, LAPTOP)
        yield browser
    finally:
        browser.quit()


def resize(browser: Any, size: tuple[int, int]) -> None:
    """Give the window a size, to the pixel."""
    metrics = {"width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)


def find_violations(browser: Any, *, but_for: Sequence[str] = (), **options: Any) -> dict[str, list[str]]:
    """Let axe-core look at the page with all that can be opened open, and give what it finds by rule."""
    if not browser.execute_script("return Boolean(window.axe)"):
        browser.execute_script(AXE.read_text(encoding="utf-8"))
    found = browser.execute_async_script(
        "const [exclude, options, done] = arguments;"
        "document.querySelectorAll('details').forEach((details) => { details.open = true; });"
        "axe.run({ exclude }, options).then((found) => done(found.violations), done)",
        list(but_for),
        {"iframes": False, "preload": False, "resultTypes": ["violations"], **options},
    )
    return {rule["id"]: [node["html"][:200] for node in rule["nodes"]] for rule in found}
