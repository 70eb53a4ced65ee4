"""Special functions, accurate to a few units of double precision's last place."""

from tensor.ops.math.special.bessel import bessel_i0e as bessel_i0e
from tensor.ops.math.special.error import (
    erf as erf,
    erfc as erfc,
    erfinv as erfinv,
    ndtri as ndtri,
)
from tensor.ops.math.special.gamma import (
    digamma as digamma,
    lgamma as lgamma,
    polygamma as polygamma,
    zeta as zeta,
)
from tensor.ops.math.special.incomplete_beta import betainc as betainc
from tensor.ops.math.special.incomplete_gamma import igamma as igamma
from tensor.ops.math.special.integrals import dawsn as dawsn
