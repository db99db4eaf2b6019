"""The Pod tab as people see it: Chromium, Airflow's own web server under a path, and a user who logs in."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
from airflow.models.serialized_dag import SerializedDagModel
from airflow_site import HOSTILE, LONG_TASK, PASSWORDS, SALES_RUNS
from chromium import AXE, NARROW, find_violations, needs_axe
from pictures import needs_pictures, take_picture
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support import expected_conditions as shown
from selenium.webdriver.support.ui import WebDriverWait

from airflow_provider_k8sexec.render.executor_pod import Run, render_pod
from airflow_provider_k8sexec.ui.pods import LAUNCHED
from tests.cluster.control_plane import run_control_plane

ROOT = Path(__file__).parents[2]
ASSETS = os.environ.get("KUBEBUILDER_ASSETS")
PREFIX = "/team/airflow"
EXTRACT = "/dags/daily_report/runs/manual__3/tasks/extract"
LAST = SALES_RUNS[-1]
SECONDS = 60
COLOURS = ["color-contrast", "link-in-text-block"]
WEAR_ALL_COLOURS = """
const colours = ["template", "executor", "c0", "c1", "c2", "c3", "c4", "c5"];
[...document.querySelectorAll(".yaml li:has(.origin)")].forEach((line, index) => {
  line.className = colours[index % colours.length];
});
"""

STATES = {
    "a task": ("sales", "train", {}),
    "a try": ("sales", "train", {"run_id": LAST}),
    "a failure": ("sales", "train", {"run_id": LAST, "try_number": "1"}),
    "a problem": ("daily_report", "extract", {"run_id": "manual__1"}),
    "hostile names": ("daily_report", "extract", {"run_id": HOSTILE}),
    "no template": ("daily_report", "mapped", {}),
    "long names": ("others", LONG_TASK, {"run_id": "manual__1"}),
    "a started pod": ("others", "started", {"run_id": "manual__1"}),
    "no pod": ("local", "podless", {"run_id": "manual__1"}),
    "nothing": ("local", "nothing", {}),
}

pytestmark = pytest.mark.once_a_line
needs_cluster = pytest.mark.skipif(not ASSETS, reason="no API server of Kubernetes: set KUBEBUILDER_ASSETS")


@pytest.fixture(scope="module")
def kubeconfig(tmp_path_factory):
    """Name the file by which Airflow's executor finds its cluster: there is none until a test writes it."""
    return tmp_path_factory.mktemp("cluster") / "kubeconfig"


@pytest.fixture(scope="module")
def control_plane():
    """Start an API server of Kubernetes while Airflow's web server starts; whoever needs it waits for it."""
    with ExitStack() as stack, ThreadPoolExecutor(1) as pool:
        yield pool.submit(stack.enter_context, run_control_plane(Path(ASSETS))) if ASSETS else None


@pytest.fixture(scope="module")
def server(site, control_plane, kubeconfig, tmp_path_factory):
    """Start Airflow's web server under a path, as many platforms serve it, and give its address."""
    del control_plane  # starts before it
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    address = f"http://127.0.0.1:{port}{PREFIX}"
    log = tmp_path_factory.mktemp("server") / "log"
    command = [sys.executable, "-m", "airflow", "api-server", "--host", "127.0.0.1", "--port", port]
    settings = {
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__API__BASE_URL": address,
        "AIRFLOW__KUBERNETES_EXECUTOR__CONFIG_FILE": str(kubeconfig),
        "PYTHONWARNINGS": "ignore",
    }
    env = {**os.environ, **site, **settings}
    with (
        log.open("wb") as output,
        subprocess.Popen(  # noqa: S603  # Airflow's
            command, env=env, stdout=output, stderr=output, start_new_session=True
        ) as process,
    ):
        try:
            _wait_for(f"{address}/api/v2/version", process, log)
            yield address
        finally:
            os.killpg(process.pid, signal.SIGKILL)  # it keeps nothing, and would wait for its connections


