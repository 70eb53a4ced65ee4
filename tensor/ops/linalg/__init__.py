"""Linear algebra; the ops by their short names, for use elsewhere."""

from tensor.ops.linalg import (
    banded as banded,
    diagonal_functions as diagonal_functions,
    eigen as eigen,
    least_squares as least_squares,
    lu as lu,
    norms as norms,
    tensor_diagonals as tensor_diagonals,
    tridiagonal as tridiagonal,
)
from tensor.ops.linalg.diagonals import (
    band_part as band_part,
    diagonal_matrix as diagonal_matrix,
    main_diagonal as main_diagonal,
    matrix_diag_part as matrix_diag_part,
    place_diagonals as place_diagonals,
    set_diagonals as set_diagonals,
)
from tensor.ops.linalg.einsum import (
    contract as contract,
    einsum as einsum,
)
from tensor.ops.linalg.factorizations import cholesky as cholesky, svd_op as svd_op
from tensor.ops.linalg.inverse import (
    determinant as determinant,
    inverse as inverse,
    solve as solve,
    triangular_solve as triangular_solve,
)
from tensor.ops.linalg.matmul import (
    adjoint as adjoint,
    matmul as matmul,
    matmul_operator as matmul_operator,
    matvec as matvec,
    product_shape as product_shape,
    reflected_matmul_operator as reflected_matmul_operator,
    swap_last as swap_last,
)
from tensor.ops.linalg.matrix_functions import expm as expm, sqrtm as sqrtm
from tensor.ops.linalg.tensordot import tensordot as tensordot
