"""One conformance suite for all transports, against the naive oracle."""

import zlib

import ml_dtypes
import numpy as np
import pytest

from dist import naive
from dist.testing import run_ranks

SIZES = [1, 2, 3, 4, 5, 8]
DTYPES = [
    np.bool_,
    np.int8,
    np.uint16,
    np.int64,
    np.float16,
    ml_dtypes.bfloat16,
    np.float32,
    np.float64,
    np.complex64,
    np.longdouble,
]
LARGE = 50_021  # odd, over the limit of the small path for all dtypes but the smallest


def lengths(size):
    return [0, 1, size - 1, 7, 1023, LARGE]


def make(rank, shape, dtype, seed=0):
    """Numbers whose sum depends on the order in which they are added."""
    rng = np.random.default_rng([rank, seed])
    values = rng.normal(size=shape) * 10.0 ** rng.integers(-3, 3, size=shape)
    if np.dtype(dtype).kind in "biu":
        return rng.integers(0, 2 if dtype is np.bool_ else 100, size=shape).astype(
            dtype
        )
    if np.dtype(dtype).kind == "c":
        return (values + 1j * values[::-1]).astype(dtype)
    return values.astype(dtype)


def bits(array):
    """What must be equal, short enough to be read in a failure."""
    raw = np.ascontiguousarray(array).reshape(-1).view(np.uint8)
    if array.dtype == np.longdouble:
        raw = raw.reshape(-1, 16)[:, :10]  # the rest of each number is padding
    return array.dtype.name, array.shape, zlib.crc32(raw.tobytes())


def every_collective(group, dtypes, sizes):
    results = []
    for dtype in dtypes:
        for length in sizes:
            x = make(group.rank, length, dtype)
            results.append(bits(group.all_reduce(x.copy())))
            results.append(bits(group.all_gather(x)))
            results.append(bits(group.broadcast(x.copy(), root=group.size - 1)))
            rows = make(group.rank, (group.size, length), dtype)
            results.append(bits(group.reduce_scatter(rows)))
            results.append(bits(group.all_to_all(rows)))
            results.append(bits(group.scatter(rows, root=0)))
            gathered = group.gather(x, root=0)
            results.append(None if gathered is None else bits(gathered))
    return results


def expected(size, dtypes, sizes, is_hierarchy):
    results = [[] for _ in range(size)]

    def add(values):
        for rank, value in enumerate(values):
            results[rank].append(None if value is None else bits(value))

    for dtype in dtypes:
        for length in sizes:
            xs = [make(rank, length, dtype) for rank in range(size)]
            rows = [make(rank, (size, length), dtype) for rank in range(size)]
            hosts = [list(range(r, min(r + 2, size))) for r in range(0, size, 2)]
            if is_hierarchy:
                add(hierarchical(xs, hosts))
            else:
                add(naive.all_reduce(xs))
            add(naive.all_gather(xs))
            add(naive.broadcast(xs, size - 1))
            if is_hierarchy:
                total = hierarchical(rows, hosts)[0]
                add([total[rank : rank + 1] for rank in range(size)])
            else:
                add(naive.reduce_scatter(rows))
            add(naive.all_to_all(rows))
            add([rows[0][rank] for rank in range(size)])
            add([np.stack(xs)] + [None] * (size - 1))
    return results


def hierarchical(arrays, hosts):
    """Up, across, down: the order of summation of the hierarchy."""
    if len(hosts) == 1:
        return naive.all_reduce(arrays)
    inside = [naive.all_reduce([arrays[rank] for rank in host])[0] for host in hosts]
    return [naive.all_reduce(inside)[0].copy() for _ in arrays]


@pytest.mark.parametrize("size", SIZES)
def test_every_collective_equals_the_oracle_bit_for_bit(fabric, size):
    dtypes = DTYPES if size in (2, 3) else [np.float32, ml_dtypes.bfloat16]
    compare_with_the_oracle(fabric, size, dtypes)


@pytest.mark.slow
@pytest.mark.parametrize("size", [1, 4, 5, 8])
def test_every_collective_on_every_dtype_for_more_ranks(fabric, size):
    compare_with_the_oracle(fabric, size, DTYPES)


