"""Saves folders of results: figures, hourly series, charts, report and provenance."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, Unpack

from altay_energy.report.files import results as files
from altay_energy.report.files.folder import whole_folder

if TYPE_CHECKING:
    from altay_energy.report.chart.canvas import Charts
    from altay_energy.scenario.load import Scenario
    from altay_energy.study.compare import Comparison
    from altay_energy.study.ladder import Ladder
    from altay_energy.study.rules import RuleStudy
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


class Options(TypedDict, total=False):
    """How results are written; all of it may be left out.

    Parameters
    ----------
    charts : bool
        Draw charts and write ``report.html`` as well; true by default.
    language : str
        Of charts and report: ``"en"``, the default, or ``"zh"``.
    force : bool
        Replace older results in the folder.
    command : sequence of str
        Command line, for the manifest.
    watch : Stopwatch
        Times measured so far, for the manifest.
    """

    charts: bool
    language: str
    force: bool
    command: Sequence[str]
    watch: Stopwatch


@dataclass(frozen=True)
class ResultsFolder:
    """A folder that is being written, with the notices so far."""

    folder: Path
    notices: list[str]
    watch: Stopwatch
    charts: bool
    language: str

    def draw(
        self,
        chart: Callable[[], Charts],
        report: Callable[[Sequence[Path]], object] = lambda paths: None,
    ) -> None:
        """Draw charts, add their notices, and write the report that shows them."""
        with self.watch.part("charts"):
            drawn = chart()
            self.notices.extend(n for n in drawn.notices if n not in self.notices)
            report(drawn.paths)


@contextmanager
def results_folder(
    folder: str | Path, scenarios: Sequence[Scenario], notices: Sequence[str], options: Options
) -> Iterator[ResultsFolder]:
    """Yield a folder to fill; its manifest is written last, then it takes its place."""
    watch = options.get("watch") or Stopwatch()
    with whole_folder(Path(folder), force=options.get("force", False)) as target:
        charts, language = options.get("charts", True), options.get("language", "en")
        results = ResultsFolder(target, list(notices), watch, charts, language)
        yield results
        files.write_manifest(
            target,
            scenarios,
            command=options.get("command", ()),
            started=watch.started,
            seconds=watch.seconds,
            notices=results.notices,
        )


def save_run(scenario: Scenario, folder: str | Path, **options: Unpack[Options]) -> list[str]:
    """Run a scenario and write everything that ``altay-energy run -o`` writes.

    Parameters
    ----------
    scenario : Scenario
        From `load`.
    folder : path
        Target; written completely or not at all.
    **options
        See `Options`: ``charts``, ``language``, ``force``, ``command``, ``watch``.

    Returns
    -------
    list of str
        Notices for readers of the figures.

    Raises
    ------
    OutputError
        If the folder exists and may not be replaced, or cannot be written.
    """
    watch = options["watch"] = options.get("watch") or Stopwatch()
    with watch.part("simulation"):
        run = scenario.run()
    with results_folder(folder, [scenario], run.notices, options) as saved:
        target, language = saved.folder, saved.language
        with watch.part("files"):
            files.write_kpis(run, target / "kpis.json")
            files.write_netcdf(run.hourly, target / "hourly.nc")
            files.write_csv(run.hourly, target / "hourly.csv")
            files.write_scenario(scenario, target)
        if saved.charts:
            from altay_energy.report.pages.html import write_report
            from altay_energy.report.plots.run import draw_run_charts

            stations = run.dispatch.stations
            saved.draw(
                lambda: draw_run_charts(
                    run.hourly, target / "charts", language, stations, run.kpis, run.project
                ),
                lambda paths: write_report(
                    target / "report.html",
                    run.kpis,
                    run.hourly,
                    paths,
                    notices=saved.notices,
                    manifest=files.provenance([scenario]),
                    language=language,
                ),
            )
    return saved.notices


def save_comparison(
    scenarios: Sequence[Scenario],
    comparison: Comparison,
    folder: str | Path,
    **options: Unpack[Options],
) -> list[str]:
    """Write everything that ``altay-energy compare -o`` writes.

    Parameters
    ----------
    scenarios : sequence of Scenario
        As they were compared, in the same order.
    comparison : Comparison
        From `compare`.
    folder, **options
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
    notices = list(dict.fromkeys(n for s in scenarios for n in s.run().notices))
    with results_folder(folder, scenarios, notices, options) as saved:
        target, language = saved.folder, saved.language
        files.write_comparison(comparison, target)
        if saved.charts:
            from altay_energy.report.pages.html import write_comparison_report
            from altay_energy.report.plots.compare import draw_comparison

            runs = [
                (label, scenario.run().kpis, scenario.run().hourly)
                for label, scenario in zip(comparison.labels, scenarios, strict=True)
            ]
            saved.draw(
                lambda: draw_comparison(
                    runs, target / "charts", language, comparison.contributions
                ),
                lambda paths: write_comparison_report(
                    target / "report.html",
                    comparison.document(),
                    paths,
                    notices=saved.notices,
                    manifest=files.provenance(scenarios),
                    language=language,
                ),
            )
    return saved.notices


def save_ladder(
    scenario: Scenario, ladder: Ladder, folder: str | Path, **options: Unpack[Options]
) -> list[str]:
    """Write everything that ``altay-energy ladder -o`` writes.

    Parameters
    ----------
    scenario : Scenario
    ladder : Ladder
        From `altay_energy.study.ladder.ladder`.
    folder, **options
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
    notices = list(dict.fromkeys(n for run in ladder.runs.values() for n in run.notices))
    notices += ladder.notices()
    notices += [f"no result by {rung}: {why}" for rung, why in ladder.missing.items()]
    with results_folder(folder, [scenario], notices, options) as saved:
        charts, language, document = saved.folder / "charts", saved.language, ladder.document()
        files.write_ladder(document, saved.folder)
        files.write_scenario(scenario, saved.folder)
        if saved.charts:
            from altay_energy.report.pages.ladder import draw_ladder

            title = scenario.portfolio.title_zh if language == "zh" else scenario.portfolio.title
            saved.draw(lambda: draw_ladder(document, charts, language, title))
    return saved.notices


def save_rules(
    scenario: Scenario, study: RuleStudy, folder: str | Path, **options: Unpack[Options]
) -> list[str]:
    """Write everything that ``altay-energy rules -o`` writes.

    Parameters
    ----------
    scenario : Scenario
    study : RuleStudy
        From `altay_energy.study.rules.rule_study`.
    folder, **options
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
    with results_folder(folder, [scenario], [*study.notes, *study.run.notices], options) as saved:
        files.write_rules(study.document(), saved.folder)
        files.write_scenario(scenario, saved.folder)
    return saved.notices


def save_climate_checks(
    checks: Mapping[str, ClimateCheck], folder: str | Path, **options: Unpack[Options]
) -> list[str]:
    """Write everything that ``altay-energy weather check-climate -o`` writes.

    Parameters
    ----------
    checks : mapping of str to ClimateCheck
        By the name of their files.
    folder, **options
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

    with results_folder(folder, [], [], options) as saved:
        for name, check in checks.items():
            document = json.dumps(check_document(check), ensure_ascii=False, indent=2)
            for ending, text in ((".json", document), (".txt", check_text(check))):
                target = saved.folder / f"{name}{ending}"
                target.write_text(f"{text}\n", encoding="utf-8", newline="\n")
            if saved.charts:
                from altay_energy.report.plots.weather.climate_page import draw_climate_check

                chart = saved.folder / f"{name}.png"
                saved.draw(partial(draw_climate_check, check, chart, saved.language))
    return saved.notices