def _wait_for(address, process, log):
    end = time.monotonic() + 2 * SECONDS
    while process.poll() is None and time.monotonic() < end:
        try:
            urllib.request.urlopen(address, timeout=5).close()  # noqa: S310  # our own server
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise AssertionError(f"Airflow's web server has not come up:\n{log.read_text()}")


@pytest.fixture(scope="module")
def browser(chromium, server):
    """Log in as the boss does, and open the tab once."""
    chromium.get(f"{server}/auth/login")
    wait(chromium).until(shown.presence_of_element_located((By.NAME, "username"))).send_keys("boss")
    chromium.find_element(By.NAME, "password").send_keys(PASSWORDS["boss"], Keys.ENTER)
    wait(chromium).until(lambda page: "/auth/login" not in page.current_url)
    open_tab(chromium, f"{server}{EXTRACT}", "dark")
    return chromium


def wait(driver):
    """Wait for what a busy machine shows late."""
    return WebDriverWait(driver, SECONDS, poll_frequency=0.1)


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


def show(browser, state, theme="light"):
    """Show another page in the open tab, and let Airflow's page around it have a theme."""
    dag_id, task_id, query = state
    path = f"{PREFIX}/k8sexec/dags/{dag_id}/tasks/{task_id}/pod?{urlencode(query)}"
    before = browser.find_element(By.TAG_NAME, "main")
    set_theme(browser, theme)
    browser.execute_script("location.replace(arguments[0])", path)
    wait(browser).until(shown.staleness_of(before))
    return wait(browser).until(shown.presence_of_element_located((By.TAG_NAME, "main")))


def set_theme(browser, theme):
    """Change the theme of Airflow's page, as its own menu does."""
    browser.execute_script(
        "const page = parent.document.documentElement, [theme] = arguments;"
        "page.classList.remove('light', 'dark'); page.classList.add(theme); page.style.colorScheme = theme;",
        theme,
    )


def background(browser, element="body"):
    """Give the colour behind the text of the page that is looked into."""
    return browser.execute_script(
        "return getComputedStyle(document.querySelector(arguments[0])).backgroundColor", element
    )


def overflow(browser):
    """Give how many pixels of the page are cut off at its side."""
    return browser.execute_script("const r = document.documentElement; return r.scrollWidth - r.clientWidth")


def test_a_task_instance_has_a_tab_with_its_resources_and_secrets(browser, server):
    """A user who logs in and clicks "Pod" sees what the task gets, in the look of the page around it."""
    open_tab(browser, f"{server}{EXTRACT}", "dark")
    text = browser.find_element(By.TAG_NAME, "main").text
    assert "memory 1Gi 1Gi the task" in text
    assert "MY_SECRET infrared-photon-7780-env" in text
    assert "memory: 1Gi" in text
    assert colour_scheme(browser) == "dark"
    fonts = "return [document, parent.document].map((page) => getComputedStyle(page.body).fontFamily)"
    assert len(set(browser.execute_script(fonts))) == 1
    inside = background(browser)
    around = "return getComputedStyle(parent.document.documentElement).backgroundColor"
    assert browser.execute_script(around) == inside != "rgb(255, 255, 255)"


def colour_scheme(browser):
    """Give the theme that the tab has taken over."""
    return browser.execute_script("return document.documentElement.style.colorScheme")


@needs_axe
def test_axe_finds_nothing(browser):
    """Contrast, names, headings, landmarks, tables: no state of the page breaks a rule, light or dark."""
    found = {}
    for name, state in STATES.items():
        show(browser, state)
        # Hundreds of lines of YAML take most of the time, and differ in their words alone.
        lines = ["li:not(:has(.origin))"] if name == "a try" else [".yaml"]
        browser.execute_script(WEAR_ALL_COLOURS)
        found[name, "light"] = find_violations(browser, but_for=lines)
        set_theme(browser, "dark")
        wait(browser).until(lambda page: colour_scheme(page) == "dark")
        found[name, "dark"] = find_violations(browser, but_for=lines, runOnly=COLOURS)
    assert {state: rules for state, rules in found.items() if rules} == {}