def compare_with_the_oracle(fabric, size, dtypes):
    results = fabric.run(every_collective, size, dtypes, lengths(size))
    is_hierarchy = fabric.host_size and size > 2
    wanted = expected(size, dtypes, lengths(size), is_hierarchy)
    for rank in range(size):
        for number, pair in enumerate(zip(results[rank], wanted[rank], strict=True)):
            assert pair[0] == pair[1], f"rank {rank}, result {number}"


def reduce_with(group, op, dtype):
    return group.all_reduce(make(group.rank, 9001, dtype), op)


OPERATIONS = [
    (op, dtype)
    for op in ("sum", "mean", "min", "max", "prod")
    for dtype in (np.float32, np.int32, ml_dtypes.bfloat16, np.complex64)
    if (op, dtype) != ("mean", np.int32)  # is refused: see test_group.py
]


@pytest.mark.parametrize(("op", "dtype"), OPERATIONS)
def test_every_operation_equals_the_oracle(flat_fabric, op, dtype):
    arrays = [make(rank, 9001, dtype) for rank in range(3)]
    results = flat_fabric.run(reduce_with, 3, op, dtype)
    for result, wanted in zip(results, naive.all_reduce(arrays, op), strict=True):
        assert bits(result) == bits(wanted)


def of_unlike_zeros(group):
    """Which of 0.0 and -0.0 is the smaller depends on who is asked first."""
    zeros = np.where(np.arange(30_000) % 2 == group.rank % 2, 0.0, -0.0)
    complex_numbers = make(group.rank, 30_000, np.complex64)
    return [
        bits(group.all_reduce(array.copy(), op))
        for array, op in ((zeros, "min"), (zeros, "max"), (complex_numbers, "prod"))
    ]


@pytest.mark.parametrize("size", [2, 3])
def test_operations_that_are_not_symmetric_keep_their_order(flat_fabric, size):
    wanted = run_ranks(of_unlike_zeros, size, transport="threads")
    assert len(set(map(tuple, wanted))) == 1
    assert flat_fabric.run(of_unlike_zeros, size) == wanted


def test_the_mean_over_a_hierarchy_weighs_ranks_not_hosts():
    def body(group):
        return group.all_reduce(np.array([float(group.rank)]), "mean")[0]

    hosts = ["a", "a", "a", "b", "b"]
    assert run_ranks(body, 5, transport="hierarchy", hosts=hosts) == [2.0] * 5


def test_hosts_may_come_in_any_order():
    def body(group):
        gathered = group.all_gather(np.array([group.rank]))
        told = group.broadcast(np.array([group.rank]), root=3)[0]
        return gathered[:, 0].tolist(), told, group.local_rank, group.local_size

    hosts = ["a", "b", "a", "b", "b"]
    results = run_ranks(body, 5, transport="hierarchy", hosts=hosts)
    assert [result[:2] for result in results] == [([0, 1, 2, 3, 4], 3)] * 5
    assert [result[2:] for result in results] == [
        (0, 2),
        (0, 3),
        (1, 2),
        (1, 3),
        (2, 3),
    ]


def many_pieces(group):
    x = np.full(3_000_001, group.rank + 1, np.float64)
    group.all_reduce(x)
    y = np.full((group.size, 700_001), group.rank + 1, np.float64)
    return (
        (x == 6).all(),
        (group.reduce_scatter(y) == 6).all(),
        group.all_gather(x).sum(),
    )


def test_arrays_larger_than_every_buffer(flat_fabric):
    assert flat_fabric.run(many_pieces, 3) == [(True, True, 3 * 6 * 3_000_001)] * 3


def strided(group):
    x = np.arange(60.0).reshape(3, 20)[:, ::2]
    y = np.asfortranarray(np.arange(12.0).reshape(3, 4))
    result = group.all_reduce(x)
    return result is x, x.sum(), group.all_reduce(y)[1, 2], group.broadcast(y, 1).sum()


def test_non_contiguous_arrays_are_reduced_in_place(fabric):
    x = np.arange(60.0).reshape(3, 20)[:, ::2]
    assert fabric.run(strided, 2) == [(True, 2 * x.sum(), 12.0, 2 * 66.0)] * 2


