"""The site that ``make docs`` has built, in a real browser: wide and narrow, light and dark, by keyboard."""

from __future__ import annotations

from pathlib import Path

import pytest
from chromium import LAPTOP, find_violations, needs_axe, resize
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

SITE = Path(__file__).parents[2] / "docs/_build"
PAGES = ["index", "getting-started", "reference/settings", "reference/commands", "performance"]
AXE_PAGES = ["index", "getting-started", "reference/commands"]
NARROW_AND_DARK = (400, "dark")
LOOKS = [(LAPTOP[0], "light"), NARROW_AND_DARK]
WHERE_LOOKS_MATTER = ["color-contrast", "link-in-text-block", "scrollable-region-focusable"]
"""The rules of axe-core that depend on width and colours; all others take most of its time."""
SECONDS = 20

pytestmark = [
    pytest.mark.once_a_line,
    pytest.mark.skipif(not (SITE / "index.html").exists(), reason="no site: `make docs` builds it"),
]


@pytest.fixture
def browser(chromium):
    """Give the browser, and after the test its own window back."""
    yield chromium
    resize(chromium, LAPTOP)


def open_page(browser, page, width=LAPTOP[0], theme="light"):
    """Show a page of the site, as wide as a laptop or a telephone, in a theme."""
    resize(browser, (width, LAPTOP[1]))
    browser.get((SITE / f"{page}.html").as_uri())
    browser.execute_script("document.body.dataset.theme = arguments[0]", theme)


@pytest.mark.parametrize(("width", "theme"), LOOKS, ids=str)
def test_no_page_is_wider_than_the_window(browser, width, theme):
    """A reader scrolls downwards alone; a wide table or program scrolls in itself."""
    for page in PAGES:
        open_page(browser, page, width, theme)
        assert browser.execute_script("return document.documentElement.scrollWidth") <= width, page


@pytest.mark.parametrize("width", [1280, 1366, 1920])
def test_programs_and_tables_fit_a_laptop(browser, width):
    """Beside the menus there is room for the lines of a program, and for what a command prints."""
    cut = "return [...document.querySelectorAll('.highlight-python pre, .highlight-console pre')]"
    cut += ".filter((shown) => shown.scrollWidth > shown.clientWidth).map((shown) => shown.innerText)"
    for page in ("getting-started", "guides/ci", "guides/inspect", "guides/volumes"):
        open_page(browser, page, width)
        assert browser.execute_script(cut) == [], page


@needs_axe
def test_axe_finds_nothing(browser):
    """Contrast, names, headings, landmarks, tables: no page breaks a rule."""
    found = {}
    for page in AXE_PAGES:
        open_page(browser, page)
        found[page, "wide"] = find_violations(browser)
        open_page(browser, page, *NARROW_AND_DARK)
        found[page, "narrow"] = find_violations(browser, runOnly=WHERE_LOOKS_MATTER)
    assert {looks: rules for looks, rules in found.items() if rules} == {}


def test_a_reader_reaches_the_content_by_keyboard(browser):
    """The first stop leads past the list of pages; each wide table is a stop, so that arrows scroll it."""
    open_page(browser, "reference/commands", 400)
    ActionChains(browser).send_keys(Keys.TAB).perform()
    first = browser.switch_to.active_element
    assert first.get_attribute("href").endswith("#furo-main-content")
    stops = browser.find_elements(By.CSS_SELECTOR, "article [tabindex='0']")
    assert {stop.get_attribute("aria-label") for stop in stops} >= {"Code, scrolls sideways"}


def test_the_search_finds_an_option_by_its_name(browser):
    """A reader types the name of an option, and gets the page with its heading."""
    open_page(browser, "search")
    browser.get(f"{(SITE / 'search.html').as_uri()}?q=ephemeral_storage")
    results = WebDriverWait(browser, SECONDS).until(
        lambda shown: shown.find_elements(By.CSS_SELECTOR, "#search-results li a")
    )
    assert any("reference/options.html" in result.get_attribute("href") for result in results)


def test_programs_find_all_pages_in_llms_txt():
    """Each page of the site is listed with its first paragraph, and is in the one file of all pages."""
    listed = (SITE / "llms.txt").read_text(encoding="utf-8")
    pages = {path.relative_to(SITE / "_sources") for path in SITE.glob("_sources/**/*.md.txt")}
    assert all(f"(_sources/{page}): " in listed for page in pages if page.name != "index.md.txt")
    assert len(pages) > 30
    assert "### `ephemeral_storage`" in (SITE / "llms-full.txt").read_text(encoding="utf-8")
