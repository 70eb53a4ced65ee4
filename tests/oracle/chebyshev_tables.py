"""Make `tensor/ops/math/special/chebyshev.json`, the tables of the special functions.

Each table holds one smooth function on an interval, cut into pieces on which a
Chebyshev series of at most `MOST` terms is exact to double precision. The functions are
computed by mpmath with 40 digits. Run it with any Python that has mpmath::

    python tests/oracle/chebyshev_tables.py tensor/ops/math/special/chebyshev.json
"""

import json
import pathlib
import sys
from collections.abc import Callable
from typing import Any

from mpmath import mp

mp.dps = 40
MOST = 24
NODES = 40
TOLERANCE = mp.mpf(10) ** -17

Function = Callable[[Any], Any]


def coefficients(f: Function, low: Any, high: Any) -> list[Any]:
    """Return the Chebyshev coefficients of `f` on an interval."""
    angles = [mp.pi * (k + mp.mpf(1) / 2) / NODES for k in range(NODES)]
    values = [f((high - low) / 2 * mp.cos(a) + (high + low) / 2) for a in angles]
    pairs = list(zip(values, angles, strict=True))
    found = [
        2 * mp.fsum(v * mp.cos(j * a) for v, a in pairs) / NODES for j in range(NODES)
    ]
    found[0] /= 2
    return found


def pieces(f: Function, low: Any, high: Any) -> list[Any]:
    """Return [low, high, coefficients] of each piece of an interval."""
    low, high = mp.mpf(low), mp.mpf(high)
    found = coefficients(f, low, high)
    size = max(abs(c) for c in found)
    needed = max(j for j, c in enumerate(found) if abs(c) > TOLERANCE * size) + 1
    if needed <= MOST:
        return [[float(low), float(high), [float(c) for c in found[:needed]]]]
    middle = mp.mpf(float((low + high) / 2))
    return pieces(f, low, middle) + pieces(f, middle, high)


def tail_of_normal(t: Any) -> Any:
    """Return r - |z| where z is the quantile of p = exp(-r²/2), and r = 1/t."""
    r = 1 / t

    def miss(z: Any) -> Any:
        return mp.log(mp.erfc(z / mp.sqrt(2)) / 2) + r * r / 2

    return (r - mp.findroot(miss, r - mp.log(r) / r)) * r


def hankel(order: int, part: str) -> Function:
    """Return the amplitude of a Bessel function's cosine (p) or sine (q) part."""

    def f(t: Any) -> Any:
        x = 1 / mp.sqrt(t)
        angle = x - (2 * order + 1) * mp.pi / 4
        j, y = mp.besselj(order, x), mp.bessely(order, x)
        scale = mp.sqrt(mp.pi * x / 2)
        if part == "p":
            return scale * (j * mp.cos(angle) + y * mp.sin(angle))
        return scale * (y * mp.cos(angle) - j * mp.sin(angle)) * x

    return f


def fresnel(part: str) -> Function:
    """Return an auxiliary function of the Fresnel integrals, of t = 1 / x⁴."""

    def f(t: Any) -> Any:
        x = t ** (-mp.mpf(1) / 4)
        with mp.workdps(60):
            s, c = mp.mpf(1) / 2 - mp.fresnels(x), mp.mpf(1) / 2 - mp.fresnelc(x)
            cos, sin = mp.cospi(x * x / 2), mp.sinpi(x * x / 2)
            if part == "f":
                return (s * cos - c * sin) * mp.pi * x
            return (c * cos + s * sin) * mp.pi**2 * x**3

    return f


def root(f: Function) -> Function:
    """Return `f` as a function of the square of its argument."""
    return lambda t: f(mp.sqrt(t))


def inverted(f: Function) -> Function:
    """Return `f` as a function of 1 / x."""
    return lambda t: f(1 / t)


def two_over_pi_log(x: Any) -> Any:
    """Return 2 / π log(x)."""
    return 2 / mp.pi * mp.log(x)


