"""The loop of a reservoir with a rule curve for one run, on plain numbers.

The same operations as those of `hydropower.use_reservoir`, which takes a day of all runs at once,
in the same order: numba compiles this function, and Python runs it as it is where runs are few.
"""

from __future__ import annotations

from math import sqrt
from typing import Any


def run_reservoir(
    basin: Any,
    turbines: Any,
    accuracy: Any,
    rounds: int,
    level_m: Any,
    volume_m3: Any,
    area_m2: Any,
    seconds: Any,
    target_m3: Any,
    locked_m3: Any,
    evaporation_m: Any,
    usable_share: Any,
    inflow_m3_s: Any,
    held_m3: Any,
    turbine: Any,
    ecological: Any,
    spill: Any,
    evaporation: Any,
    head_m: Any,
) -> None:
    """Run all days from the first volume; with more rounds, until it is also the last one.

    Parameters
    ----------
    basin : tuple of float
        Dead and full volume [m³], level below the turbines [m], share of a departure from the curve
        that a day makes up [-], ecological flow [m³ s⁻¹], 1 if it may pass the turbines or else 0.
    turbines : tuple of float
        Gross head from which on the rated flow passes [m], power at rated flow a metre of net head
        [MW m⁻¹], head loss at rated flow [m], capacity [MW], rated flow [m³ s⁻¹].
    accuracy : tuple
        Largest difference of a settled day and of a closed year [m³]; most turns of a day.
    rounds : int
        Most rounds through all days.
    level_m, volume_m3, area_m2 : sequence
        Of the basin: K levels and volumes, K - 1 surfaces.
    seconds, target_m3, locked_m3, evaporation_m, usable_share, inflow_m3_s : sequence
        Of D days, as in `hydropower.ReservoirRule`.
    held_m3 : sequence
        Of D + 1 volumes, the first of them given; filled. [m³]
    turbine, ecological, spill, evaporation, head_m : sequence
        Of D days; filled. [m³], head [m]
    """
    dead, full, tailwater, made_up, due_m3_s, through = basin
    rated_gross, full_mw_m, head_loss, capacity, rated_flow = turbines
    settled, closed, most_turns = accuracy
    days, last = len(seconds), len(volume_m3) - 1
    piece, wide = 0, 0
    for lap in range(rounds):
        if lap > 0:
            held_m3[0] = held_m3[days]
        for day in range(days):
            held, come = held_m3[day], inflow_m3_s[day] * seconds[day]
            end, end_before, miss_before = held, held, held
            low, high, level_held = dead, full, 0.0
            for turn in range(most_turns):
                while piece < last and volume_m3[piece + 1] <= end:
                    piece += 1
                while piece > 0 and volume_m3[piece] > end:
                    piece -= 1
                level = level_m[piece]
                if piece < last and volume_m3[piece] < end:
                    rise = level_m[piece + 1] - level_m[piece]
                    slope = rise / (volume_m3[piece + 1] - volume_m3[piece])
                    level = slope * (end - volume_m3[piece]) + level_m[piece]
                if turn == 0:
                    level_held = level  # the end is first taken to be the beginning
                head = 0.5 * (level_held + level) - tailwater
                if head < 0.0:
                    head = 0.0
                share = sqrt(head / rated_gross)
                net = head - head_loss
                if net < 1e-9:
                    net = 1e-9
                at_full = capacity / (full_mw_m * net)
                if at_full < share:
                    share = at_full
                if share > 1.0:
                    share = 1.0
                most = rated_flow * share * (usable_share[day] * seconds[day])
                gone = 0.0
                if evaporation_m[day] > 0.0:
                    middle = 0.5 * (held + end)
                    while wide < last - 1 and volume_m3[wide + 1] <= middle:
                        wide += 1
                    while wide > 0 and volume_m3[wide] > middle:
                        wide -= 1
                    gone = evaporation_m[day] * area_m2[wide]
                    above_dead = held + come - dead
                    if above_dead < 0.0:
                        above_dead = 0.0
                    if above_dead < gone:
                        gone = above_dead
                water = held + come - gone
                due = due_m3_s * seconds[day]
                above_dead = water - dead
                if above_dead < 0.0:
                    above_dead = 0.0
                if above_dead < due:
                    due = above_dead
                turned = 0.0
                if through > 0.0:
                    turned = most if most < due else due
                left = water - due
                above = (held - target_m3[day]) * made_up
                wanted = come - due + above
                if wanted < 0.0:
                    wanted = 0.0
                if most - turned < wanted:
                    wanted = most - turned
                more = left - (dead + locked_m3[day])
                if more < 0.0:
                    more = 0.0
                if wanted < more:
                    more = wanted
                too_much = left - more - full
                if too_much < 0.0:
                    too_much = 0.0
                relief = most - turned - more
                if too_much < relief:
                    relief = too_much
                after = left - more - too_much
                turbine[day], ecological[day] = turned + more + relief, due - turned
                spill[day], evaporation[day] = too_much - relief, gone
                head_m[day], held_m3[day + 1] = head, after
                miss = after - end
                if abs(miss) <= settled:
                    break
                if turn == 0:  # a first guess, exact where the head does not matter
                    end_before, miss_before, end = end, miss, after
                    continue
                if miss > 0.0 and end > low:
                    low = end
                if miss < 0.0 and end < high:
                    high = end
                bent = miss_before - miss
                step = miss
                if bent != 0.0:
                    step = miss * (end - end_before) / bent
                end_before, miss_before = end, miss
                end = end + step
                if not (low <= end <= high and turn % 3 < 2):
                    end = 0.5 * (low + high)
        if abs(held_m3[days] - held_m3[0]) <= closed:
            break
