"""Write what is made from the code: pages of the site, and what editors read of the package.

``make reference`` runs it. What it writes is committed, so that the site is built without Airflow, and readers of
the repository have it, too; a test compares it with the code.
"""

from __future__ import annotations

import architecture
import dashboard
import keywords
import reference_codes
import reference_commands
import reference_failures
import reference_metrics
import reference_options
import reference_python
import reference_settings
import schemas
from page_parts import ROOT

FILES = {
    "docs/dashboards/k8sexec.json": dashboard.build_dashboard,
    "docs/dashboards/statsd-mapping.yml": reference_metrics.build_mapping,
    "docs/images/architecture.svg": architecture.draw_picture,
    "docs/explanation/architecture.md": architecture.build_page,
    "docs/reference/codes.md": reference_codes.build_page,
    "docs/reference/commands.md": reference_commands.build_page,
    "docs/reference/failures.md": reference_failures.build_page,
    "docs/reference/metrics.md": reference_metrics.build_page,
    "docs/reference/options.md": reference_options.build_page,
    "docs/reference/python.md": reference_python.build_page,
    "docs/reference/settings.md": reference_settings.build_page,
    "airflow_provider_k8sexec/authoring/keywords.pyi": keywords.build_keywords,
    "airflow_provider_k8sexec/site/schemas/profiles.json": schemas.build_profiles,
    "airflow_provider_k8sexec/site/schemas/policy-rules.json": schemas.build_policy_rules,
    "airflow_provider_k8sexec/site/schemas/prices.json": schemas.build_prices,
}
"""What makes each file."""


if __name__ == "__main__":
    for file, build in FILES.items():
        (ROOT / file).write_text(build(), encoding="utf-8")
