"""Strings to numbers of buckets, by the hash functions that TensorFlow uses."""

from __future__ import annotations

import struct
from typing import Any, ClassVar

import numpy as np

from tensor.core import dtypes, errors
from tensor.core.composites import takes_composites
from tensor.core.public_api import export
from tensor.core.registry import register
from tensor.ops.operands import operand
from tensor.ops.strings.per_element import StringMap

_M = (1 << 64) - 1
_K0, _K1, _K2 = 0xC3A5C85C97CB3127, 0xB492B66FBE98F273, 0x9AE16A3B2F90404F


def _u64(s: bytes, at: int) -> int:
    return struct.unpack_from("<Q", s, at)[0]


def _rotate(x: int, by: int) -> int:
    return ((x >> by) | (x << (64 - by))) & _M


def _shift_mix(x: int) -> int:
    return x ^ (x >> 47)


def _mix(u: int, v: int, mul: int) -> int:
    a = _shift_mix(((u ^ v) * mul) & _M)
    b = _shift_mix(((v ^ a) * mul) & _M)
    return (b * mul) & _M


def fingerprint64(s: bytes) -> int:
    """Return FarmHash's 64-bit fingerprint."""
    n = len(s)
    if n <= 16:
        return _up_to_16(s, n)
    if n <= 32:
        mul = (_K2 + n * 2) & _M
        a, b = (_u64(s, 0) * _K1) & _M, _u64(s, 8)
        c, d = (_u64(s, n - 8) * mul) & _M, (_u64(s, n - 16) * _K2) & _M
        return _mix(
            (_rotate((a + b) & _M, 43) + _rotate(c, 30) + d) & _M,
            (a + _rotate((b + _K2) & _M, 18) + c) & _M,
            mul,
        )
    return _up_to_64(s, n) if n <= 64 else _longer(s, n)


def _up_to_16(s: bytes, n: int) -> int:
    mul = (_K2 + n * 2) & _M
    if n >= 8:
        a, b = (_u64(s, 0) + _K2) & _M, _u64(s, n - 8)
        c = (_rotate(b, 37) * mul + a) & _M
        return _mix(c, ((_rotate(a, 25) + b) * mul) & _M, mul)
    if n >= 4:
        first, last = (
            struct.unpack_from("<I", s)[0],
            struct.unpack_from("<I", s, n - 4)[0],
        )
        return _mix((n + (first << 3)) & _M, last, mul)
    if n:
        y, z = s[0] + (s[n >> 1] << 8), n + (s[n - 1] << 2)
        return (_shift_mix(((y * _K2) ^ (z * _K0)) & _M) * _K2) & _M
    return _K2


def _up_to_64(s: bytes, n: int) -> int:
    mul = (_K2 + n * 2) & _M
    a, b = (_u64(s, 0) * _K2) & _M, _u64(s, 8)
    c, d = (_u64(s, n - 8) * mul) & _M, (_u64(s, n - 16) * _K2) & _M
    y = (_rotate((a + b) & _M, 43) + _rotate(c, 30) + d) & _M
    z = _mix(y, (a + _rotate((b + _K2) & _M, 18) + c) & _M, mul)
    e, f = (_u64(s, 16) * mul) & _M, _u64(s, 24)
    g = ((y + _u64(s, n - 32)) * mul) & _M
    h = ((z + _u64(s, n - 24)) * mul) & _M
    return _mix(
        (_rotate((e + f) & _M, 43) + _rotate(g, 30) + h) & _M,
        (e + _rotate((f + a) & _M, 18) + g) & _M,
        mul,
    )


def _weak(s: bytes, at: int, a: int, b: int) -> tuple[int, int]:
    w, x, y, z = struct.unpack_from("<4Q", s, at)
    a = (a + w) & _M
    b = _rotate((b + a + z) & _M, 21)
    c = a
    a = (a + x + y) & _M
    return (a + z) & _M, (b + _rotate(a, 44) + c) & _M


