"""The Pod tab as people see it: Chromium, Airflow's own web server, and a user who logs in."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from airflow_site import PASSWORDS
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support import expected_conditions as shown
from selenium.webdriver.support.ui import WebDriverWait

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
SCREENSHOTS = Path(
    os.environ.get("SCREENSHOTS") or Path(__file__).parents[2] / "build" / "screenshots",
)
INSTANCE = "/dags/daily_report/runs/manual__3/tasks/extract"
LAPTOP = (1366, 768)
SECONDS = 60

pytestmark = [
    pytest.mark.once_a_line,
    pytest.mark.skipif(
        not (CHROMIUM and DRIVER),
        reason="no Chromium; `apt-get install chromium chromium-driver` gives one with its driver",
    ),
]


@pytest.fixture(scope="module")
def server(site, tmp_path_factory):
    """Start Airflow's web server, and give its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    log = tmp_path_factory.mktemp("server") / "log"
    command = [sys.executable, "-m", "airflow", "api-server", "--host", "127.0.0.1", "--port", port]
    env = {**os.environ, **site, "AIRFLOW__API__WORKERS": "1", "PYTHONWARNINGS": "ignore"}
    address = f"http://127.0.0.1:{port}"
    with (
        log.open("wb") as output,
        subprocess.Popen(command, env=env, stdout=output, stderr=output) as process,  # noqa: S603  # Airflow's
    ):
        try:
            _wait_for(f"{address}/api/v2/version", process, log)
            yield address
        finally:
            process.terminate()


def _wait_for(address, process, log):
    end = time.monotonic() + 2 * SECONDS
    while process.poll() is None and time.monotonic() < end:
        try:
            urllib.request.urlopen(address, timeout=5).close()  # noqa: S310  # our own server
        except OSError:
            time.sleep(0.5)
        else:
            return
    raise AssertionError(f"Airflow's web server has not come up:\n{log.read_text()}")


@pytest.fixture(scope="module")
def browser(server):
    """Open a browser with a laptop's window, and log in as the boss does."""
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"):
        options.add_argument(argument)
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    try:
        driver.set_window_size(*LAPTOP)
        driver.get(f"{server}/auth/login")
        wait(driver).until(shown.presence_of_element_located((By.NAME, "username"))).send_keys("boss")
        driver.find_element(By.NAME, "password").send_keys(PASSWORDS["boss"], Keys.ENTER)
        wait(driver).until(lambda page: "/auth/login" not in page.current_url)
        yield driver
    finally:
        driver.quit()


def wait(driver):
    """Wait for what a busy machine shows late."""
    return WebDriverWait(driver, SECONDS)


def open_tab(browser, address, theme="light"):
    """Open a page of Airflow in a theme, click on "Pod", and look into the tab."""
    browser.switch_to.default_content()
    browser.execute_script("localStorage.setItem('theme', arguments[0])", theme)
    browser.get(address)
    wait(browser).until(shown.element_to_be_clickable((By.LINK_TEXT, "Pod"))).click()
    wait(browser).until(
        shown.frame_to_be_available_and_switch_to_it((By.CSS_SELECTOR, "iframe[title='Pod']"))
    )
    wait(browser).until(shown.presence_of_element_located((By.CSS_SELECTOR, ".yaml li")))


def background(browser, element="body"):
    """Give the colour behind the text of the page that is looked into."""
    return browser.execute_script(
        "return getComputedStyle(document.querySelector(arguments[0])).backgroundColor", element
    )


def take_screenshot(browser, name):
    """Write what the window shows as a file for people to look at."""
    browser.switch_to.default_content()
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    assert browser.save_screenshot(str(SCREENSHOTS / f"{name}.png"))


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_task_instance_has_a_tab_with_its_resources_and_secrets(theme, browser, server):
    """A user who logs in and clicks "Pod" sees what the task gets, in the colours of the page around it."""
    open_tab(browser, f"{server}{INSTANCE}", theme)
    text = browser.find_element(By.TAG_NAME, "main").text
    assert "memory 1Gi 1Gi the task" in text
    assert "MY_SECRET infrared-photon-7780-env" in text
    assert "memory: 1Gi" in text
    assert browser.execute_script("return document.documentElement.style.colorScheme") == theme
    inside = background(browser)
    width = browser.execute_script("const r = document.documentElement; return r.scrollWidth - r.clientWidth")
    assert width == 0, "a laptop's width is enough"
    take_screenshot(browser, f"pod-tab-{theme}")
    assert background(browser, "html") == inside
    browser.switch_to.frame(browser.find_element(By.CSS_SELECTOR, "iframe[title='Pod']"))
    browser.execute_script("document.querySelector('.pod').scrollIntoView()")
    take_screenshot(browser, f"pod-tab-yaml-{theme}")


def test_a_task_has_the_tab_as_well(browser, server):
    """Without a run, the tab shows what would be launched now."""
    open_tab(browser, f"{server}/dags/daily_report/tasks/extract")
    assert "The pod as it would be launched now." in browser.find_element(By.ID, "kind").text
    take_screenshot(browser, "pod-tab-of-a-task")


def test_the_tab_follows_the_theme_as_it_changes(browser, server):
    """Who changes Airflow's theme sees the open tab change with it."""
    open_tab(browser, f"{server}{INSTANCE}", "light")
    light = background(browser)
    browser.execute_script(
        "const page = parent.document.documentElement;"
        "page.classList.replace('light', 'dark'); page.style.colorScheme = 'dark';"
    )
    wait(browser).until(lambda page: background(page) != light)


def test_the_tab_works_with_the_keyboard(browser, server):
    """Tries, plot, buttons and the pod itself are reached by Tab, and Enter works on them."""
    open_tab(browser, f"{server}{INSTANCE}")
    body = browser.find_element(By.TAG_NAME, "body")
    body.click()
    reached = []
    for _ in range(12):
        browser.switch_to.active_element.send_keys(Keys.TAB)
        focused = browser.switch_to.active_element
        reached.append(focused.get_attribute("aria-label") or focused.text)
        if focused.text == "Copy":
            focused.send_keys(Keys.ENTER)
    assert [
        name for name in ("1", "2", "Copy", "Download") if not any(name in text for text in reached)
    ] == []
    wait(browser).until(shown.text_to_be_present_in_element((By.CLASS_NAME, "copied"), "Copied"))


def test_the_browser_runs_nothing_but_our_script(browser, server):
    """What an attacker wrote is text, and the browser has had to block nothing of ours."""
    browser.get_log("browser")
    open_tab(browser, f"{server}/dags/daily_report/runs/manual__3/tasks/hostile")
    assert "<img src=x onerror=" in browser.find_element(By.TAG_NAME, "main").text
    assert browser.execute_script("return [document.title, parent.document.title]")[0] == "Pod of hostile"
    assert not [entry for entry in browser.get_log("browser") if "Content Security" in entry["message"]]
    take_screenshot(browser, "pod-tab-of-a-hostile-task")


def test_a_failure_and_the_history_of_memory_are_seen(browser, server):
    """The first try of the last run was killed: its page says so, beside what the runs have used."""
    open_tab(browser, f"{server}{INSTANCE}")
    browser.find_element(By.LINK_TEXT, "1").click()
    wait(browser).until(shown.text_to_be_present_in_element((By.CSS_SELECTOR, ".failure"), "OOMKilled"))
    plot = browser.find_element(By.CSS_SELECTOR, "svg.plot")
    assert len(plot.find_elements(By.CSS_SELECTOR, "rect.peak")) == 4
    assert plot.size["height"] > 50
    take_screenshot(browser, "pod-tab-of-a-failure")
