"""Write what the site has from the code: the pages of ``docs/reference``, and parts of the architecture.

``make reference`` runs it. What it writes is committed, so that the site is built without Airflow, and readers of
the repository have it, too; a test compares it with the code.
"""

from __future__ import annotations

import architecture
import reference_codes
import reference_commands
import reference_failures
import reference_options
import reference_settings
from page_parts import DOCS

PAGES = {
    "explanation/architecture": architecture.build_page,
    "reference/codes": reference_codes.build_page,
    "reference/commands": reference_commands.build_page,
    "reference/failures": reference_failures.build_page,
    "reference/options": reference_options.build_page,
    "reference/settings": reference_settings.build_page,
}
"""What makes each page."""


if __name__ == "__main__":
    for page, build in PAGES.items():
        (DOCS / f"{page}.md").write_text(build(), encoding="utf-8")
