"""Saves folders of results: figures, hourly series, charts, report and provenance."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from altay_energy.report.files import results
from altay_energy.report.files.folder import whole_folder

if TYPE_CHECKING:
    from altay_energy.scenario.load import Scenario
    from altay_energy.study.compare import Comparison
    from altay_energy.study.ladder import Ladder
    from altay_energy.weather.climate.validation.check import ClimateCheck


class Stopwatch:
    """Measures the seconds spent in each named part of a task."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.started = datetime.now(UTC)

    def again(self) -> Stopwatch:
        """Return a copy that continues from here, for one of several runs."""
        watch = Stopwatch()
        watch.seconds, watch.started = dict(self.seconds), self.started
        return watch

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Add the time of the block to a name."""
        begin = time.perf_counter()
        yield
        self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - begin


def save_run(
    scenario: Scenario,
    folder: str | Path,
    *,
    charts: bool = True,
    language: str = "en",
    force: bool = False,
    command: Sequence[str] = (),
    watch: Stopwatch | None = None,
) -> list[str]:
    """Run a scenario and write everything that ``altay-energy run -o`` writes.

    Parameters
    ----------
    scenario : Scenario
        From `load`.
    folder : path
        Target; written completely or not at all.
    charts : bool
        Draw charts and write ``report.html`` as well.
    language : str
        Of charts and report: ``"en"`` or ``"zh"``.
    force : bool
        Replace older results there.
    command : sequence of str
        Command line, for the manifest.
    watch : Stopwatch, optional
        Times measured so far, for the manifest.

    Returns
    -------
    list of str
        Notices for readers of the figures.

    Raises
    ------
    OutputError
        If the folder exists and may not be replaced, or cannot be written.
    """
    watch = watch or Stopwatch()
    with watch.part("simulation"):
        run = scenario.run()
    notices = list(run.notices)
    with whole_folder(Path(folder), force=force) as partial:
        with watch.part("files"):
            results.write_kpis(run, partial / "kpis.json")
            results.write_netcdf(run.hourly, partial / "hourly.nc")
            results.write_csv(run.hourly, partial / "hourly.csv")
            results.write_scenario(scenario, partial)
        if charts:
            from altay_energy.report.pages.html import write_report
            from altay_energy.report.plots.run import draw_run_charts

            with watch.part("charts"):
                stations = run.dispatch.stations
                drawn = draw_run_charts(run.hourly, partial / "charts", language, stations)
                notices += drawn.notices
                write_report(
                    partial / "report.html",
                    run.kpis,
                    run.hourly,
                    drawn.paths,
                    notices=notices,
                    manifest=results.provenance([scenario]),
                    language=language,
                )
        results.write_manifest(
            partial,
            [scenario],
            command=command,
            started=watch.started,
            seconds=watch.seconds,
            notices=notices,
        )
    return notices


def save_comparison(
    scenarios: Sequence[Scenario],
    comparison: Comparison,
    folder: str | Path,
    *,
    charts: bool = True,
    language: str = "en",
    force: bool = False,
    command: Sequence[str] = (),
    watch: Stopwatch | None = None,
) -> list[str]:
    """Write everything that ``altay-energy compare -o`` writes.

    Parameters
    ----------
    scenarios : sequence of Scenario
        As they were compared, in the same order.
    comparison : Comparison
        From `compare`.
    folder, charts, language, force, command, watch
        As for `save_run`.

    Returns
    -------
    list of str
        Notices for readers of the figures.

    Raises
    ------
    OutputError
        If the folder exists and may not be replaced, or cannot be written.
    """
    watch = watch or Stopwatch()
    notices = list(dict.fromkeys(n for s in scenarios for n in s.run().notices))
    with whole_folder(Path(folder), force=force) as partial:
        results.write_comparison(comparison, partial)
        if charts:
            from altay_energy.report.pages.html import write_comparison_report
            from altay_energy.report.plots.compare import draw_comparison

            with watch.part("charts"):
                runs = [
                    (label, scenario.run().kpis, scenario.run().hourly)
                    for label, scenario in zip(comparison.labels, scenarios, strict=True)
                ]
                drawn = draw_comparison(runs, partial / "charts", language)
                notices += drawn.notices
                write_comparison_report(
                    partial / "report.html",
                    comparison.document(),
                    drawn.paths,
                    notices=notices,
                    manifest=results.provenance(scenarios),
                    language=language,
                )
        results.write_manifest(
            partial,
            scenarios,
            command=command,
            started=watch.started,
            seconds=watch.seconds,
            notices=notices,
        )
    return notices


def save_ladder(
    scenario: Scenario,
    ladder: Ladder,
    folder: str | Path,
    *,
    charts: bool = True,
    language: str = "en",
    force: bool = False,
    command: Sequence[str] = (),
    watch: Stopwatch | None = None,
) -> list[str]:
    """Write everything that ``altay-energy ladder -o`` writes.

    Parameters
    ----------
    scenario : Scenario
    ladder : Ladder
        From `altay_energy.study.ladder.ladder`.
    folder, charts, language, force, command, watch
        As for `save_run`.

    Returns
    -------
    list of str
        Notices for readers of the figures.

    Raises
    ------
    OutputError
        If the folder exists and may not be replaced, or cannot be written.
    """
    watch = watch or Stopwatch()
    notices = list(dict.fromkeys(n for run in ladder.runs.values() for n in run.notices))
    notices += ladder.notices()
    notices += [f"no result by {rung}: {why}" for rung, why in ladder.missing.items()]
    with whole_folder(Path(folder), force=force) as partial:
        results.write_ladder(ladder.document(), partial)
        results.write_scenario(scenario, partial)
        if charts:
            from altay_energy.report.pages.ladder import draw_ladder

            title = scenario.portfolio.title_zh if language == "zh" else scenario.portfolio.title
            with watch.part("charts"):
                drawn = draw_ladder(ladder.document(), partial / "charts", language, title)
                notices += drawn.notices
        results.write_manifest(
            partial,
            [scenario],
            command=command,
            started=watch.started,
            seconds=watch.seconds,
            notices=notices,
        )
    return notices


def save_climate_checks(
    checks: Mapping[str, ClimateCheck],
    folder: str | Path,
    *,
    charts: bool = True,
    language: str = "en",
    force: bool = False,
    command: Sequence[str] = (),
    watch: Stopwatch | None = None,
) -> list[str]:
    """Write everything that ``altay-energy weather check-climate -o`` writes.

    Parameters
    ----------
    checks : mapping of str to ClimateCheck
        By the name of their files.
    folder, charts, language, force, command, watch
        As for `save_run`.

    Returns
    -------
    list of str
        Notices for readers of the charts.

    Raises
    ------
    OutputError
        If the folder exists and may not be replaced, or cannot be written.
    """
    from altay_energy.weather.climate.validation.table import check_document, check_text

    watch = watch or Stopwatch()
    notices: list[str] = []
    with whole_folder(Path(folder), force=force) as partial:
        for name, check in checks.items():
            text = json.dumps(check_document(check), ensure_ascii=False, indent=2)
            (partial / f"{name}.json").write_text(f"{text}\n", encoding="utf-8", newline="\n")
            table = partial / f"{name}.txt"
            table.write_text(f"{check_text(check)}\n", encoding="utf-8", newline="\n")
            if charts:
                from altay_energy.report.plots.weather.climate_page import draw_climate_check

                with watch.part("charts"):
                    drawn = draw_climate_check(check, partial / f"{name}.png", language)
                notices += [n for n in drawn.notices if n not in notices]
        results.write_manifest(
            partial,
            [],
            command=command,
            started=watch.started,
            seconds=watch.seconds,
            notices=notices,
        )
    return notices
