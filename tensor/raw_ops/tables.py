"""Raw ops that need no line of their own, and the names of several results."""

# Ops whose public functions take the same arguments.
SAME = """
Abs Acos Acosh AddV2 All Any Asin Asinh Atan Atanh BesselI0 BesselI0e BesselI1
BesselI1e BesselJ0 BesselJ1 BesselK0 BesselK0e BesselK1 BesselK1e BesselY0 BesselY1
BitwiseAnd BitwiseOr BitwiseXor Ceil Cos Cosh Dawsn Digamma Elu Erf Erfc Erfinv
EuclideanNorm Exp Expint Expm1 Floor FloorDiv FloorMod FresnelCos FresnelSin Greater
GreaterEqual Invert IsFinite IsInf IsNan LeftShift Less LessEqual Lgamma Log Log1p
LogicalAnd LogicalNot LogicalOr MatrixExponential MatrixLogarithm MatrixSquareRoot
Max Maximum Mean Min Minimum Mul MulNoNan Ndtri Neg Pow Prod RealDiv Reciprocal Relu
Relu6 RightShift Rint Rsqrt SegmentMax SegmentMean SegmentMin SegmentProd SegmentSum
Selu Sigmoid Sign Sin Sinh Softplus Softsign Spence Sqrt Square SquaredDifference
Sub Sum Tan Tanh TruncateDiv TruncateMod UnsortedSegmentMax UnsortedSegmentMin
UnsortedSegmentProd UnsortedSegmentSum Xdivy Xlog1py Xlogy
"""

# The fields of ops with several results.
RESULTS = {
    "Eig": "e v",
    "ListDiff": "out idx",
    "LogMatrixDeterminant": "sign log_abs_determinant",
    "Lu": "lu p",
    "Qr": "q r",
    "SelfAdjointEigV2": "e v",
    "Svd": "s u v",
}
