"""Time and memory of generating many weather years at six sites, block by block.

python benchmarks/climate.py [--years 1000] [--workers 2] [--chunk 8] [--calendar]

With ``--calendar`` every member is another calendar year, so that solar position is computed for
each; otherwise members are seeds of one year, as in an ensemble.
"""

from __future__ import annotations

import argparse
import resource
import time

from altay_energy.weather.climate.model.many_years import CHUNK, climate_years

SITES = ("jeminay", "burqin", "habahe", "altay_city", "fuyun", "fuhai")


def main() -> None:
    """Print time, time a site-year, and peak memory of this process and its workers."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--years", type=int, default=1000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--chunk", type=int, default=CHUNK)
    parser.add_argument("--calendar", action="store_true")
    given = parser.parse_args()
    years = range(2000, 2000 + given.years) if given.calendar else (2030,)
    seeds = (1,) if given.calendar else range(1, given.years + 1)
    begin = time.perf_counter()
    total, members = 0.0, 0
    for block in climate_years(SITES, years, seeds, chunk=given.chunk, workers=given.workers):
        total += float(block.series["wind_speed_m_s"].mean(-1).sum())
        members += len(block.seeds)
    seconds = time.perf_counter() - begin
    used = sum(
        part.ru_utime + part.ru_stime
        for part in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0
    theirs = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024.0
    print(
        f"{members} years x {len(SITES)} sites, {given.workers} workers, chunk {given.chunk}: "
        f"{seconds:.1f} s ({used:.1f} s of processor), "
        f"{1e3 * seconds / members / len(SITES):.2f} ms a site-year; "
        f"peak {own:.0f} MB, largest worker {theirs:.0f} MB "
        f"(all together at most {own + given.workers * theirs:.0f} MB); "
        f"mean wind {total / members / len(SITES):.3f} m/s"
    )


if __name__ == "__main__":
    main()
