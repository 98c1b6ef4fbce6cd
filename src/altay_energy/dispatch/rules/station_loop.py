"""The loop of a station's dispatch by rules for one run, on plain numbers.

The same operations as those of `station`, which takes one step of all runs at once, in the same
order: numba compiles this function, and Python runs it as it is where runs are few.
"""

from __future__ import annotations

from typing import Any, NamedTuple

COMPARE_EVERY = 24
"""Steps between comparisons with the repetition before."""


class Tables(NamedTuple):
    """What does not depend on the run, as flat lists or arrays of numbers; see `station._Station`.

    ``sizes``: rows of a direction, columns, loads of the operating table; cells of the level
    curves. ``water``: dead and normal volumes of both reservoirs, target of their sum, most make-up
    of a step [m³]. ``scale``: step [s], first head and step of heads [m], first volume [m³] and
    cells per m³ of both level curves, least flow of a pump and of a turbine [m³ s⁻¹].
    """

    sizes: Any
    water: Any
    scale: Any
    low_mw: Any
    high_mw: Any
    flow_m3_s: Any
    level_at: Any
    level_rise: Any


def run_station(
    tables: Any,
    passes: int,
    units: Any,
    up: Any,
    asked: Any,
    strong: Any,
    exchange_upper: Any,
    exchange_lower: Any,
    floor_upper: Any,
    floor_lower: Any,
    volume_upper: Any,
    volume_lower: Any,
    head_m: Any,
    running: Any,
    power: Any,
    moved: Any,
    topped: Any,
) -> None:
    """Operate all steps of one run, again from the last volumes until they are the first ones.

    Parameters
    ----------
    tables : Tables
    passes : int
        Most repetitions.
    units, up, asked, strong, exchange_upper, exchange_lower, floor_upper, floor_lower : sequence
        Of T steps: units in service, whether to pump, the request [MW], whether one unit can run on
        it; for each reservoir rain less losses, and the volume below which nothing is taken [m³].
    volume_upper, volume_lower : sequence
        Of T + 1 volumes, the first of them given; filled. [m³]
    head_m, running, power, moved, topped : sequence
        Of T steps; filled.
    """
    rows, columns, loads, cells = tables.sizes
    dead_upper, dead_lower, full_upper, full_lower, target, make_up = tables.water
    seconds, first_head, head_step, from_upper, from_lower = tables.scale[:5]
    per_upper, per_lower, least_pump, least_turbine = tables.scale[5:]
    low_mw, high_mw, flows = tables.low_mw, tables.high_mw, tables.flow_m3_s
    level_at, level_rise = tables.level_at, tables.level_rise
    steps = len(asked)
    for repetition in range(passes + 1):
        if repetition > 0:
            upper, lower = volume_upper[steps], volume_lower[steps]
            if upper == volume_upper[0] and lower == volume_lower[0]:
                break
        else:
            upper, lower = volume_upper[0], volume_lower[0]
        for t in range(steps):
            if (
                repetition > 0
                and t % COMPARE_EVERY == 0
                and upper == volume_upper[t]
                and lower == volume_lower[t]
            ):
                break  # what follows is there already
            volume_upper[t], volume_lower[t] = upper, lower
            place = (upper - from_upper) * per_upper
            cell = int(place)
            if cell > cells - 1:
                cell = cells - 1
            level = level_at[cell] + (place - cell) * level_rise[cell]
            place = (lower - from_lower) * per_lower
            cell = int(place)
            if cell > cells - 1:
                cell = cells - 1
            part = place - cell
            cell += cells
            head = level - (level_at[cell] + part * level_rise[cell])
            head_m[t] = head
            run, used, flow, water = 0, 0.0, 0.0, 0.0
            if strong[t]:
                if up[t]:
                    above, room = lower - floor_lower[t], full_upper - upper
                    least = least_pump
                else:
                    above, room = upper - floor_upper[t], full_lower - lower
                    least = least_turbine
                water = (room if room < above else above) / seconds
                if water >= least:
                    row = int((head - first_head) / head_step + 0.5)
                    row = 0 if row < 0 else (rows - 1 if row > rows - 1 else row)
                    if not up[t]:
                        row += rows
                    begin = row * columns
                    request = asked[t]
                    for k in range(columns):
                        if high_mw[begin + k] < request:
                            run += 1
                    if run > units[t]:
                        run = units[t]
                    if request < low_mw[begin + run]:
                        run -= 1
                    column = begin + run
                    used = high_mw[column]
                    if request < used:
                        used = request
                    low = low_mw[column]
                    span = high_mw[column] - low
                    if span < 1e-12:
                        span = 1e-12
                    place = (used - low) / span * (loads - 1)
                    cell = int(place)
                    if cell > loads - 2:
                        cell = loads - 2
                    at = column * loads + cell
                    flow = flows[at] + (place - cell) * (flows[at + 1] - flows[at])
                    if flow > water:
                        run = 0
                        for k in range(columns):
                            if flows[(begin + k) * loads + loads - 1] < water:
                                run += 1
                        if run > units[t]:
                            run = units[t]
                        if water < flows[(begin + run) * loads]:
                            run -= 1
                        column = begin + run
                        at = column * loads
                        flow = flows[at + loads - 1]
                        if water < flow:
                            flow = water
                        cell = 0
                        for k in range(1, loads - 1):
                            if flows[at + k] <= flow:
                                cell += 1
                        rise = flows[at + cell + 1] - flows[at + cell]
                        part = (flow - flows[at + cell]) / rise if rise > 0.0 else 0.0
                        share = (cell + part) / (loads - 1)
                        used = low_mw[column] + share * (high_mw[column] - low_mw[column])
            lift = 0.0
            if run != 0:
                lift = seconds * flow if up[t] else -seconds * flow
            running[t] = -run if up[t] else run
            power[t], moved[t] = used, lift
            upper = upper + exchange_upper[t] + lift
            lower = lower + exchange_lower[t] - lift
            added = target - (upper + lower)
            if make_up < added:
                added = make_up
            topped[t] = added
            lower += added
            if upper < dead_upper:
                upper = dead_upper
            if upper > full_upper:
                upper = full_upper
            if lower < dead_lower:
                lower = dead_lower
            if lower > full_lower:
                lower = full_lower
        else:
            volume_upper[steps], volume_lower[steps] = upper, lower
