"""Counts what was not sealed; the figures show in the metrics and in the console."""

from prometheus_client import REGISTRY, Counter

_failures = Counter(
    "baozhen_signing_failures",
    "Documents that were not sealed, and signatures that failed the check before release",
    ["stage", "algorithm"],
)


def count_failure(stage: str, algorithm: str = "") -> None:
    """Count one failure of a stage: render, lint, sign or release."""
    _failures.labels(stage=stage, algorithm=algorithm).inc()


def signing_failures() -> dict[tuple[str, str], int]:
    """Return the failures of this process since it began, by stage and algorithm."""
    return {
        (sample.labels["stage"], sample.labels["algorithm"]): int(sample.value)
        for metric in REGISTRY.collect()
        if metric.name == "baozhen_signing_failures"
        for sample in metric.samples
        if sample.name.endswith("_total")
    }
