"""Write what is made from the code: pages of the site, and what editors read of the package.

``make reference`` runs it. What it writes is committed, so that the site is built without Airflow, and readers of
the repository have it, too; a test compares it with the code.
"""

from __future__ import annotations

from pathlib import Path

import architecture
import keywords
import reference_codes
import reference_commands
import reference_failures
import reference_options
import reference_settings
import schemas
from page_parts import DOCS

import airflow_provider_k8sexec as package

PAGES = {
    "explanation/architecture": architecture.build_page,
    "reference/codes": reference_codes.build_page,
    "reference/commands": reference_commands.build_page,
    "reference/failures": reference_failures.build_page,
    "reference/options": reference_options.build_page,
    "reference/settings": reference_settings.build_page,
}
"""What makes each page."""

FILES = {
    "authoring/keywords.pyi": keywords.build_keywords,
    "site/schemas/profiles.json": schemas.build_profiles,
    "site/schemas/policy-rules.json": schemas.build_policy_rules,
}
"""What makes each file of the package."""


if __name__ == "__main__":
    for page, build in PAGES.items():
        (DOCS / f"{page}.md").write_text(build(), encoding="utf-8")
    for file, build in FILES.items():
        (Path(package.__file__).parent / file).write_text(build(), encoding="utf-8")
