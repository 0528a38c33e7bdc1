"""A verdict -> an in-toto statement with the predicate test-result, to be signed by what runs the check.

Its subjects are the report and the model's file, each by the hash of its bytes; the configuration is the policy.
"""

from __future__ import annotations

from reportgen.document.verdict import Verdict
from reportgen.renderers.attesting import Named, statement

NAME = "test-result.intoto.json"


def render(verdict: Verdict) -> str:
    """Return the statement as JSON, unsigned."""
    files = (Named(verdict.model_file, verdict.model_sha256), Named(verdict.report, verdict.report_sha256))
    return statement(files, Named(verdict.policy, verdict.policy_sha256), verdict.results, verdict.exit_code)
