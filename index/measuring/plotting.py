"""A picture of risk against coverage."""

from collections.abc import Mapping
from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from index.errors import MeasuringError
from index.measuring.refusing import RiskCoverage

_LABELS = {"answerable": "questions with an answer", "all": "all questions"}


def plot_risk_coverage(path: Path, curves: Mapping[str, RiskCoverage | None]) -> None:
    """Draw the curves into a PNG file. Raises MeasuringError when it cannot be written."""
    figure = Figure(figsize=(7, 4.5), layout="constrained")
    FigureCanvasAgg(figure)  # draws without a screen
    axes = figure.add_subplot()
    for name, curve in curves.items():
        if curve is not None:
            coverage, risk = zip(*curve.points, strict=True)
            axes.plot(coverage, risk, label=f"{_LABELS.get(name, name)}, AURC {curve.aurc:.3f}")
    axes.set(
        xlabel="coverage: share of questions answered, the surest first",
        ylabel="risk: share of those answers that are wrong",
        xlim=(0, 1),
        ylim=(0, 1),
    )
    axes.grid(alpha=0.3)
    axes.legend()
    try:
        figure.savefig(path, format="png", dpi=120)
    except OSError as error:
        raise MeasuringError(f"{path} cannot be written ({error.strerror}); name another file by --plot.") from error
