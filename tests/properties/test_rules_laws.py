"""Laws of the dispatch by rules, and its equality with a plain simulation hour by hour."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_allclose, assert_array_equal

from altay_energy.dispatch.problem.problem import Problem, StorageLimits, ThermalLimits
from altay_energy.dispatch.rules.rules import dispatch_by_rules
from altay_energy.run.figures.kpis import kpis

SERIES = ("served_mw", "unserved_mw", "import_mw", "export_mw")
BY_PLANT = ("generation_mw", "curtailed_mw", "thermal_mw", "charge_mw", "discharge_mw", "level_mwh")


def power(shape, high):
    # Zero and equal powers are where priorities meet, so they come often.
    value = st.sampled_from([0.0, high / 2, high]) | st.floats(0.0, high)
    return hnp.arrays(np.float64, shape, elements=value)


@st.composite
def storages(draw, name):
    energy = draw(st.sampled_from([0.0, 5.0, 80.0, 4000.0]))
    return StorageLimits(
        name=name,
        charge_mw=draw(st.sampled_from([0.0, 10.0, 37.5, 500.0])),
        discharge_mw=draw(st.sampled_from([0.0, 10.0, 42.5, 500.0])),
        energy_mwh=energy,
        charge_efficiency=draw(st.sampled_from([1.0, 0.87, 0.5])),
        discharge_efficiency=draw(st.sampled_from([1.0, 0.9, 0.6])),
        standing_loss_per_hour=draw(st.sampled_from([0.0, 1e-4, 0.05])),
        initial_level_mwh=energy * draw(st.sampled_from([0.0, 0.5, 1.0])),
    )


@st.composite
def problems(draw, terminals=("cyclic", "free"), most_storages=3):
    steps = draw(st.integers(1, 14))
    shape = (*draw(st.sampled_from([(), (1,), (3,), (2, 2)])), steps)
    price = st.sampled_from([-20.0, 200.0, 300.0, 400.0])
    plants = draw(st.integers(0, 2))
    return Problem(
        step_hours=draw(st.sampled_from([1.0, 0.25])),
        load_mw=draw(power(shape, 100.0)),
        renewables={
            "wind.a": draw(power(shape, 150.0)),
            "solar.b": draw(power((steps,), 60.0)),
        },
        thermals=tuple(
            ThermalLimits(
                name=f"thermal.{i}",
                capacity_mw=20.0 + draw(power((steps,), 20.0)),
                must_run_mw=draw(st.sampled_from([0.0, 10.0, 20.0])),
                marginal_cost_cny_mwh=draw(price),
                emission_factor_t_mwh=0.9,
            )
            for i in range(plants)
        ),
        storages=tuple(
            draw(storages(f"battery.{i}")) for i in range(draw(st.integers(0, most_storages)))
        ),
        import_limit_mw=draw(st.sampled_from([0.0, 25.0, 1000.0])),
        export_limit_mw=draw(st.just(np.float64(30.0)) | power((steps,), 40.0)),
        import_price_cny_mwh=draw(hnp.arrays(np.float64, (steps,), elements=price)),
        export_price_cny_mwh=draw(
            st.just(np.float64(250.0))
            | hnp.arrays(np.float64, (steps,), elements=st.sampled_from([-30.0, 0.0, 15.0, 250.0]))
        ),
        unserved_cost_cny_mwh=10_000.0,
        grid_emission_factor_t_mwh=0.6,
        terminal=draw(st.sampled_from(terminals)),
        storage_serves=draw(st.sampled_from(["load", "load_and_export"])),
        variable_om_cny_mwh=draw(
            st.sampled_from([{}, {"solar.b": 20.0}, {"wind.a": 20.0, "solar.b": 20.0}])
        ),
    )


def hour_by_hour(problem, run, first_levels):
    """The rules step by step, as a planner describes them, for one run."""
    h = problem.step_hours
    level = dict(first_levels)
    rows = []
    for t in range(problem.steps):

        def at(series, t=t):
            return float(problem.on_all(series)[(*run, t)])

        available = {name: at(p) for name, p in problem.renewables.items()}
        thermal = {p.name: at(p.must_run_mw) for p in problem.thermals}
        charge = {s.name: 0.0 for s in problem.storages}
        discharge = {s.name: 0.0 for s in problem.storages}
        own = sum(available.values()) + sum(thermal.values())
        surplus, missing = max(own - at(problem.load_mw), 0.0), max(at(problem.load_mw) - own, 0.0)
        export, outlet = 0.0, at(problem.export_limit_mw)
        revenue, om = at(problem.export_price_cny_mwh), problem.variable_om_cny_mwh
        pays = revenue >= min(om.get(name, 0.0) for name in available)
        losing = {n: mw for n, mw in available.items() if revenue < om.get(n, 0.0)}
        unsold = min(surplus, sum(losing.values()))  # it would be exported at a loss
        relieves = problem.storage_serves == "load_and_export" and pays
        if relieves:  # the connection is filled before anything is stored
            export = min(surplus - unsold, outlet)
            surplus, outlet = surplus - export, outlet - export
        fills = relieves and revenue >= 0.0 and unsold == 0.0
        for s in problem.storages:
            level[s.name] *= (1.0 - s.standing_loss_per_hour) ** h
            if surplus > 0.0:
                room = (s.energy_mwh - level[s.name]) / s.charge_efficiency / h
                charge[s.name] = min(surplus, s.charge_mw, room)
                surplus -= charge[s.name]
                level[s.name] += charge[s.name] * s.charge_efficiency * h
            else:
                most = min(s.discharge_mw, level[s.name] * s.discharge_efficiency / h)
                to_load = min(missing, most)
                to_grid = min(outlet, most - to_load) if fills else 0.0
                missing, outlet, export = missing - to_load, outlet - to_grid, export + to_grid
                discharge[s.name] = to_load + to_grid
                level[s.name] -= discharge[s.name] / s.discharge_efficiency * h
        unsold = max(unsold - sum(charge.values()), 0.0)
        surplus -= unsold
        if not relieves:
            export = min(surplus, outlet)
            surplus -= export
        curtailed = min(surplus + unsold, sum(available.values()))
        surplus += unsold - curtailed
        lost = dict.fromkeys(available, 0.0)
        paid = {name: mw for name, mw in available.items() if name not in losing}
        for group in (losing, paid):  # plants that export would cost something first
            whole = sum(group.values())
            part = min(curtailed, whole)
            curtailed -= part
            for name, mw in group.items():
                lost[name] = part * mw / whole if whole else 0.0
        cheapest_first = sorted(problem.thermals, key=lambda p: p.marginal_cost_cny_mwh)
        for plant in reversed(cheapest_first):
            less = min(surplus, thermal[plant.name])
            thermal[plant.name] -= less
            surplus -= less

        def call(plants, missing, thermal=thermal, at=at):
            for plant in plants:
                more = min(missing, at(plant.capacity_mw) - at(plant.must_run_mw))
                thermal[plant.name] += more
                missing -= more
            return missing

        price = at(problem.import_price_cny_mwh)
        missing = call([p for p in cheapest_first if p.marginal_cost_cny_mwh <= price], missing)
        imported = min(missing, at(problem.import_limit_mw))
        missing -= imported
        missing = call([p for p in cheapest_first if p.marginal_cost_cny_mwh > price], missing)
        row = {
            "served_mw": at(problem.load_mw) - missing,
            "unserved_mw": missing,
            "import_mw": imported,
            "export_mw": export,
        }
        row |= {("curtailed_mw", name): mw for name, mw in lost.items()}
        row |= {("generation_mw", name): a - lost[name] for name, a in available.items()}
        row |= {("thermal_mw", name): p for name, p in thermal.items()}
        row |= {("charge_mw", name): p for name, p in charge.items()}
        row |= {("discharge_mw", name): p for name, p in discharge.items()}
        row |= {("level_mwh", name): x for name, x in level.items()}
        rows.append(row)
    return {key: np.array([row[key] for row in rows]) for key in rows[0]}


def columns(dispatch):
    """Every array of a dispatch under its name; levels at the end of each step."""
    flat = {name: getattr(dispatch, name) for name in SERIES}
    for field in BY_PLANT:
        for name, values in getattr(dispatch, field).items():
            flat[field, name] = values[..., 1:] if field == "level_mwh" else values
    return flat


@settings(max_examples=200)
@given(problem=problems())
def test_rules_equal_a_plain_simulation_hour_by_hour(problem):
    dispatch = dispatch_by_rules(problem)
    got = columns(dispatch)
    for run in np.ndindex(problem.shape[:-1]):
        first = {name: level[run][0] for name, level in dispatch.level_mwh.items()}
        expected = hour_by_hour(problem, run, first)
        assert expected.keys() == got.keys()
        for key, values in expected.items():
            assert_allclose(got[key][run], values, rtol=0, atol=1e-8, err_msg=str(key))


@given(problem=problems())
def test_energy_closes_and_every_power_stays_within_its_bounds(problem):
    dispatch = dispatch_by_rules(problem)
    dispatch.check()
    assert np.max(dispatch.balance_residual_mw()) <= 1e-6 * 150.0
    for key, values in columns(dispatch).items():
        assert not np.signbit(values).any(), f"{key} is below zero, or minus zero"


@given(problem=problems())
def test_storages_charge_only_in_a_surplus_and_discharge_only_in_a_deficit(problem):
    dispatch = dispatch_by_rules(problem)
    own = sum(problem.renewables.values()) + sum(p.must_run_mw for p in problem.thermals)
    relieves = problem.storage_serves == "load_and_export"
    rates = {name: problem.variable_om_cny_mwh.get(name, 0.0) for name in problem.renewables}
    price = problem.export_price_cny_mwh
    unsold = sum((price < rates[name]) * mw for name, mw in problem.renewables.items())
    unsold = np.minimum(unsold, np.maximum(own - problem.load_mw, 0.0))
    outlet = relieves * problem.export_limit_mw * (price >= min(rates.values()))
    outlet = np.where(unsold > 0.0, np.minimum(outlet, own - problem.load_mw - unsold), outlet)
    surplus = problem.on_all(own - problem.load_mw - outlet)
    for storage in problem.storages:
        assert not dispatch.charge_mw[storage.name][surplus <= 0.0].any()
        assert not dispatch.discharge_mw[storage.name][surplus >= 0.0].any()
    assert not (dispatch.import_mw * dispatch.export_mw).any()
    curtails = sum(dispatch.curtailed_mw.values()) > 0.0
    assert not dispatch.unserved_mw[curtails].any()
    assert not dispatch.import_mw[curtails].any()


@given(problem=problems())
def test_nothing_is_exported_at_a_loss_but_must_run_power(problem):
    dispatch = dispatch_by_rules(problem)
    must_run = problem.on_all(sum((p.must_run_mw for p in problem.thermals), start=np.zeros(())))
    lossy = problem.on_all(problem.export_price_cny_mwh) < 0.0
    assert np.all(dispatch.export_mw[lossy] <= must_run[lossy] + 1e-9)
    for name, power in dispatch.generation_mw.items():
        rate = problem.variable_om_cny_mwh.get(name, 0.0)
        lossy = problem.on_all(problem.export_price_cny_mwh) < rate
        both = np.minimum(power, dispatch.export_mw - must_run)
        for other, other_power in dispatch.generation_mw.items():
            if problem.variable_om_cny_mwh.get(other, 0.0) < rate:
                both = both - other_power
        for discharged in dispatch.discharge_mw.values():
            both = both - discharged
        assert np.all(both[lossy] <= 1e-9)


@given(problem=problems(), price=st.sampled_from([-30.0, -1e-3]))
def test_with_a_negative_price_all_is_as_without_a_connection(problem, price):
    """Where nothing must run, nobody loses anything to a price below zero."""
    free = replace(problem, thermals=(), export_price_cny_mwh=price, storage_serves="load")
    got, shut = dispatch_by_rules(free), dispatch_by_rules(replace(free, export_limit_mw=0.0))
    assert not got.export_mw.any()
    for key, values in columns(shut).items():
        assert_allclose(columns(got)[key], values, rtol=0, atol=1e-9, err_msg=str(key))


@given(problem=problems(terminals=("cyclic",)))
def test_a_cyclic_period_ends_exactly_where_it_began(problem):
    for level in dispatch_by_rules(problem).level_mwh.values():
        assert_array_equal(level[..., 0], level[..., -1])


@given(problem=problems(), k=st.sampled_from([0.001, 0.3, 7.0, 1000.0]))
def test_all_powers_and_energies_times_k_give_the_result_times_k(problem, k):
    larger = replace(
        problem,
        load_mw=k * problem.load_mw,
        renewables={name: k * p for name, p in problem.renewables.items()},
        thermals=tuple(
            replace(p, capacity_mw=k * p.capacity_mw, must_run_mw=k * p.must_run_mw)
            for p in problem.thermals
        ),
        storages=tuple(
            replace(
                s,
                charge_mw=k * s.charge_mw,
                discharge_mw=k * s.discharge_mw,
                energy_mwh=k * s.energy_mwh,
                initial_level_mwh=k * s.initial_level_mwh,
            )
            for s in problem.storages
        ),
        import_limit_mw=k * problem.import_limit_mw,
        export_limit_mw=k * problem.export_limit_mw,
    )
    got, expected = columns(dispatch_by_rules(larger)), columns(dispatch_by_rules(problem))
    for key, values in expected.items():
        assert_allclose(got[key], k * values, rtol=0, atol=1e-8 * k, err_msg=str(key))


@given(problem=problems())
def test_runs_side_by_side_do_not_know_of_each_other(problem):
    together = columns(dispatch_by_rules(problem))
    for run in np.ndindex(problem.shape[:-1]):

        def alone(series, run=run):
            return problem.on_all(series)[run]

        single = replace(
            problem,
            load_mw=alone(problem.load_mw),
            renewables={name: alone(p) for name, p in problem.renewables.items()},
        )
        for key, values in columns(dispatch_by_rules(single)).items():
            assert_array_equal(together[key][run], values, err_msg=str(key))


@given(problem=problems(terminals=("free",)), data=st.data())
def test_a_period_in_two_pieces_is_the_period_in_one(problem, data):
    whole = dispatch_by_rules(problem)
    cut = data.draw(st.integers(0, problem.steps - 1))
    run = (0,) * (len(problem.shape) - 1)

    def later(series):
        return problem.on_all(series)[run][cut:]

    rest = dispatch_by_rules(
        replace(
            problem,
            load_mw=later(problem.load_mw),
            renewables={name: later(p) for name, p in problem.renewables.items()},
            thermals=tuple(replace(p, capacity_mw=later(p.capacity_mw)) for p in problem.thermals),
            storages=tuple(
                replace(s, initial_level_mwh=float(whole.level_mwh[s.name][run][cut]))
                for s in problem.storages
            ),
            export_limit_mw=later(problem.export_limit_mw),
            import_price_cny_mwh=later(problem.import_price_cny_mwh),
            export_price_cny_mwh=later(problem.export_price_cny_mwh),
        )
    )
    expected = columns(whole)
    for key, values in columns(rest).items():
        assert_allclose(values, expected[key][run][cut:], rtol=0, atol=1e-8, err_msg=str(key))


def _export_that_does_not_pay_one_plant():
    """Three hours: the last storage could discharge for export beside 60 MW of solar power.

    The price of export, 0, pays the battery and not the solar plant, whose variable O&M is 20.
    """
    first = StorageLimits(
        name="battery.0",
        charge_mw=0.0,
        discharge_mw=10.0,
        energy_mwh=5.0,
        charge_efficiency=1.0,
        discharge_efficiency=1.0,
        initial_level_mwh=2.5,
    )
    return Problem(
        step_hours=1.0,
        load_mw=[0.0, 50.0, 0.0],
        renewables={"wind.a": [0.0, 0.0, 0.0], "solar.b": [30.0, 60.0, 30.0]},
        thermals=(),
        storages=(first,),
        import_limit_mw=0.0,
        export_limit_mw=30.0,
        import_price_cny_mwh=[-20.0] * 3,
        export_price_cny_mwh=[-30.0, 0.0, -30.0],
        unserved_cost_cny_mwh=10_000.0,
        grid_emission_factor_t_mwh=0.6,
        terminal="free",
        storage_serves="load_and_export",
        variable_om_cny_mwh={"solar.b": 20.0},
    )


def _an_empty_battery():
    return StorageLimits(
        name="battery.last",
        charge_mw=10.0,
        discharge_mw=10.0,
        energy_mwh=0.5,
        charge_efficiency=1.0,
        discharge_efficiency=1.0,
        initial_level_mwh=0.0,
    )


@example(problem=_export_that_does_not_pay_one_plant(), last=_an_empty_battery())
@given(problem=problems(terminals=("free",)), last=storages("battery.last"))
def test_a_larger_last_storage_never_wastes_or_lacks_more_in_any_hour(problem, last):
    # From the same first level, both the content and the room of the larger one stay at least as
    # large in every hour. (A larger first storage may starve its successors: no law there.)
    def with_energy(energy_mwh):
        storage = replace(last, energy_mwh=energy_mwh)
        return dispatch_by_rules(replace(problem, storages=(*problem.storages, storage)))

    small, large = with_energy(last.energy_mwh), with_energy(1.5 * last.energy_mwh + 3.0)
    assert np.all(large.unserved_mw <= small.unserved_mw + 1e-8)
    assert np.all(large.import_mw <= small.import_mw + 1e-8)
    for name in problem.renewables:
        assert np.all(large.curtailed_mw[name] <= small.curtailed_mw[name] + 1e-8)


@given(problem=problems())
def test_a_wider_connection_never_leaves_more_load_unserved_nor_more_energy_unused(problem):
    narrow = dispatch_by_rules(problem)
    imports = dispatch_by_rules(replace(problem, import_limit_mw=problem.import_limit_mw + 7.0))
    assert np.all(imports.unserved_mw <= narrow.unserved_mw + 1e-9)
    if problem.storage_serves == "load":
        wide = dispatch_by_rules(replace(problem, export_limit_mw=problem.export_limit_mw + 7.0))
        unused = [sum(d.curtailed_mw.values()) for d in (wide, narrow)]
        assert np.all(unused[0] <= unused[1] + 1e-9)
        for name in problem.renewables:
            assert np.all(wide.curtailed_mw[name] <= narrow.curtailed_mw[name] + 1e-9)


@given(problem=problems())
def test_the_order_in_which_renewables_are_named_does_not_matter(problem):
    backwards = replace(problem, renewables=dict(reversed(problem.renewables.items())))
    got, expected = columns(dispatch_by_rules(backwards)), columns(dispatch_by_rules(problem))
    for key, values in expected.items():
        assert_allclose(got[key], values, rtol=0, atol=1e-9, err_msg=str(key))


NET_RATES = ("self_consumption_rate", "self_supply_rate")


@given(
    problem=problems(most_storages=1),
    worse=st.tuples(*[st.sampled_from([1.0, 0.9, 0.5])] * 2),
    leak=st.sampled_from([0.0, 0.01]),
)
def test_a_lossier_storage_never_raises_a_net_rate(problem, worse, leak):
    storages = tuple(
        replace(
            s,
            charge_efficiency=s.charge_efficiency * worse[0],
            discharge_efficiency=s.discharge_efficiency * worse[1],
            standing_loss_per_hour=s.standing_loss_per_hour + leak,
        )
        for s in problem.storages
    )
    good = kpis(dispatch_by_rules(problem))
    bad = kpis(dispatch_by_rules(replace(problem, storages=storages)))
    for name in NET_RATES:
        assert np.all(bad[name] <= np.asarray(good[name]) + 1e-9), name


@given(problem=problems())
def test_net_rates_are_what_reaches_the_load_and_never_above_one(problem):
    dispatch = dispatch_by_rules(problem)
    found = kpis(dispatch)
    assert np.all(np.asarray(found["self_supply_rate"]) <= 1.0)
    assert np.all(
        found["self_consumption_rate"] <= np.asarray(found["self_consumption_metered_rate"]) + 1e-12
    )
    if problem.terminal != "cyclic":
        return
    other = found["import_mwh"] + found["thermal_mwh"] + found["unserved_mwh"]
    expected = np.maximum(found["load_mwh"] - other, 0.0)
    assert_allclose(found["self_supply_rate"] * found["load_mwh"], expected, atol=1e-6)