def _longer(s: bytes, n: int) -> int:
    x, y = 81, (81 * _K1 + 113) & _M
    z = (_shift_mix((y * _K2 + 113) & _M) * _K2) & _M
    v, w = (0, 0), (0, 0)
    x = (x * _K2 + _u64(s, 0)) & _M
    for at in range(0, ((n - 1) // 64) * 64, 64):
        x = (_rotate((x + y + v[0] + _u64(s, at + 8)) & _M, 37) * _K1) & _M
        y = (_rotate((y + v[1] + _u64(s, at + 48)) & _M, 42) * _K1) & _M
        x ^= w[1]
        y = (y + v[0] + _u64(s, at + 40)) & _M
        z = (_rotate((z + w[0]) & _M, 33) * _K1) & _M
        v = _weak(s, at, (v[1] * _K1) & _M, (x + w[0]) & _M)
        w = _weak(s, at + 32, (z + w[1]) & _M, (y + _u64(s, at + 16)) & _M)
        z, x = x, z
    mul = (_K1 + ((z & 0xFF) << 1)) & _M
    at = n - 64
    w = ((w[0] + ((n - 1) & 63)) & _M, w[1])
    v = ((v[0] + w[0]) & _M, v[1])
    w = ((w[0] + v[0]) & _M, w[1])
    x = (_rotate((x + y + v[0] + _u64(s, at + 8)) & _M, 37) * mul) & _M
    y = (_rotate((y + v[1] + _u64(s, at + 48)) & _M, 42) * mul) & _M
    x ^= (w[1] * 9) & _M
    y = (y + v[0] * 9 + _u64(s, at + 40)) & _M
    z = (_rotate((z + w[0]) & _M, 33) * mul) & _M
    v = _weak(s, at, (v[1] * mul) & _M, (x + w[0]) & _M)
    w = _weak(s, at + 32, (z + w[1]) & _M, (y + _u64(s, at + 16)) & _M)
    z, x = x, z
    return _mix(
        (_mix(v[0], w[0], mul) + _shift_mix(y) * _K0 + z) & _M,
        (_mix(v[1], w[1], mul) + x) & _M,
        mul,
    )


def hash64(s: bytes) -> int:
    """Return the hash of `tf.strings.to_hash_bucket`: a variant of MurmurHash."""
    m = 0xC6A4A7935BD1E995
    h = 0xDECAFCAFFE ^ (len(s) * m & _M)
    whole = len(s) // 8 * 8
    for at in range(0, whole, 8):
        k = (_u64(s, at) * m) & _M
        k = ((k ^ (k >> 47)) * m) & _M
        h = ((h ^ k) * m) & _M
    rest = s[whole:]
    if rest:
        h = ((h ^ int.from_bytes(rest, "little")) * m) & _M
    h = ((h ^ (h >> 47)) * m) & _M
    return h ^ (h >> 47)


def sip_hash(s: bytes, key: tuple[int, int]) -> int:
    """Return SipHash-2-4 of a string under a key of two 64-bit numbers."""
    k0, k1 = (k & _M for k in key)
    v0, v1 = k0 ^ 0x736F6D6570736575, k1 ^ 0x646F72616E646F6D
    v2, v3 = k0 ^ 0x6C7967656E657261, k1 ^ 0x7465646279746573

    def rounds(count: int) -> None:
        nonlocal v0, v1, v2, v3
        for _ in range(count):
            v0, v2 = (v0 + v1) & _M, (v2 + v3) & _M
            v1, v3 = _rotate(v1, 51) ^ v0, _rotate(v3, 48) ^ v2
            v0 = _rotate(v0, 32)
            v2, v0 = (v2 + v1) & _M, (v0 + v3) & _M
            v1, v3 = _rotate(v1, 47) ^ v2, _rotate(v3, 43) ^ v0
            v2 = _rotate(v2, 32)

    padded = s + bytes(7 - len(s) % 8) + bytes([len(s) & 0xFF])
    for at in range(0, len(padded), 8):
        word = _u64(padded, at)
        v3 ^= word
        rounds(2)
        v0 ^= word
    v2 ^= 0xFF
    rounds(4)
    return v0 ^ v1 ^ v2 ^ v3


class _ToBucket(StringMap):
    """The number of the bucket that each string falls into."""

    result = dtypes.int64
    sample_attrs: ClassVar[dict[str, Any]] = {"num_buckets": 10}


class StringToHashBucket(_ToBucket):
    """The number of the bucket of each string, by TensorFlow's older hash."""

    def apply(self, value: bytes, num_buckets: int) -> int:
        return hash64(value) % num_buckets


class StringToHashBucketFast(_ToBucket):
    """The number of the bucket of each string, by FarmHash."""

    def apply(self, value: bytes, num_buckets: int) -> int:
        return fingerprint64(value) % num_buckets


class StringToHashBucketStrong(_ToBucket):
    """The number of the bucket of each string, by SipHash under a key."""

    sample_attrs: ClassVar[dict[str, Any]] = {"num_buckets": 10, "key": (1, 2)}

    def apply(self, value: bytes, num_buckets: int, key: tuple[int, int]) -> int:
        return sip_hash(value, key) % num_buckets


bucket_op = register(StringToHashBucket)
fast_bucket_op = register(StringToHashBucketFast)
strong_bucket_op = register(StringToHashBucketStrong)


def _buckets(num_buckets: Any) -> int:
    count = int(num_buckets)
    if count < 1:
        raise errors.invalid(
            "StringToHashBucket",
            f"Value for attr 'num_buckets' of {count} must be at least minimum 1",
        )
    return count


@export("strings.to_hash_bucket")
@takes_composites
def to_hash_bucket(input: Any, num_buckets: int, name: str | None = None) -> Any:
    """Return the number of the bucket that each string falls into.

    Raises:
        InvalidArgumentError: There is no bucket.
    """
    x = operand("StringToHashBucket", input, dtypes.string, "string_tensor")
    return bucket_op(x, num_buckets=_buckets(num_buckets), name=name)


@export("strings.to_hash_bucket_fast")
@takes_composites
def to_hash_bucket_fast(input: Any, num_buckets: int, name: str | None = None) -> Any:
    """Return the number of the bucket that each string falls into, by FarmHash.

    Raises:
        InvalidArgumentError: There is no bucket.
    """
    x = operand("StringToHashBucketFast", input, dtypes.string)
    return fast_bucket_op(x, num_buckets=_buckets(num_buckets), name=name)


@export("strings.to_hash_bucket_strong")
@takes_composites
def to_hash_bucket_strong(
    input: Any, num_buckets: int, key: Any, name: str | None = None
) -> Any:
    """Return the number of the bucket that each string falls into, under a secret key.

    Raises:
        InvalidArgumentError: There is no bucket, or the key is not two numbers.
    """
    if len(key) != 2:
        raise errors.invalid(
            "StringToHashBucketStrong", f"Key must have 2 elements, got {len(key)}"
        )
    x = operand("StringToHashBucketStrong", input, dtypes.string)
    attrs = {"num_buckets": _buckets(num_buckets), "key": (int(key[0]), int(key[1]))}
    return strong_bucket_op(x, **attrs, name=name)


def fingerprints(values: np.ndarray) -> np.ndarray:
    """Return the fingerprint of each string of an array."""
    numbers = [fingerprint64(v) for v in values.reshape(-1)]
    return np.array(numbers, np.uint64).reshape(values.shape)
