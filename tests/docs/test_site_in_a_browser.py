"""The site that ``make docs`` has built, in a real browser: wide and narrow, light and dark, by keyboard."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

ROOT = Path(__file__).parents[2]
SITE = ROOT / "docs/_build"
AXE = ROOT / ".node-tools/node_modules/axe-core/axe.min.js"
DRIVER = shutil.which("chromedriver")
PAGES = ["index", "getting-started", "reference/settings", "reference/commands", "performance"]
LOOKS = [(1366, "light"), (400, "dark")]
SECONDS = 20

pytestmark = [
    pytest.mark.once_a_line,
    pytest.mark.skipif(not (SITE / "index.html").exists(), reason="no site: `make docs` builds it"),
    pytest.mark.skipif(DRIVER is None, reason="no chromedriver"),
]


@pytest.fixture(scope="module")
def browser():
    """Start one browser for all tests."""
    options = webdriver.ChromeOptions()
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--allow-file-access-from-files"):
        options.add_argument(argument)
    started = webdriver.Chrome(options=options, service=Service(DRIVER))
    started.set_script_timeout(SECONDS)
    yield started
    started.quit()


def open_page(browser, page, width=1366, theme="light"):
    """Show a page of the site, as wide as a laptop or a telephone, in a theme."""
    metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    browser.get((SITE / f"{page}.html").as_uri())
    browser.execute_script("document.body.dataset.theme = arguments[0]", theme)


@pytest.mark.parametrize(("width", "theme"), LOOKS, ids=str)
def test_no_page_is_wider_than_the_window(browser, width, theme):
    """A reader scrolls downwards alone; a wide table or program scrolls in itself."""
    for page in PAGES:
        open_page(browser, page, width, theme)
        assert browser.execute_script("return document.documentElement.scrollWidth") <= width, page


@pytest.mark.skipif(not AXE.exists(), reason="no axe-core: `make test` gets it by npm")
@pytest.mark.parametrize(("width", "theme"), LOOKS, ids=str)
def test_axe_finds_nothing(browser, width, theme):
    """Contrast, names, headings, landmarks, tables: no page breaks a rule."""
    found = {}
    for page in PAGES:
        open_page(browser, page, width, theme)
        browser.execute_script(AXE.read_text(encoding="utf-8"))
        violations = browser.execute_async_script("axe.run().then((found) => arguments[0](found.violations))")
        found.update({(page, rule["id"]): [node["target"] for node in rule["nodes"]] for rule in violations})
    assert found == {}


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
