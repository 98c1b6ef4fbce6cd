"""The interior-point method of `interior_point` for one small program after another.

A window has some hundred variables: what costs time is the number of array operations and not their
length. So everything is kept in arrays of shape (L, n) and the normal matrix, of which all windows
share the pattern, comes out of one product with the weights. A window is solved the same whatever
was solved before it.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import lapack

from altay_energy.dispatch.block_lp import BlockLP, Bools
from altay_energy.dispatch.window import WindowData
from altay_energy.units import Array

GAP = 1e-11
"""Relative gap that is aimed at. [-]"""

RESIDUAL = 1e-9
"""Violation of rows that is aimed at, over the largest power. [-]"""

MOST_ITERATIONS = 60

_TO_THE_BOUND = 0.9995
_SHIFTS = (0.0, 1e-13, 1e-11, 1e-9)
_FIXED = 1e-12


class SmallInterior:
    """Predictor-corrector steps in the arrays of one window.

    Parameters
    ----------
    template : BlockLP
        With the matrices of every window.
    """

    def __init__(self, template: BlockLP) -> None:
        self.now, self.before = template.now, template.before
        self.steps, rows = template.steps, template.rows
        self._band_pattern(rows)
        self.rows = rows
        self.iterations = 0

    def _band_pattern(self, rows: int) -> None:
        """Products of coefficients behind each entry of the band, shape (n, m · (width + 1))."""
        a, b = self.now, self.before
        below = np.einsum("iv,jv->vij", a, a)
        ahead = -np.einsum("iv,rv->vir", a, b)
        behind = np.einsum("iv,jv->vij", b, b)
        reach = [r + rows - i for i in range(rows) for r in range(rows) if ahead[:, i, r].any()]
        self.width = max([rows - 1, *reach])
        columns = a.shape[1]
        own = np.zeros((columns, rows, self.width + 1))
        earlier = np.zeros_like(own)
        for i in range(rows):
            for offset in range(self.width + 1):
                j = i + offset
                if j < rows:
                    own[:, i, offset], earlier[:, i, offset] = below[:, i, j], behind[:, i, j]
                elif j < 2 * rows:
                    own[:, i, offset] = ahead[:, i, j - rows]
        self.own, self.earlier = own.reshape(columns, -1), earlier.reshape(columns, -1)

    def _times(self, x: Array) -> Array:
        """A x, shape (L, m)."""
        result = x @ self.now.T
        result[1:] -= x[:-1] @ self.before.T
        return np.asarray(result)

    def _transposed(self, y: Array) -> Array:
        """Aᵀ y, shape (L, n)."""
        result = y @ self.now
        result[:-1] -= y[1:] @ self.before
        return np.asarray(result)

    def _factor(self, theta: Array) -> Array | None:
        band = theta @ self.own
        band[1:] += theta[:-1] @ self.earlier
        band = band.reshape(-1, self.width + 1)
        diagonal = band[:, 0]
        diagonal[diagonal <= 0.0] = 1.0  # all variables of the row are fixed
        for shift in _SHIFTS:
            shifted = band.copy()
            shifted[:, 0] *= 1.0 + shift
            lower, info = lapack.dpbtrf(shifted.T, lower=1, overwrite_ab=1)
            if info == 0:
                return np.asarray(lower)
        return None

    def solve(self, data: WindowData) -> Array | None:
        """The cheapest plan, shape (L, n); None where it was not found."""
        width = data.upper - data.lower
        rhs = data.rhs - self._times(data.lower)
        power = max(float(width.max()), float(np.abs(rhs).max()), 1e-9)
        free = width > _FIXED * power
        cost = np.where(free, data.cost, 0.0)
        price = max(float(np.abs(cost).max()), 1e-9)
        found = self._iterate(cost / price, width / power, rhs / power, free)
        if found is None:
            return None
        plan = data.lower + found * power
        return np.minimum(np.maximum(plan, data.lower), data.upper)

    def _iterate(self, cost: Array, width: Array, rhs: Array, free: Bools) -> Array | None:
        width = np.where(free, width, 2.0)  # fixed ones stand aside, in the middle
        x = 0.5 * width
        above = width - x
        y = np.zeros((self.steps, self.rows))
        g = cost - self._transposed(y)
        spread = np.sqrt(g * g + 1e-2 * float(np.abs(cost).mean()) ** 2 + 1e-12)
        z, v = 0.5 * (spread + g), 0.5 * (spread - g)
        moving = free.astype(np.float64)
        lot, count = np.where(free, width, 0.0), 2 * x.size
        for _ in range(MOST_ITERATIONS):
            missing = rhs - self._times(x * moving)
            primal = float(np.vdot(cost, x))
            g = cost - self._transposed(y)
            dual = float(np.vdot(rhs, y)) + float(np.vdot(np.minimum(g, 0.0), lot))
            if (
                abs(primal - dual) <= GAP * max(1e-3, abs(primal))
                and _most(np.abs(missing)) <= RESIDUAL
            ):
                return np.where(free, np.where(x < above, x, width - above), 0.0)
            self.iterations += 1
            zx, vw = z / x, v / above
            theta = moving / (zx + vw)
            factor = self._factor(theta)
            if factor is None:
                return None
            mean = (float(np.vdot(x, z)) + float(np.vdot(above, v))) / count
            dx, dy = self._newton(factor, theta, missing, g)
            dz, dv = -z - zx * dx, -v + vw * dx
            p, d = _lengths(dx, dz, dv, x, above, z, v, 1.0)
            left = np.vdot(x + p * dx, z + d * dz) + np.vdot(above - p * dx, v + d * dv)
            target = mean * min(max(float(left) / count / mean, 0.0), 1.0) ** 3
            pull, push = (target - dx * dz) / x, (target + dx * dv) / above
            dx, dy = self._newton(factor, theta, missing, g - pull + push)
            dz, dv = pull - z - zx * dx, push - v + vw * dx
            p, d = _lengths(dx, dz, dv, x, above, z, v, _TO_THE_BOUND)
            x += p * dx
            above -= p * dx
            y += d * dy
            z += d * dz
            v += d * dv
        return None

    def _newton(self, factor: Array, theta: Array, missing: Array, h: Array) -> tuple[Array, Array]:
        right = missing + self._times(theta * h)
        dy, _ = lapack.dpbtrs(factor, right.reshape(-1, 1), lower=1)
        dy = dy.reshape(self.steps, self.rows)
        return theta * (self._transposed(dy) - h), dy


def _lengths(
    dx: Array, dz: Array, dv: Array, x: Array, above: Array, z: Array, v: Array, share: float
) -> tuple[float, float]:
    """Primal and dual step: up to 1, and ``share`` of the way to a bound."""
    primal = max(-_least(dx / x), _most(dx / above), share)
    dual = max(-_least(dz / z), -_least(dv / v), share)
    return min(1.0, share / primal), min(1.0, share / dual)


def _least(values: Array) -> float:
    flat = values.ravel()  # the place of the least is found faster than the least
    return float(flat[flat.argmin()])


def _most(values: Array) -> float:
    flat = values.ravel()
    return float(flat[flat.argmax()])
