"""The pictures of the documentation: what a real browser shows of real pages and of real output."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest
from chromium import LAPTOP, resize

FOLDER = os.environ.get("SCREENSHOTS", "")
"""Where pictures are written: ``make screenshots`` sets it."""

_SETTLED = 0.5
"""The seconds after which a page has been laid out anew."""

needs_pictures = pytest.mark.skipif(not FOLDER, reason="`make screenshots` makes the pictures")


def take_picture(browser: Any, name: str, size: tuple[int, int] = LAPTOP) -> None:
    """Write what a window of a size shows as a file, and give the window back its own."""
    Path(FOLDER).mkdir(parents=True, exist_ok=True)
    resize(browser, size)
    time.sleep(_SETTLED)
    assert browser.save_screenshot(str(Path(FOLDER) / f"{name}.png"))
    resize(browser, LAPTOP)
