"""The page of the codes is true of what lint reports."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from doc_pages import PAGES
from planted_mistakes import PLANTED, write_template

from airflow_provider_k8sexec.cli import main

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

LEVELS = dict(
    re.findall(r"^### (K8S\d+)\n\n.*\n\n- Level: (.*)$", PAGES["docs/reference/codes.md"], re.MULTILINE)
)


def test_a_finding_has_the_level_that_the_page_gives_its_code(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Who reads the page knows what will fail in CI."""
    monkeypatch.setenv("AIRFLOW__KUBERNETES_EXECUTOR__POD_TEMPLATE_FILE", write_template(tmp_path))
    main(["lint", "-o", "json", *map(str, sorted(PLANTED.glob("*.py")))])
    found = {(finding["code"], finding["level"]) for finding in json.loads(capsys.readouterr().out)}
    assert len(found) > 15
    assert [(code, level) for code, level in found if level not in LEVELS[code].lower()] == []