@needs_axe
def test_axe_finds_a_faint_text_and_a_button_without_a_name(browser):
    """What the test above would find: a colour or a label that is broken."""
    show(browser, STATES["a try"])
    browser.execute_script(
        "document.querySelector('#kind').style.color = '#bbb';"
        "document.querySelector('button.copy').textContent = '';"
        "document.querySelector('h1').remove()"
    )
    assert {"color-contrast", "button-name", "page-has-heading-one"} <= set(
        find_violations(browser, but_for=[".yaml"])
    )
    set_theme(browser, "dark")
    browser.execute_script("document.querySelector('#kind').style.color = '#444'")
    assert "color-contrast" in find_violations(browser, but_for=[".yaml"], runOnly=COLOURS)


@pytest.mark.parametrize("width", [1366, 800, 400])
def test_no_name_is_cut_off_however_narrow_the_window(width, browser):
    """Long names wrap: nothing of the page is beside the window, and no text beside its part of the page."""
    show(browser, STATES["long names"])
    browser.execute_script(
        "const frame = parent.document.querySelector('iframe[title=Pod]');"
        "frame.style.position = 'fixed'; frame.style.width = `${arguments[0]}px`",
        width,
    )
    wait(browser).until(lambda page: page.execute_script("return innerWidth") == width)
    cut = browser.execute_script(
        "return [...document.querySelectorAll('main *')].filter((part) => part.scrollWidth > part.clientWidth"
        " && part.clientWidth && !part.closest('.unseen, svg, .ticks'))"
        ".map((part) => part.outerHTML.slice(0, 90))"
    )
    beside = overflow(browser)
    browser.execute_script("parent.document.querySelector('iframe[title=Pod]').removeAttribute('style')")
    assert (beside, cut) == (0, [])


def test_a_task_has_the_tab_as_well(browser, server):
    """Without a run, the tab shows what would be launched now."""
    open_tab(browser, f"{server}/dags/daily_report/tasks/extract")
    assert "The pod as it would be launched now." in browser.find_element(By.ID, "kind").text


def test_the_tab_works_under_a_path(browser):
    """Where Airflow is served under a path, so are the page, its tries and its file."""
    show(browser, STATES["a try"])
    browser.find_element(By.LINK_TEXT, "1").click()
    wait(browser).until(shown.presence_of_element_located((By.CSS_SELECTOR, ".failure")))
    path = browser.execute_script("return location.pathname")
    assert path == f"{PREFIX}/k8sexec/dags/sales/tasks/train/pod"
    status, kind, text = browser.execute_async_script(
        "const done = arguments[0], { href } = document.querySelector('a[download]');"
        "parent.fetch(href).then(async (answer) =>"
        " done([answer.status, answer.headers.get('Content-Type'), await answer.text()]))"
    )
    assert (status, kind.partition(";")[0]) == (200, "application/yaml")
    assert "try_number: '1'" in text


def test_the_tab_follows_the_theme_as_it_changes(browser):
    """Who changes Airflow's theme sees the open tab change with it."""
    show(browser, STATES["a try"], "light")
    light = background(browser)
    set_theme(browser, "dark")
    wait(browser).until(lambda page: background(page) != light)


def test_the_tab_works_with_the_keyboard(browser):
    """Tries, table, buttons are reached by Tab in the order of the page, and Enter works on them."""
    show(browser, STATES["a try"])
    browser.find_element(By.CSS_SELECTOR, "main > .bar").click()
    reached = []
    while not reached or reached[-1] != "Download":
        browser.switch_to.active_element.send_keys(Keys.TAB)
        focused = browser.switch_to.active_element
        reached.append(focused.get_attribute("aria-label") or focused.text)
        assert browser.execute_script("return getComputedStyle(arguments[0]).outlineStyle", focused) != "none"
        if focused.text in {"The values as a table", "Copy"}:
            focused.send_keys(Keys.ENTER)
    assert reached == [
        "Try 1",
        "Try 2",
        "The values as a table",
        "The values of past runs",
        "3 from the pod template",
        "Copy",
        "Download",
    ]
    wait(browser).until(shown.text_to_be_present_in_element((By.CLASS_NAME, "copied"), "Copied"))


