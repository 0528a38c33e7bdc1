"""Explainability reports for convolutional networks.

    import reportgen

    report = reportgen.explain(model, images, labels)
    reportgen.write(report, "my-report")
    report = reportgen.read("my-report/report.json")

    model.fit(images, labels, epochs=20, callbacks=[reportgen.ReportCallback((images, labels), every=5)])

Importing this package is light: TensorFlow is imported when `explain` or `ReportCallback` is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reportgen.pipeline.callback import ReportCallback
    from reportgen.pipeline.explain import explain
    from reportgen.pipeline.read import read
    from reportgen.pipeline.result import Report
    from reportgen.writing import write

__version__ = "0.1.0"
__all__ = ["Report", "ReportCallback", "__version__", "explain", "read", "write"]

_HOMES = {
    "Report": "reportgen.pipeline.result",
    "ReportCallback": "reportgen.pipeline.callback",
    "explain": "reportgen.pipeline.explain",
    "read": "reportgen.pipeline.read",
    "write": "reportgen.writing",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'reportgen' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
