"""tf.random.Generator: random numbers whose state is a variable one can save."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import config_options, dtypes, errors, replica
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.core.registry import NON_DIFFERENTIABLE, Op, Sample, get_op, register
from tensor.core.tensor import Tensor
from tensor.core.variable import Variable
from tensor.ops.array import cast
from tensor.ops.dtype_kinds import check_attribute
from tensor.ops.operands import operands
from tensor.ops.random.algorithm import Algorithm, algorithm_number
from tensor.ops.random.distributions import advance, count_of
from tensor.ops.random.generator_state import (
    WORD,
    checked_state,
    create_rng_state,
    key_counter_state,
    signed,
    state_size,
)
from tensor.ops.random.philox import COUNTER_LIMIT
from tensor.ops.random.seeds import system_bits
from tensor.ops.random.shapes import as_shape_vector
from tensor.ops.random.stateful import FLOATS, scaled
from tensor.ops.random.stateless import (
    INTEGERS,
    joined,
    stateless_full_int,
    stateless_random_int,
    stateless_random_normal,
    stateless_random_uniform,
    stateless_truncated,
    uniform_from,
)
from tensor.ops.random.trials import (
    check_binomial_shape,
    count_dtype,
    stateless_binomial_op,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tensor.core.dtypes import DType
    from tensor.core.tensor_spec import TensorSpec

_PHILOX = Algorithm.PHILOX.value
_THREEFRY = Algorithm.THREEFRY.value


class RngSkip(Op):
    """The state of a generator after it drew so many elements."""

    gradient = NON_DIFFERENTIABLE

    def kernel(self, state: Any, count: Any) -> Any:
        words = np.asarray(state).view(np.uint64)
        counter = advance(joined(words), int(count)) % COUNTER_LIMIT
        moved = np.array([counter & WORD, counter >> 64, words[2]], np.uint64)
        return moved.view(np.int64)

    def infer(self, state: TensorSpec, count: Any) -> TensorSpec:
        return state

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        yield Sample(np.array([-1, 2, 3], np.int64), np.int64(5))


class KeyAndCounter(Op):
    """Key and counter from the state of a generator."""

    gradient = NON_DIFFERENTIABLE

    def kernel(self, state: Any) -> Any:
        words = np.asarray(state).view(np.uint64)
        return words[2:].copy(), words[:2].copy()

    def infer(self, state: TensorSpec) -> Any:
        from tensor.core.tensor_spec import TensorSpec

        return (
            TensorSpec.of((1,), dtypes.uint64),
            TensorSpec.of((2,), dtypes.uint64),
        )

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        yield Sample(np.array([-1, 2, 3], np.int64))


rng_skip = register(RngSkip)
key_and_counter_of = register(KeyAndCounter)


@export("random.Generator", "random.experimental.Generator")
class Generator:
    """A source of random numbers that remembers where it is in a variable.

    Make one by `Generator.from_seed`, `from_non_deterministic_state`,
    `from_key_counter`, `from_state`, or `split` another one. Checkpoints save it.
    """

    def __init__(
        self, copy_from: Generator | None = None, state: Any = None, alg: Any = None
    ) -> None:
        """Create a generator with the state of another one, or with a given state.

        Args:
            copy_from: The generator to copy.
            state: Three integers; a variable of them is used as it is.
            alg: "philox" or "auto_select". A "threefry" generator draws nothing.

        Raises:
            AssertionError: Both or neither were given.
            ValueError: The state has another shape, or the algorithm is not there.
        """
        if copy_from is not None:
            if state is not None or alg is not None:
                raise AssertionError(
                    "All other args besides `copy_from` must be None when `copy_from` "
                    f"is not None, got state={state!r} and alg={alg!r}."
                )
            state = copy_from.state.value()
            alg = copy_from.algorithm
        elif state is None or alg is None:
            raise AssertionError(
                "Give `state` and `alg`, or a generator to copy from. Got "
                f"state={state!r} and alg={alg!r}."
            )
        self._alg_var = algorithm_number(alg)
        checked = checked_state(state, self._alg_var)
        if copy_from is None and isinstance(state, Variable):
            self._state_var = state
        else:
            self._state_var = Variable(
                checked, dtype=dtypes.int64, trainable=False, name="StateVar"
            )
        self._belongs_to_strategy = replica.current() is not replica.DEFAULT

    @classmethod
    def from_state(cls, state: Any, alg: Any) -> Generator:
        """Create a generator from the state of another one."""
        return cls(state=state, alg=alg)

    @classmethod
    def from_seed(cls, seed: Any, alg: Any = None) -> Generator:
        """Create a generator whose numbers depend on `seed` alone."""
        alg = _PHILOX if alg is None else alg
        return cls(state=create_rng_state(seed, alg), alg=alg)

    @classmethod
    def from_non_deterministic_state(cls, alg: Any = None) -> Generator:
        """Create a generator that is different every time.

        Raises:
            RuntimeError: Ops were asked to be deterministic.
        """
        if config_options.is_op_determinism_enabled():
            raise RuntimeError(
                '"from_non_deterministic_state" cannot be called when determinism is '
                "enabled. Use from_seed."
            )
        alg = _PHILOX if alg is None else alg
        size = state_size(algorithm_number(alg))
        return cls(state=[signed(system_bits()) for _ in range(size)], alg=alg)

    @classmethod
    def from_key_counter(cls, key: Any, counter: Any, alg: Any) -> Generator:
        """Create a generator from a key and a counter (one or two integers)."""
        algorithm = algorithm_number(alg)
        return cls(state=key_counter_state(key, counter, algorithm), alg=algorithm)

    @property
    def state(self) -> Variable:
        """The variable that holds the state: two integers of counter, one of key."""
        return self._state_var

    @property
    def algorithm(self) -> int:
        """The number of the algorithm."""
        return self._alg_var

    @property
    def key(self) -> Any:
        """The part of the state that stays the same."""
        return self._state_var.value()[-1]

    def reset(self, state: Any) -> None:
        """Continue from a state."""
        self._state_var.assign(checked_state(state, self._alg_var))

    def reset_from_seed(self, seed: Any) -> None:
        """Start over as `from_seed` does."""
        self.reset(create_rng_state(seed, self.algorithm))

    def reset_from_key_counter(self, key: Any, counter: Any) -> None:
        """Start over as `from_key_counter` does."""
        self.reset(key_counter_state(key, counter, self.algorithm))

    def skip(self, delta: Any) -> Any:
        """Move on as if `delta` elements had been drawn; return the state before.

        Raises:
            UnimplementedError: The algorithm is ThreeFry.
        """
        if self._alg_var == _THREEFRY:
            raise errors.because(
                errors.UnimplementedError,
                "Non-XLA devices don't support the ThreeFry algorithm. "
                "[Op:RngReadAndSkip]",
            )
        before = self._state_var.value()
        count = delta if isinstance(delta, Tensor) else np.int64(delta)
        self._state_var.assign(rng_skip(before, count))
        return before

    def _prepare(self, shape: Any) -> tuple[Any, Any, Any]:
        """Return key, counter and shape for drawing an array, and move on."""
        shape = as_shape_vector(shape)
        if isinstance(shape, tuple):
            count: Any = count_of(shape)
        else:
            wide = cast(shape, dtype=dtypes.int64)
            count = get_op("Prod")(wide, axis=None, keepdims=False)
        return (*self._key_and_counter(self.skip(count)), shape)

    def _key_and_counter(self, state: Any) -> tuple[Any, Any]:
        """Return what numbers depend on; replicas of a strategy have keys of their own.

        The state stays the same on all of them.
        """
        key, counter = key_and_counter_of(state)
        replication = replica.current()
        is_inside = replication is not replica.DEFAULT and not replication.is_across
        if self._belongs_to_strategy and is_inside:
            place = convert(np.array([replication.replica_id, 0], np.uint64))
            key = stateless_full_int.produce(
                key, place, shape=(1,), dtype=dtypes.uint64
            )
        return key, counter

    def _scaled(self, op: Op, shape: Any, mean: Any, deviation: Any, dtype: Any) -> Any:
        """Return numbers of an op that draws with mean 0 and deviation 1, scaled."""

        def draw_from(dtype: DType) -> Any:
            key, counter, dims = self._prepare(shape)
            return op.produce(key, counter, shape=dims, dtype=dtype)

        return scaled(draw_from, op, mean, deviation, dtype)

    def normal(
        self,
        shape: Any,
        mean: Any = 0.0,
        stddev: Any = 1.0,
        dtype: Any = dtypes.float32,
        name: str | None = None,
    ) -> Any:
        """Draw numbers of a normal distribution."""
        return self._scaled(stateless_random_normal, shape, mean, stddev, dtype)

    def truncated_normal(
        self,
        shape: Any,
        mean: Any = 0.0,
        stddev: Any = 1.0,
        dtype: Any = dtypes.float32,
        name: str | None = None,
    ) -> Any:
        """Draw normal numbers, those beyond two deviations drawn again."""
        return self._scaled(stateless_truncated, shape, mean, stddev, dtype)

    def uniform(
        self,
        shape: Any,
        minval: Any = 0,
        maxval: Any = None,
        dtype: Any = dtypes.float32,
        name: str | None = None,
    ) -> Any:
        """Draw numbers equally likely anywhere from `minval` to `maxval`.

        Raises:
            ValueError: An integer range has one bound only.
        """
        dtype = dtypes.as_dtype(dtype)
        if dtype.is_integer and (minval is None) != (maxval is None):
            raise ValueError(
                f"For integer dtype {dtype}, minval and maxval must be both `None` "
                f"or both non-`None`; got minval={minval} and maxval={maxval}"
            )
        op, kinds = stateless_random_uniform, FLOATS
        if dtype.is_integer:
            op, kinds = stateless_random_int, INTEGERS
        check_attribute(op.type_name, "dtype", dtype, kinds)
        key, counter, shape = self._prepare(shape)
        return uniform_from(key, counter, shape, minval, maxval, dtype, name)

    def uniform_full_int(
        self, shape: Any, dtype: Any = dtypes.uint64, name: str | None = None
    ) -> Any:
        """Draw integers from the whole range of the dtype."""
        dtype = dtypes.as_dtype(dtype)
        check_attribute(stateless_full_int.type_name, "dtype", dtype, INTEGERS)
        key, counter, shape = self._prepare(shape)
        return stateless_full_int.produce(key, counter, shape=shape, dtype=dtype)

    def binomial(
        self,
        shape: Any,
        counts: Any,
        probs: Any,
        dtype: Any = dtypes.int32,
        name: str | None = None,
    ) -> Any:
        """Draw numbers of successes in `counts` trials of probability `probs`."""
        op = stateless_binomial_op
        n, p = operands(op, convert(counts), convert(probs))
        target = count_dtype(op, dtype)
        dims = as_shape_vector(shape)
        check_binomial_shape(dims, n, p)
        pairs = count_of(tuple(np.broadcast_shapes(n.static_shape, p.static_shape)))
        each = count_of(dims) // max(pairs, 1)
        # TensorFlow's reservation: up to a hundred numbers for each element.
        before = self.skip(pairs * 2 * 100 * (each + 3) // 4)
        key, counter = self._key_and_counter(before)
        return op.produce(key, counter, n, p, shape=dims, dtype=target, name=name)

    def make_seeds(self, count: int = 1) -> Any:
        """Return seeds for tf.random.stateless_*: [2, count] of int64."""
        keys = self.uniform_full_int((count,), dtypes.int64)
        return get_op("Pack")(keys, get_op("ZerosLike")(keys), axis=0)

    def split(self, count: int = 1) -> list[Generator]:
        """Return new generators, independent of each other and of this one."""
        keys = self.uniform_full_int((count,), dtypes.int64)
        counter = [0] * (state_size(self.algorithm) - 1)
        return [
            Generator.from_key_counter(keys[i], counter, self.algorithm)
            for i in range(count)
        ]

    def _checkpoint_children(self) -> dict[str, Any]:
        return {"_state_var": self._state_var}

    def __deepcopy__(self, memo: Any) -> Generator:
        return Generator(copy_from=self)


class _Global:
    """The generator of `get_global_generator`, made when it is first asked for."""

    def __init__(self) -> None:
        self.generator: Generator | None = None


_global = _Global()


@export("random.get_global_generator", "random.experimental.get_global_generator")
def get_global_generator() -> Generator:
    """Return the generator of this process, another one in every run.

    Raises:
        RuntimeError: None was set, and ops were asked to be deterministic.
    """
    if _global.generator is None:
        if config_options.is_op_determinism_enabled():
            raise RuntimeError(
                '"get_global_generator" cannot be called if determinism is enabled, '
                'unless "set_global_generator" has already been called. Please call '
                '"set_global_generator" first.'
            )
        _global.generator = Generator.from_non_deterministic_state()
    return _global.generator


@export("random.set_global_generator", "random.experimental.set_global_generator")
def set_global_generator(generator: Generator | None) -> None:
    """Let `get_global_generator` return another generator."""
    _global.generator = generator