TABLES: dict[str, tuple[Function, Any, Any]] = {
    "erf": (root(lambda x: mp.erf(x) / x), 0, 1),
    "erfcx": (
        lambda t: mp.exp((2 / t - 2) ** 2) * mp.erfc(2 / t - 2) / t,
        0,
        mp.mpf("0.8"),
    ),
    "lgamma": (lambda x: mp.loggamma(x) / ((x - 1) * (x - 2)), 1, 2),
    "quantile": (
        root(lambda q: mp.sqrt(2) * mp.erfinv(2 * q) / q),
        0,
        mp.mpf("0.425") ** 2,
    ),
    "quantile_tail": (tail_of_normal, mp.mpf(1) / 39, mp.mpf(1) / 2),
    "i0e": (lambda x: mp.exp(-x) * mp.besseli(0, x), 0, 8),
    "i0e_tail": (
        inverted(lambda x: mp.sqrt(x) * mp.exp(-x) * mp.besseli(0, x)),
        0,
        mp.mpf(1) / 8,
    ),
    "i1e": (lambda x: mp.exp(-x) * mp.besseli(1, x) / x, 0, 8),
    "i1e_tail": (
        inverted(lambda x: mp.sqrt(x) * mp.exp(-x) * mp.besseli(1, x)),
        0,
        mp.mpf(1) / 8,
    ),
    "k0": (root(lambda x: mp.besselk(0, x) + mp.log(x / 2) * mp.besseli(0, x)), 0, 4),
    "k0e_tail": (
        inverted(lambda x: mp.sqrt(x) * mp.exp(x) * mp.besselk(0, x)),
        0,
        mp.mpf(1) / 2,
    ),
    "k1": (
        root(lambda x: x * (mp.besselk(1, x) - mp.log(x / 2) * mp.besseli(1, x))),
        0,
        4,
    ),
    "k1e_tail": (
        inverted(lambda x: mp.sqrt(x) * mp.exp(x) * mp.besselk(1, x)),
        0,
        mp.mpf(1) / 2,
    ),
    "j0": (root(lambda x: mp.besselj(0, x)), 0, 64),
    "j1": (root(lambda x: mp.besselj(1, x) / x), 0, 64),
    "y0": (
        root(lambda x: mp.bessely(0, x) - two_over_pi_log(x) * mp.besselj(0, x)),
        0,
        64,
    ),
    "y1": (
        root(
            lambda x: (
                (
                    mp.bessely(1, x)
                    - two_over_pi_log(x) * mp.besselj(1, x)
                    + 2 / (mp.pi * x)
                )
                / x
            )
        ),
        0,
        64,
    ),
    "j0_p": (hankel(0, "p"), 0, mp.mpf(1) / 64),
    "j0_q": (hankel(0, "q"), 0, mp.mpf(1) / 64),
    "j1_p": (hankel(1, "p"), 0, mp.mpf(1) / 64),
    "j1_q": (hankel(1, "q"), 0, mp.mpf(1) / 64),
    "dawsn": (
        root(lambda x: mp.sqrt(mp.pi) / 2 * mp.exp(-x * x) * mp.erfi(x) / x),
        0,
        25,
    ),
    "dawsn_tail": (
        inverted(root(lambda x: mp.sqrt(mp.pi) * x * mp.exp(-x * x) * mp.erfi(x))),
        0,
        mp.mpf(1) / 25,
    ),
    "ei": (lambda x: (mp.ei(x) - mp.euler - mp.log(x)) / x, 0, 6),
    "ei_tail": (inverted(lambda x: x * mp.exp(-x) * mp.ei(x)), 0, mp.mpf(1) / 6),
    "e1": (lambda x: (mp.e1(x) + mp.euler + mp.log(x)) / x, 0, 1),
    "e1_tail": (inverted(lambda x: x * mp.exp(x) * mp.e1(x)), 0, 1),
    "fresnel_s": (root(root(lambda x: mp.fresnels(x) / x**3)), 0, mp.mpf("6.5536")),
    "fresnel_c": (root(root(lambda x: mp.fresnelc(x) / x)), 0, mp.mpf("6.5536")),
    "fresnel_f": (fresnel("f"), 0, 1 / mp.mpf("6.5536")),
    "fresnel_g": (fresnel("g"), 0, 1 / mp.mpf("6.5536")),
    "spence": (
        lambda x: mp.polylog(2, 1 - x) / (1 - x) if x != 1 else mp.mpf(1),
        mp.mpf(1) / 2,
        2,
    ),
}


def main() -> None:
    """Write all tables to the file that the command line names."""
    tables = {name: pieces(*rule) for name, rule in TABLES.items()}
    lines = [f"{json.dumps(name)}: {json.dumps(t)}" for name, t in tables.items()]
    text = "{\n" + ",\n".join(lines) + "\n}\n"
    pathlib.Path(sys.argv[1]).write_text(text)


if __name__ == "__main__":
    main()