def test_who_points_at_a_run_reads_its_amounts(browser):
    """The sentence below a plot names the run under the pointer, and then is what it was."""
    show(browser, STATES["a try"])
    plot = browser.find_element(By.CSS_SELECTOR, ".plot")
    readout = plot.find_element(By.CLASS_NAME, "readout")
    summary = readout.text
    ActionChains(browser).move_to_element(plot.find_elements(By.CSS_SELECTOR, "rect.used")[-1]).perform()
    assert readout.text == f"{SALES_RUNS[-1]}: 1Gi of 1Gi, killed at the limit, suggested 1344Mi"
    ActionChains(browser).move_to_element(browser.find_element(By.ID, "kind")).perform()
    assert readout.text == summary


def test_the_browser_runs_nothing_but_our_script(browser):
    """What an attacker wrote is text, and the browser has had to block nothing of ours."""
    browser.get_log("browser")
    main = show(browser, ("daily_report", "hostile", {"run_id": "manual__3"}))
    assert "<img src=x onerror=" in main.text
    assert browser.execute_script("return [document.title, parent.document.title]")[0] == "Pod of hostile"
    assert not [entry for entry in browser.get_log("browser") if "Content Security" in entry["message"]]


def test_a_failure_stands_first_and_the_history_of_both_resources_is_seen(browser):
    """The first try of the last run was killed: its page begins so, above what the runs have used."""
    show(browser, STATES["a failure"])
    failure = browser.find_element(By.CSS_SELECTOR, "main > .failure")
    plots = browser.find_elements(By.CSS_SELECTOR, ".plot svg")
    assert "OOMKilled" in failure.text
    assert "What to do: set retries=..." in failure.text
    assert [len(plot.find_elements(By.CSS_SELECTOR, "rect.used")) for plot in plots] == [22, 22]
    assert plots[0].location["y"] == plots[1].location["y"] > failure.location["y"]
    assert min(plot.size["height"] for plot in plots) > 50


@pytest.fixture(scope="module")
def running_pod(server, control_plane, kubeconfig):
    """Give the name of the newest try's pod, which runs on an API server that Airflow's can reach."""
    del server  # starts before it, and gives this process the settings of its site
    from kubernetes.client import CoreV1Api
    from kubernetes.config import new_client_from_config

    kubeconfig.write_bytes(control_plane.result().kubeconfig.read_bytes())
    task = SerializedDagModel.get_dag("sales").get_task("train")
    pod = render_pod("sales", "train", task.executor_config, 2, Run(LAST))
    pod["metadata"] |= {"name": "sales-train-k3x9q2mz", "namespace": "default"}
    pod["spec"]["nodeName"] = "node-7"
    with new_client_from_config(str(kubeconfig)) as client:
        api = CoreV1Api(client)
        name = api.create_namespaced_pod("default", pod).metadata.name
        api.patch_namespaced_pod_status(name, "default", {"status": {"phase": "Running"}})
    yield name
    kubeconfig.unlink()


@needs_cluster
def test_a_pod_that_runs_is_shown_as_the_cluster_has_it(browser, running_pod):
    """While a try runs, its page names the pod, its phase and its node, and shows what was launched."""
    main = show(browser, STATES["a try"])
    assert LAUNCHED in main.text
    facts = browser.find_element(By.CSS_SELECTOR, ".facts").text.split("\n")
    assert facts == ["Phase", "Running", "Pod", running_pod, "Namespace", "default", "Node", "node-7"]
    assert "nodeName: node-7" in main.text
    assert not AXE.exists() or find_violations(browser, but_for=[".yaml"]) == {}


@needs_cluster
@needs_pictures
@pytest.mark.usefixtures("running_pod")
def test_the_tab_is_pictured(browser, server):
    """`make screenshots` makes the pictures of the documentation anew, in Airflow's own page."""
    open_tab(browser, f"{server}/dags/sales/runs/{quote(LAST)}/tasks/train")
    take_picture(browser, "pod-tab")
    show(browser, STATES["a failure"])
    take_picture(browser, "pod-tab-failure")
    take_picture(browser, "pod-tab-narrow", NARROW)
