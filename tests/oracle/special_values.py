"""Make `tests/tensor/ops/oracle_values/special.json`: values of special functions.

Run it with any Python that has mpmath::

    python tests/oracle/special_values.py tests/tensor/ops/oracle_values/special.json
"""

import json
import pathlib
import sys
from typing import Any

from mpmath import mp

mp.dps = 40

SPREAD = [1e-300, 1e-8, 0.01, 0.3, 0.7, 0.999, 1.0, 1.001, 1.4, 1.7, 2.0, 2.5, 4.9, 5.1]
POSITIVE = [*SPREAD, 7.9, 8.1, 11.0, 25.0, 100.5, 600.0]
SIGNED = [-20.3, -9.0, -5.5, -2.5, -1.2, -0.5, -1e-5, *POSITIVE]
UNIT = [1e-300, 1e-20, 1e-5, 0.02, 0.07, 0.08, 0.3, 0.5, 0.6, 0.92, 0.93, 0.9999]


def normal_quantile(p: Any) -> Any:
    """Return the quantile of the normal distribution at a probability."""
    if p > 0.001:
        return mp.sqrt(2) * mp.erfinv(2 * mp.mpf(p) - 1)
    start = -mp.sqrt(-2 * mp.log(p))
    return mp.findroot(lambda z: mp.log(mp.ncdf(z)) - mp.log(p), start)


ONE: dict[str, tuple[Any, list[float]]] = {
    "erf": (mp.erf, SIGNED),
    "erfc": (mp.erfc, [x for x in SIGNED if x < 26]),
    "erfinv": (mp.erfinv, [-0.99999, -0.9, -0.2, *UNIT]),
    "ndtri": (normal_quantile, UNIT),
    "lgamma": (lambda x: mp.log(abs(mp.gamma(x))), [x for x in SIGNED if x != -9]),
    "digamma": (mp.digamma, [x for x in SIGNED if x != -9]),
    "bessel_i0": (lambda x: mp.besseli(0, x), SIGNED),
    "bessel_i0e": (lambda x: mp.besseli(0, x) * mp.exp(-abs(x)), SIGNED),
    "bessel_i1": (lambda x: mp.besseli(1, x), SIGNED),
    "bessel_i1e": (lambda x: mp.besseli(1, x) * mp.exp(-abs(x)), SIGNED),
    "bessel_j0": (lambda x: mp.besselj(0, x), SIGNED),
    "bessel_j1": (lambda x: mp.besselj(1, x), SIGNED),
    "bessel_k0": (lambda x: mp.besselk(0, x), POSITIVE),
    "bessel_k0e": (lambda x: mp.besselk(0, x) * mp.exp(x), POSITIVE),
    "bessel_k1": (lambda x: mp.besselk(1, x), POSITIVE),
    "bessel_k1e": (lambda x: mp.besselk(1, x) * mp.exp(x), POSITIVE),
    "bessel_y0": (lambda x: mp.bessely(0, x), POSITIVE),
    "bessel_y1": (lambda x: mp.bessely(1, x), POSITIVE),
    "dawsn": (
        lambda x: mp.sqrt(mp.pi) / 2 * mp.exp(-(mp.mpf(x) ** 2)) * mp.erfi(x),
        SIGNED,
    ),
    "expint": (mp.ei, POSITIVE),
    "fresnel_sin": (mp.fresnels, SIGNED),
    "fresnel_cos": (mp.fresnelc, SIGNED),
    "spence": (lambda x: mp.polylog(2, 1 - mp.mpf(x)).real, POSITIVE),
}
ORDERS = [0.1, 0.5, 1.0, 3.0, 10.0, 60.0]
TWO: dict[str, tuple[Any, list[float], list[float]]] = {
    "igamma": (
        lambda a, x: mp.gammainc(a, 0, x, regularized=True),
        ORDERS,
        [1e-8, 0.3, 0.99, 1.01, 3.1, 9.0, 11.0, 55.0, 70.0],
    ),
    "igammac": (
        lambda a, x: mp.gammainc(a, x, mp.inf, regularized=True),
        ORDERS,
        [1e-8, 0.3, 0.99, 1.01, 3.1, 9.0, 11.0, 55.0, 70.0],
    ),
    "zeta": (mp.zeta, [1.1, 2.0, 5.5, 20.0], [1e-3, 0.5, 1.0, 3.3, 20.0]),
    "polygamma": (
        lambda n, x: mp.polygamma(int(n), x),
        [0.0, 1.0, 2.0, 7.0],
        [-2.5, 1e-3, 0.5, 1.0, 3.3, 20.0, 1000.0],
    ),
}
BETA = [(0.1, 0.5), (1.0, 3.0), (10.0, 0.2), (50.0, 70.0)]


def finite(value: Any) -> float | str:
    """Return a number as JSON can hold it."""
    number = float(value)
    return number if abs(number) < float("inf") else str(number)


def main() -> None:
    """Write the values to the file that the command line names."""
    one = {
        name: [[x, finite(f(mp.mpf(x)))] for x in points]
        for name, (f, points) in ONE.items()
    }
    two = {
        name: [[a, x, finite(f(mp.mpf(a), mp.mpf(x)))] for a in first for x in second]
        for name, (f, first, second) in TWO.items()
    }
    beta = [
        [a, b, x, finite(mp.betainc(a, b, 0, x, regularized=True))]
        for a, b in BETA
        for x in (1e-5, 0.1, 0.4, 0.41, 0.6, 0.999)
    ]
    slopes = [
        [a, x, float(mp.diff(lambda v, x=x: mp.gammainc(v, 0, x, regularized=True), a))]
        for a in (0.5, 1.0, 3.0, 20.0)
        for x in (0.1, 0.9, 1.5, 4.0, 25.0)
    ]
    values = {"one": one, "two": two, "betainc": beta, "igamma_slopes": slopes}
    pathlib.Path(sys.argv[1]).write_text(json.dumps(values) + "\n")


if __name__ == "__main__":
    main()
