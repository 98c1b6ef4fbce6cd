#!/usr/bin/env bash
# SciPy 1.18.1: the seed of Sobol' indices does not seed their intervals; only NumPy's old global seed does.
#
# scipy.stats.sobol_indices takes rng for its sample, and the same seed gives the same indices. The intervals come from the result's method bootstrap(),
# which has no parameter for a seed and does not go on with that of the sample: run twice, they differ by some 0.01 of the variance. They can be repeated only
# by np.random.seed, the global state that a Generator was given to avoid; in a library or in parallel processes that is no way.
# altay_energy draws the bootstrap itself, from a seed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q "scipy==1.18.1" "numpy==2.4.6"
"$folder/venv/bin/python" -W error - <<'PYTHON'
import inspect

import numpy as np
from scipy.stats import sobol_indices, uniform


def ishigami(x):
    return np.sin(x[0]) + 7 * np.sin(x[1]) ** 2 + 0.1 * x[2] ** 4 * np.sin(x[0])


def run(seed_of_numpy=None):
    found = sobol_indices(func=ishigami, n=256, dists=[uniform(-np.pi, 2 * np.pi)] * 3, rng=1)
    if seed_of_numpy is not None:
        np.random.seed(seed_of_numpy)
    return found.first_order, found.bootstrap(0.95, 200).first_order.confidence_interval.low, found


first, low, found = run()
again, other, _ = run()
print("indices, rng=1 twice      ", first.round(4), again.round(4))
print("lower bounds, rng=1 twice ", low.round(4), other.round(4))
print("parameters of bootstrap():", ", ".join(inspect.signature(found.bootstrap).parameters))
assert (first == again).all()
assert not np.allclose(low, other, rtol=0, atol=1e-9)
assert not {"rng", "random_state", "seed"} & set(inspect.signature(found.bootstrap).parameters)
assert (run(7)[1] == run(7)[1]).all()
print("with np.random.seed(7) they repeat; as described")
PYTHON
