"""Each limit over the period is one entry, with a key, a figure, words, docs and its law."""

from __future__ import annotations

import string
import tomllib
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

import altay_energy
from altay_energy.components.settings.settings import LOOK_AHEAD, DispatchSettings
from altay_energy.dispatch.infeasible.explain import why_impossible
from altay_energy.dispatch.optimal.optimal import dispatch_optimal
from altay_energy.dispatch.problem.period import LIMITS, SERVED, PeriodTerms
from altay_energy.dispatch.problem.problem import Problem
from altay_energy.dispatch.problem.storage import StorageLimits
from altay_energy.dispatch.problem.thermal_units import ThermalLimits
from altay_energy.dispatch.program.limits import flows
from altay_energy.report.text.messages import translated
from altay_energy.run.figures.kpis import FIGURES, kpis

ROOT = Path(__file__).parents[4]
TEXT = Path(altay_energy.__file__).parent / "report" / "text"
WORDS = {"key", "asked", "by", "reached", "best", "hours", "verb", "to"}
ALL = pytest.mark.parametrize("limit", LIMITS.values(), ids=list(LIMITS))


def project(**changes) -> Problem:
    """Two days of wind and sun beside a load, with a battery and a weak connection."""
    clock = np.arange(48)
    given = {
        "step_hours": 1.0,
        "load_mw": 50.0 + 10.0 * np.sin(clock / 12 * np.pi),
        "renewables": {
            "wind.a": 40.0 + 40.0 * np.sin(clock / 17.0),
            "solar.b": 60.0 * np.clip(np.sin((clock % 24 - 6) / 12 * np.pi), 0.0, None),
        },
        "thermals": (ThermalLimits("thermal.c", 12.0, 1.0, 900.0, 0.9),),
        "storages": (StorageLimits("battery.a", 20.0, 20.0, 60.0, 0.9, 0.9, 0.001, 20.0),),
        "import_limit_mw": 15.0,
        "export_limit_mw": 60.0,
        "import_price_cny_mwh": 260.0,
        "export_price_cny_mwh": 240.0,
        "unserved_cost_cny_mwh": 500.0,
        "grid_emission_factor_t_mwh": 0.6,
    }
    return Problem(**{**given, **changes})


def asking(problem, limit, value):
    return replace(problem, terms=replace(problem.terms, **{limit.key: value}))


@ALL
def test_a_limit_has_a_key_a_figure_words_and_a_row_in_the_docs(limit):
    assert LIMITS[limit.key] is limit
    assert limit.key in DispatchSettings.model_fields
    assert limit.key in {field.name for field in fields(PeriodTerms)}
    assert f"| `{limit.key}` |" in (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
    page = (ROOT / "docs" / "dispatch.md").read_text(encoding="utf-8")
    assert f"`{limit.key}`" in page or f"`dispatch.{limit.key}`" in page
    assert limit.figure in FIGURES
    for language in ("en", "zh"):
        words = tomllib.loads((TEXT / f"{language}.toml").read_text(encoding="utf-8"))
        assert any(limit.figure in table for table in words.values() if isinstance(table, dict))
    used = {field for _, field, _, _ in string.Formatter().parse(limit.missed) if field}
    assert {"key", "asked"} <= used <= WORDS


def test_every_key_of_the_settings_that_is_a_limit_is_an_entry():
    assert {*LOOK_AHEAD, SERVED} == LIMITS.keys()
    assert sorted(limit.relaxed for limit in LIMITS.values()) == list(range(len(LIMITS)))


@ALL
def test_the_terms_of_a_limit_add_up_to_its_figure(limit):
    problem = project(load_mw=project().load_mw + 15.0)
    done = dispatch_optimal(problem)
    added = limit.sign * float(sum(part.sum() for part in flows(done, limit))) * problem.step_hours
    whole = float(sum(power.sum() for power in problem.renewables.values())) * problem.step_hours
    figure = float(kpis(done)[limit.figure])
    assert figure > 0.0
    assert added == pytest.approx(figure * (whole if limit.unit == "-" else 1.0), rel=1e-9)


@ALL
def test_a_limit_that_binds_is_kept_and_costs_something(limit):
    """The law of the table: the figure of a dispatch with foresight is on the side asked for."""
    problem = project(load_mw=project().load_mw + 15.0)
    free = dispatch_optimal(problem)
    asked = float(kpis(free)[limit.figure]) * (1.0 - 0.002 * limit.sign)
    bound = dispatch_optimal(asking(problem, limit, asked))
    bound.check()
    reached = float(kpis(bound)[limit.figure])
    assert limit.sign * (reached - asked) <= 1e-6 * asked
    assert float(bound.solution.objective_cny) > float(free.solution.objective_cny)


@pytest.mark.parametrize("key", [key for key in LIMITS if key != "export_rate_max"])
def test_a_limit_that_cannot_be_kept_is_explained_in_either_language(key):
    """All but the limit on exports, which curtailment keeps whatever is asked."""
    limit = LIMITS[key]
    impossible = 0.0 if limit.sense == "max" else 1.0
    problem = project(load_mw=project().load_mw + 60.0, import_limit_mw=0.0)
    if limit.sense == "min":
        problem = project(load_mw=np.full(48, 1.0), export_limit_mw=200.0)
    english = str(why_impossible(asking(problem, limit, impossible))).splitlines()[0]
    chinese = translated(english, "zh")
    assert f"dispatch.{key} = {impossible:g} cannot be kept" in english
    assert f"dispatch.{key} = {impossible:g} 无法满足" in chinese
    assert "{" not in english + chinese