def letters(group):
    right, left = (group.rank + 1) % group.size, (group.rank - 1) % group.size
    small, large = np.array([group.rank]), np.full(200_000, float(group.rank))
    group.send(small, right)
    got = [group.recv(1, small.dtype, left)[0]]
    if group.rank == 0:
        group.send(large, 1)
    if group.rank == 1:
        got.append(group.recv(200_000, float, 0).sum())
    group.send(small, group.rank)
    got.append(group.recv(1, small.dtype, group.rank)[0])
    return got


def test_letters_arrive(fabric):
    assert fabric.run(letters, 3) == [[2, 0], [0, 0.0, 1], [1, 2]]


def overlapping_groups(group):
    odd = group.new_group([1, 3])
    even = group.new_group([2, 0])
    again = group.new_group([1, 3])
    mine = odd or even
    names = [g.name for g in (odd, even, again) if g]
    total = mine.all_reduce(np.array([group.rank]))[0]
    return names, mine.rank, total, mine.all_gather_object(group.rank)


def test_groups_of_some_ranks(fabric):
    first, second = ["world/2,0"], ["world/1,3", "world/1,3#2"]
    assert fabric.run(overlapping_groups, 4) == [
        (first, 1, 2, [2, 0]),
        (second, 0, 4, [1, 3]),
        (first, 0, 2, [2, 0]),
        (second, 1, 4, [1, 3]),
    ]


def test_objects_of_all_kinds_are_gathered(fabric):
    for gathered in fabric.run(objects_called, 3):
        assert gathered == [(0, 10), (1, 11), (2, 12)]


def objects_called(group):
    number = 10 + group.rank
    gathered = group.all_gather_object({"rank": group.rank, "f": lambda: number})
    return [(item["rank"], item["f"]()) for item in gathered]


def asynchronous(group):
    arrays = [np.full(1000 * (i + 1), group.rank + i, np.float32) for i in range(5)]
    works = [group.all_reduce_async(array) for array in arrays]
    after = group.all_reduce(np.array([1.0]))[0]  # behind those before it
    assert all(work.done() for work in works)
    return [work.wait()[0] for work in works], after


def test_asynchronous_calls_keep_their_order(fabric):
    assert fabric.run(asynchronous, 3) == [([3.0, 6.0, 9.0, 12.0, 15.0], 3.0)] * 3


def shared_arrays(group):
    a = group.empty((100, 1000), np.float32)
    b = group.empty(50_000, np.float64)
    a[...] = group.rank + 1
    b[...] = group.rank
    group.all_reduce(a)
    part = group.all_reduce(b[10_000:30_000])
    mixed = group.all_reduce(np.ones(20_000) if group.rank else b[30_000:])
    return a.shape, a.sum(), part.sum(), b.sum(), mixed.sum()


def test_arrays_in_shared_memory_are_reduced_like_others(fabric):
    results = fabric.run(shared_arrays, 3)
    others = [30_000.0 * rank + 60_000.0 for rank in range(3)]
    wanted = [((100, 1000), 6e5, 6e4, own, 4e4) for own in [1e5, *others[1:]]]
    assert results == wanted


def without_staging(group):
    shared, ordinary = group.empty(400_000), np.ones(400_000)
    shared[...] = 1

    def refuse(*_):
        raise AssertionError("an array was copied to a slab")

    group._transport._slabs_of_next_step = refuse
    total = group.all_reduce(shared).sum()
    with pytest.raises(AssertionError, match="copied to a slab"):
        group.all_reduce(ordinary)
    return total


def test_arrays_in_shared_memory_are_not_staged():
    assert run_ranks(without_staging, 2, transport="shm") == [800_000.0] * 2


def different_orders(group):
    x = np.array([1.0 + group.rank * 2.0**-24, 1e8, -1e8, 1.0], np.float32)
    big = np.tile(x, 20_000) * np.float32(1 + group.rank / 3)
    return group.all_reduce(big).tobytes(), group.all_reduce(x).tobytes()


@pytest.mark.parametrize("size", [2, 3, 5])
def test_flat_transports_give_identical_bits(size):
    every = [
        run_ranks(different_orders, size, transport=name)
        for name in ("threads", "shm", "ring", "ipc")
    ]
    assert len({result for results in every for result in results}) == 1
