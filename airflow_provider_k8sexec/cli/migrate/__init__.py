"""``k8sexec migrate``: hand-written pods of DAG files become pod options that make the same pods."""
