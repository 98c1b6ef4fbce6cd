"""A portfolio built in Python runs without any file, and refuses what leads nowhere."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

import altay_energy as ae
from altay_energy.components.settings.settings import TimeSettings
from altay_energy.dispatch.optimal.proven import proof_notices
from altay_energy.dispatch.problem.period import PeriodTerms
from altay_energy.report.text.messages import translated
from altay_energy.run.figures.method_notices import broken_limits, limit_notices

YEAR = ae.Timeline.of_year(2030)
JEMINAY = ae.Site(latitude=47.43, longitude=85.87, elevation_m=984.0)


def small(**changes):
    parts = {
        "timeline": YEAR,
        "sites": {"jeminay": JEMINAY},
        "wind": {"farm": ae.WindFarm(site="jeminay", capacity_mw=100.0)},
        "battery": {"shed": ae.Battery(charge_mw=10.0, discharge_mw=10.0, energy_mwh=40.0)},
        "load": {"mine": ae.Load(sector="mining", annual_mwh=3e5)},
        "grid": ae.Grid(import_limit_mw=50.0, export_limit_mw=20.0),
    }
    return ae.Portfolio(**{**parts, **changes})


def test_a_run_balances_and_its_figures_agree_with_its_hours():
    run = small().run()
    kpis, hourly = run.kpis["kpis"], run.hourly
    assert kpis["balance_residual_mw"] <= 1e-6
    supply = hourly["generation_mw"].sum("plant") + hourly["thermal_mw"].sum("thermal")
    supply = supply + hourly["discharge_mw"].sum("storage") + hourly["import_mw"]
    use = hourly["load_mw"] + hourly["charge_mw"].sum("storage") + hourly["export_mw"]
    assert_allclose(supply + hourly["unserved_mw"], use, atol=1e-9)
    assert kpis["generation_mwh"] == pytest.approx(float(hourly["generation_mw"].sum()))
    assert kpis["load_mwh"] == pytest.approx(3e5)
    assert hourly.sizes["time_edge"] == hourly.sizes["time"] + 1


def test_a_figure_is_found_by_its_bare_name_and_a_wrong_name_hears_the_right_one():
    kpis = small().run().kpis
    assert kpis["load_mwh"] == kpis["kpis"]["load_mwh"]
    with pytest.raises(KeyError, match="no figure is called 'lod_mwh'; 'load_mwh'"):
        kpis["lod_mwh"]


def test_a_file_and_python_give_the_same_run(repository):
    from_file = ae.load(repository / "scenarios" / "jeminay-2023.toml")
    portfolio = from_file.portfolio
    in_python = ae.Portfolio(
        timeline=ae.Timeline.of_year(2023),
        name="jeminay-2023",
        sites=portfolio.sites,
        weather=ae.Climate(seed=1),
        wind={
            "jeminay": ae.WindFarm(
                site="jeminay", capacity_mw=390, turbine="generic-6.7MW-182m", hub_height_m=110
            )
        },
        solar={"jeminay": ae.SolarPlant(site="jeminay", capacity_mw=10)},
        battery={"jeminay": ae.Battery(charge_mw=40, discharge_mw=40, energy_mwh=80)},
        load={"computing": ae.Load(sector="computing", peak_mw=120)},
        grid=ae.Grid(
            import_limit_mw=150,
            export_limit_mw=400,
            import_price_cny_mwh="xinjiang_tou_2021_draft",
            export_price_cny_mwh="xinjiang_coal_benchmark",
        ),
    )
    assert in_python.run().kpis == from_file.run().kpis


def test_weather_of_a_site_does_not_depend_on_the_rest_of_the_portfolio():
    alone = small().available_power()["wind.farm"]
    more = small(
        sites={
            "burqin": ae.Site(latitude=47.7, longitude=86.87, elevation_m=580.0),
            "jeminay": JEMINAY,
        },
        solar={"b": ae.SolarPlant(site="burqin", capacity_mw=10.0)},
    ).available_power()["wind.farm"]
    assert_allclose(more, alone, rtol=0, atol=0)


def test_weather_may_be_given_for_any_place_on_earth():
    week = ae.Timeline.of_year(2030)
    hours = np.arange(week.steps)
    windy = ae.Weather(
        place="Tromsø, made up",
        latitude=69.65,
        longitude=18.96,
        elevation_m=10.0,
        timeline=week,
        ghi_w_m2=np.zeros(week.steps),
        dni_w_m2=np.zeros(week.steps),
        dhi_w_m2=np.zeros(week.steps),
        temperature_c=np.full(week.steps, -5.0),
        wind_speed_m_s=8.0 + np.sin(hours),
        wind_height_m=100.0,
        pressure_pa=np.full(week.steps, 1e5),
        relative_humidity_percent=np.full(week.steps, 80.0),
    )
    run = small(
        sites={"jeminay": ae.Site(latitude=69.65, longitude=18.96, elevation_m=10.0)},
        weather={"jeminay": windy},
    ).run()
    assert run.kpis["kpis"]["generation_mwh"] > 1e5


def test_an_island_has_neither_import_nor_export():
    kpis = small(grid=None).run().kpis["kpis"]
    assert kpis["import_mwh"] == kpis["export_mwh"] == 0
    assert kpis["unserved_mwh"] > 0
    assert kpis["lolh_h"] > 0


def test_a_portfolio_of_nothing_but_load_is_an_outage():
    portfolio = ae.Portfolio(timeline=YEAR, load={"mine": ae.Load(sector="mining", annual_mwh=1e4)})
    kpis = portfolio.run().kpis["kpis"]
    assert kpis["unserved_mwh"] == pytest.approx(1e4)
    assert kpis["curtailment_rate"] == 0


def test_a_missing_site_is_named():
    with pytest.raises(
        ae.ScenarioError, match=r"wind.farm.site: there is no site 'x'; sites: jemi"
    ):
        small(wind={"farm": ae.WindFarm(site="x", capacity_mw=100.0)})


def test_a_missing_storage_is_named():
    with pytest.raises(ae.ScenarioError, match=r"no storage 'battery.x'; storages: battery.shed"):
        small(dispatch=ae.DispatchSettings(storage_order=["battery.x"]))


def test_missing_weather_is_named():
    with pytest.raises(ae.ScenarioError, match="no weather is given for the sites jeminay"):
        small(weather={}).run()


def test_a_site_beyond_the_climate_says_how_to_go_on():
    far = ae.Site(latitude=40.0, longitude=116.0, elevation_m=50.0)
    with pytest.raises(ae.ScenarioError, match=r"nearest point, takeshiken, is .* km away"):
        small(sites={"jeminay": far}).run()


def test_a_site_may_name_its_climate_point_however_far():
    far = ae.Site(latitude=40.0, longitude=116.0, elevation_m=984.0, climate="jeminay")
    assert_allclose(
        small(sites={"jeminay": far}).available_power()["wind.farm"],
        small().available_power()["wind.farm"],
    )


@pytest.mark.parametrize("step_hours", [0.5, 0.25])
def test_finer_steps_keep_the_energy_of_the_load_and_nearly_that_of_the_wind(step_hours):
    fine = small(timeline=ae.Timeline.of_year(2030, step_hours)).run().kpis["kpis"]
    coarse = small().run().kpis["kpis"]
    assert fine["load_mwh"] == pytest.approx(coarse["load_mwh"])
    assert fine["available_mwh"] == pytest.approx(coarse["available_mwh"], rel=0.02)
    assert fine["balance_residual_mw"] <= 1e-6


def test_a_leap_year_has_its_day():
    assert small(timeline=ae.Timeline.of_year(2028)).run().hourly.sizes["time"] == 8784


def test_notices_name_their_site_and_appear_once():
    run = small(
        sites={"jeminay": JEMINAY, "pass": JEMINAY},
        solar={"p": ae.SolarPlant(site="pass", capacity_mw=1.0)},
    ).run()
    assert [n for n in run.notices if n.startswith("jeminay: synthetic weather")]
    assert [n for n in run.notices if n.startswith("pass: jeminay: synthetic weather")]
    assert len(set(run.notices)) == len(run.notices)


def test_the_own_use_of_plants_is_demand_and_is_under_their_names():
    plant = ae.SolarPlant(site="jeminay", capacity_mw=200.0, night_consumption=0.0003)
    solar = {"field": plant}
    run, plain = small(solar=solar).run(), small().run()
    night = run.portfolio.available_power()["solar.field"] == 0.0
    own = run.demand["own_use.solar.field"]
    assert_allclose(own, np.where(night, 0.06, 0.0))
    assert run.kpis["plants"]["solar.field"]["own_use_mwh"] == pytest.approx(0.06 * night.sum())
    assert run.kpis["load_mwh"] - plain.kpis["load_mwh"] == pytest.approx(own.sum())
    assert run.kpis["balance_residual_mw"] <= 1e-6
    assert "own_use.solar.field" in run.hourly["load"]
    silent = {"field": ae.SolarPlant(site="jeminay", capacity_mw=200.0)}
    assert small(solar=silent).run().kpis["load_mwh"] == plain.kpis["load_mwh"]


def test_blades_are_heated_from_the_bus_where_the_farm_gives_too_little():
    heated = small(wind={"farm": ae.WindFarm(site="jeminay", capacity_mw=100.0, icing="heated")})
    run = heated.run()
    own = run.demand["own_use.wind.farm"]
    assert 0.0 < own.max() <= 0.05 * 100.0 + 1e-9
    # All heating is either taken from the farm or drawn from the bus, never both and never less.
    farm, weather = heated.wind["farm"], heated.weather_by_site["jeminay"]
    heating = 100.0 * farm.icing_on(weather, 984.0).heating
    assert (own <= heating + 1e-12).all()
    left = run.portfolio.available_power()["wind.farm"]
    assert (left[own > 0.0] == 0.0).all()
    off = ae.WindFarm(site="jeminay", capacity_mw=100.0, icing="off")
    gave = off.available_power(weather, YEAR, 984.0) / (0.97 * 0.98)
    taken = gave - left / (0.97 * 0.98)
    assert_allclose(taken + own, heating, atol=1e-6)


def test_a_profile_holds_its_own_use_already():
    field = {"field": ae.SolarPlant(capacity_mw=200.0, profile=0.0)}
    assert not [key for key in small(solar=field).run().demand if key.startswith("own_use")]


TEN_DAYS = TimeSettings(start="2030-01-01T00:00", hours=240).timeline()


def january(**changes):
    return small(timeline=TEN_DAYS, **changes)


def test_optimal_dispatch_is_a_word_in_the_settings_and_never_more_expensive():
    rules = january().run()
    best = january(dispatch=ae.DispatchSettings(method="optimal")).run()
    cost = "operating_cost_cny"
    assert best.kpis[cost] < rules.kpis[cost]
    assert best.kpis["solution"]["status"] == "optimal"
    assert best.kpis["solution"]["gap"] <= 1e-8
    assert "solution" not in rules.kpis
    hourly = best.hourly
    assert hourly["marginal_price_cny_mwh"].dims == ("time",)
    assert hourly["stored_value_cny_mwh"].dims == ("storage", "time")
    assert float(hourly["marginal_price_cny_mwh"].max()) <= 10_000.0 + 1e-3


def test_a_demand_charge_and_a_price_of_co2_are_part_of_the_cost():
    grid = ae.Grid(import_limit_mw=50.0, export_limit_mw=20.0, demand_charge_cny_mw=40_000.0)
    charged = ae.DispatchSettings(emission_price_cny_t=60.0)
    plain, dear = january().run().kpis, january(grid=grid, dispatch=charged).run().kpis
    assert dear["demand_charge_cny"] == pytest.approx(40_000.0 * dear["peak_import_mw"])
    assert dear["emission_cost_cny"] == pytest.approx(60.0 * dear["emissions_t"])
    more = dear["demand_charge_cny"] + dear["emission_cost_cny"]
    assert dear["operating_cost_cny"] == pytest.approx(plain["operating_cost_cny"] + more)
    best = ae.DispatchSettings(method="optimal", emission_price_cny_t=60.0)
    shaved = january(grid=grid, dispatch=best).run().kpis
    assert shaved["peak_import_mw"] < dear["peak_import_mw"]


def test_a_load_shifts_only_as_far_as_its_scenario_says():
    load = ae.Load(sector="mining", annual_mwh=3e5, flexible_share=0.2, shift_hours=4)
    best = ae.DispatchSettings(method="optimal")
    run = january(load={"mine": load}, dispatch=best).run()
    hourly = run.hourly
    moved = hourly["shift_up_mw"] - hourly["shift_down_mw"]
    assert float(hourly["shift_up_mw"].max()) > 0.0
    assert_allclose(moved.sum("time"), 0.0, atol=1e-6)
    assert float(hourly["load_mw"].max()) <= float(hourly["demand_mw"].sum("load").max()) + 1e-6
    assert run.kpis["load_mwh"] == pytest.approx(float(hourly["demand_mw"].sum()))


def test_rules_say_which_limits_they_cannot_keep():
    settings = ae.DispatchSettings(export_rate_max=0.2)
    assert any("export_rate_max" in note for note in january(dispatch=settings).run().notices)
    kept = january(dispatch=settings.with_(method="optimal")).run()
    assert kept.kpis["export_rate"] <= 0.2 + 1e-9
    assert not any("export_rate_max" in note for note in kept.notices)


UNITS = {"live_volume_m3": 5.9e6}
STATION = ae.PumpedStorage.model_validate(
    {
        "units": 4,
        "unit_mw": 350.0,
        "upper": {"normal_level_m": 1470.0, "dead_level_m": 1437.0, **UNITS},
        "lower": {"normal_level_m": 878.0, "dead_level_m": 847.0, **UNITS},
    }
)


def test_units_is_a_word_in_the_settings_and_proves_its_gap():
    settings = ae.DispatchSettings.model_validate({"method": "units", "units": {"gap": 0.5}})
    run = january(pumped_storage={"s": STATION}, battery={}, dispatch=settings).run()
    proof = run.kpis["solution"]
    assert proof["bound_cny"] <= proof["objective_cny"]
    assert proof["solver"].startswith("units")


def test_units_stopped_by_their_time_limit_say_so_on_screen_and_in_the_document():
    asked = {"method": "units", "units": {"gap": 1e-4, "time_limit_s": 1e-9}}
    settings = ae.DispatchSettings.model_validate(asked)
    run = january(pumped_storage={"s": STATION}, battery={}, dispatch=settings).run()
    proof = run.kpis["solution"]
    assert proof["gap"] > 1e-4
    assert (proof["asked_gap"], proof["stopped"]) == (1e-4, "time_limit")
    assert any("0.01 % was asked for: it was stopped by" in note for note in run.notices)
    enough = settings.with_(units=settings.units.with_(gap=0.9))
    assert not any(
        "asked for" in note for note in run.portfolio.with_(dispatch=enough).run().notices
    )


def test_what_a_plan_is_held_against_day_by_day_says_how_near_it_is_proven():
    best = january(dispatch=ae.DispatchSettings(method="optimal")).run().dispatch
    loose = replace(best.solution, gap=np.asarray(0.03), asked_gap=1e-6, stopped="directions")
    assert proof_notices(best) == ()
    day_by_day = january(dispatch=ae.DispatchSettings(method="rolling")).run().dispatch
    rolled = replace(day_by_day.rolled, optimum=replace(best, solution=loose))
    (notice,) = proof_notices(replace(day_by_day, rolled=rolled))
    assert notice.startswith(
        "the optimum of the period, which guides the windows, is proven to within 3 %"
    )


def test_units_without_a_station_in_its_unit_form_is_refused():
    with pytest.raises(ae.ScenarioError, match="takes one pumped storage in its unit form"):
        january(dispatch=ae.DispatchSettings(method="units"))


def test_load_that_goes_without_is_reported_by_the_clock_in_both_languages():
    weak = ae.Grid(import_limit_mw=20, export_limit_mw=300)
    run = january(grid=weak).run()
    (note,) = [note for note in run.notices if note.startswith("dispatch: ")]
    assert run.kpis["unserved_mwh"] > 0.0
    assert " January " in note
    assert "load is not served, by up to" in note
    assert "1月" in translated(note, "zh")
    assert "January" not in translated(note, "zh")
    assert january().run().kpis["unserved_mwh"] == 0.0
    assert not any("not served" in note for note in january().run().notices)


@pytest.mark.parametrize("method", ["rules", "optimal", "rolling"])
def test_load_that_must_be_served_and_cannot_be_has_no_solution_by_any_method(method):
    weak = ae.Grid(import_limit_mw=20, export_limit_mw=300)
    settings = ae.DispatchSettings(method=method, unserved_max_mwh=0.0)
    with pytest.raises(ae.NoSolutionError, match=r"dispatch\.unserved_max_mwh = 0 .* January"):
        january(grid=weak, dispatch=settings).run()


def heat_and_power(**more):
    return ae.ThermalPlant(
        capacity_mw=300.0,
        fuel_cost_cny_mwh=200.0,
        units=2,
        min_load_fraction=0.5,
        start_cost_cny=50_000.0,
        no_load_cost_cny_h=1500.0,
        min_up_hours=6.5,
        min_down_hours=4.0,
        **more,
    )


def test_thermal_units_are_committed_with_figures_and_hours():
    settings = ae.DispatchSettings(method="units")
    run = january(thermal={"chp": heat_and_power()}, dispatch=settings).run()
    own = run.problem.committed[0].units
    assert (own.min_up_steps, own.min_down_steps) == (7, 4)
    figures, running = run.kpis["plants"]["thermal.chp"], run.hourly["units_running"]
    assert running.dims == ("thermal", "time")
    assert running.attrs["units"] == "1"
    assert figures["unit_hours"] == float(running.sum())
    assert run.kpis["solution"]["solver"].startswith("commitment")
    assert run.kpis["solution"]["gap"] < 0.005
    relaxed = run.portfolio.with_(dispatch=ae.DispatchSettings(method="optimal")).run()
    assert "units_running" not in relaxed.hourly
    costs = (r.kpis["kpis"]["operating_cost_cny"] for r in (relaxed, run))
    assert next(costs) <= next(costs)


@pytest.mark.parametrize("method", ["rules", "optimal", "rolling"])
def test_a_method_that_does_not_commit_units_says_so_in_the_notices_of_a_run(method):
    settings = ae.DispatchSettings(method=method)
    run = january(thermal={"chp": heat_and_power()}, dispatch=settings).run()
    (said,) = [note for note in run.notices if note.startswith("dispatch: thermal.chp")]
    assert f"{method} treats its units as one plant of any power" in said
    committed = run.portfolio.with_(dispatch=ae.DispatchSettings(method="units")).run()
    assert not any("at any power" in note for note in committed.notices)


def test_rules_say_what_a_tariff_would_be_worth_and_what_they_do_not_export():
    grid = ae.Grid(
        import_limit_mw=200,
        export_limit_mw=300,
        import_price_cny_mwh="xinjiang_tou_2021_draft",
        export_price_cny_mwh=np.where(np.arange(240) % 5 == 0, -20.0, 60.0),
    )
    run = january(grid=grid).run()
    assert any("rules ignore a price of import between" in n for n in run.notices)
    assert any("rules do not export at a loss" in n for n in run.notices)
    best = run.portfolio.with_(dispatch=ae.DispatchSettings(method="optimal")).run()
    assert not any("rules do not" in note for note in best.notices)


def test_a_flat_wake_loss_is_reported_where_a_limit_meets_the_peaks():
    year = ae.Timeline.of_year(2030)
    parts = {
        "timeline": year,
        "sites": {"jeminay": ae.Site(latitude=47.43, longitude=85.87, elevation_m=984)},
        "wind": {"a": ae.WindFarm(site="jeminay", capacity_mw=100)},
    }
    told = {}
    for limit in (0.0, 60.0, 85.0, 200.0):
        run = ae.Portfolio(**parts, grid=ae.Grid(export_limit_mw=limit)).run()
        told[limit] = [text for text in run.notices if "wake_loss of wind.a is taken" in text]
    assert not told[0.0]
    assert not told[200.0]
    assert "cause no loss (8 MW in all)" in told[60.0][0]
    assert told[85.0] == told[60.0]
    free = {"a": parts["wind"]["a"].with_(wake_loss=0.0)}
    run = ae.Portfolio(**{**parts, "wind": free}, grid=ae.Grid(export_limit_mw=60)).run()
    assert not any("wake_loss" in text for text in run.notices)


def test_a_limit_over_the_period_that_a_run_breaks_is_reported_with_its_value():
    asked = 0.9 * january(dispatch=ae.DispatchSettings(method="optimal")).run().kpis["emissions_t"]
    notices = {}
    for method in ("rules", "optimal"):
        settings = ae.DispatchSettings(method=method, emissions_max_t=asked)
        run = january(dispatch=settings).run()
        notices[method] = [note for note in run.notices if "is broken:" in note]
        assert (run.kpis["emissions_t"] > asked * (1.0 + 1e-6)) == (method == "rules")
        if method == "rules":
            assert f"dispatch: emissions_max_t = {asked:g} is broken: " in notices[method][0]
            assert f"broken: {run.kpis['emissions_t']:.6g}; optimal keeps it" in notices[method][0]
    assert [len(found) for found in notices.values()] == [1, 0]


def test_limits_are_broken_by_more_than_rounding_and_unserved_load_has_its_own_notice():
    terms = PeriodTerms(emissions_max_t=100.0, self_consumption_rate_min=0.6, unserved_max_mwh=1.0)
    figures = {"emissions_t": 100.00001, "self_consumption_rate": 0.59, "unserved_mwh": 2.0}
    assert broken_limits(figures, terms) == {
        "self_consumption_rate_min": 0.59,
        "unserved_max_mwh": 2.0,
    }
    (note,) = limit_notices(figures, terms)
    assert note.startswith("self_consumption_rate_min = 0.6 is broken: 0.59; ")


def other_years(**changes):
    asked = {"method": "rolling", "rolling": {"end_value": "other_years", "other_years": 2}}
    week = ae.Timeline(start=YEAR.start, steps=168)
    dispatch = ae.DispatchSettings.model_validate(asked)
    return small(timeline=week, dispatch=dispatch, **changes)


def test_other_weather_years_of_a_run_day_by_day_follow_its_own():
    portfolio = other_years(weather=ae.Climate(seed=4))
    found = portfolio.other_years
    there = [other_years(weather=ae.Climate(seed=seed)).problem() for seed in (5, 6)]
    for problem, same in zip(found, there, strict=True):
        assert_allclose(problem.renewables["wind.farm"], same.renewables["wind.farm"])
    figures = portfolio.run().kpis["rolling"]
    assert np.isfinite(figures["unknown_season_cost_cny"])
    assert small().other_years == ()


def test_other_weather_years_need_a_climate():
    with pytest.raises(ae.ScenarioError, match=r"end_value: = \"other_years\" needs a climate"):
        other_years(weather={})
