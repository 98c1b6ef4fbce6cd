#!/usr/bin/env bash
# highspy 1.16.0 (HiGHS git f3f113d): presolve calls a small feasible linear program infeasible.
#
# A leaking store on a ring of T steps, x[t] = keep * x[t-1] + u[t] with x[-1] = x[T-1], 0 <= u <= 1000, 0 <= x <= 1e6, and one row that
# asks for sum(u) >= 10 T; the cost is sum(u). u = 10 and x = 10 / (1 - keep) in every step is a solution, by hand. With default options HiGHS says
# kInfeasible for T = 168 where 99.9 % or 99 % leak in a step, and for T = 400 where 90 % leak; with presolve off it finds the optimum.
# Cut to 96 steps, or with the ring cut open, all are solved. A cyclic storage of a year with a large loss is of this form.
# altay_energy believes "infeasible" only with Farkas prices that it has multiplied out itself, and asks again without presolve.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q "highspy==1.16.0" "numpy==2.4.6" "scipy==1.17.1"
"$folder/venv/bin/python" -W error - <<'PYTHON'
import highspy
import numpy as np
import scipy.sparse as sp


def ring(steps, keep, closed=True):
    """Matrix, upper bounds, costs and row bounds of the store."""
    one = sp.identity(steps, format="csr")
    before = sp.diags([np.ones(steps - 1)], [-1], format="lil")
    if closed:
        before[0, steps - 1] = 1.0
    rows = [sp.hstack([one - keep * before, -one]), sp.hstack([sp.csr_matrix((1, steps)), np.ones((1, steps))])]
    lower = np.append(np.zeros(steps), 10.0 * steps)
    upper = np.append(np.zeros(steps), highspy.kHighsInf)
    return sp.vstack(rows).tocsc(), lower, upper


def verdict(steps, keep, closed=True, presolve="choose"):
    matrix, lower, upper = ring(steps, keep, closed)
    if closed:  # the solution by hand
        point = np.concatenate([np.full(steps, 10.0 / (1.0 - keep)), np.full(steps, 10.0)])
        value = matrix @ point
        assert np.all(value >= lower - 1e-9) and np.all(value <= upper + 1e-9)
    lp = highspy.HighsLp()
    lp.num_row_, lp.num_col_ = matrix.shape
    lp.col_cost_ = np.repeat([0.0, 1.0], steps)
    lp.col_lower_ = np.zeros(2 * steps)
    lp.col_upper_ = np.repeat([1e6, 1e3], steps)
    lp.row_lower_, lp.row_upper_ = lower, upper
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = matrix.indptr, matrix.indices, matrix.data
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("presolve", presolve)
    solver.passModel(lp)
    solver.run()
    return solver.getModelStatus().name


for steps, keep, expected in ((96, 1e-3, "kOptimal"), (168, 1e-3, "kInfeasible"), (168, 1e-2, "kInfeasible"), (400, 0.1, "kInfeasible")):
    seen = verdict(steps, keep), verdict(steps, keep, presolve="off"), verdict(steps, keep, closed=False)
    print(f"{steps} steps, {1 - keep:.1%} lost in each: default {seen[0]}, presolve off {seen[1]}, ring cut open {seen[2]}")
    assert seen == (expected, "kOptimal", "kOptimal")
print("as described")
PYTHON
