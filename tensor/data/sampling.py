"""Datasets mixed at random: sample_from_datasets, choose_from_datasets, random."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import dtypes, errors
from tensor.core.convert import convert
from tensor.core.tensor_spec import TensorSpec
from tensor.data.dataset import (
    INFINITE,
    UNKNOWN,
    Dataset,
    Derived,
    method,
    source,
)
from tensor.data.functions import ElementFunction
from tensor.data.joined import common_spec
from tensor.data.random_numbers import RandomNumbers
from tensor.data.seeds import EpochSeeds, seed_pair
from tensor.data.stream import DerivedStream, State, Stream
from tensor.data.unknown import is_unknown, unknown_in
from tensor.ops.array import cast_
from tensor.ops.random.stateless import key_and_counter
from tensor.ops.random.trials import multinomial

if TYPE_CHECKING:
    from collections.abc import Callable

    from tensor.data.elements import Components


@source
def random_(
    seed: Any = None,
    rerandomize_each_iteration: bool | None = None,
    name: str | None = None,
) -> Dataset:
    """Create an infinite dataset of random int64 numbers below 2**32."""
    return Random(seed_pair(seed), bool(rerandomize_each_iteration))


class Random(Dataset):
    """Random numbers without end."""

    def __init__(self, seeds: tuple[int, int], changes: bool) -> None:
        super().__init__(TensorSpec.of((), dtypes.int64))
        self.seeds = EpochSeeds(seeds, changes)

    def open(self) -> Stream:
        return RandomStream(RandomNumbers(*self.seeds.next()))

    def count(self) -> int:
        return INFINITE


class RandomStream(Stream):
    """Random numbers one after another."""

    def __init__(self, numbers: RandomNumbers) -> None:
        self.numbers = numbers

    def __next__(self) -> Components:
        return (np.int64(self.numbers.next()),)

    def save(self) -> State:
        numbers = self.numbers
        return {"numbers": [numbers.seed, numbers.seed2, numbers.position]}

    def restore(self, state: State) -> None:
        seed, seed2, position = state["numbers"]
        self.numbers = RandomNumbers(seed, seed2)
        self.numbers.position = position


@source
def sample_from_datasets(
    datasets: Any,
    weights: Any = None,
    seed: Any = None,
    stop_on_empty_dataset: bool = False,
    rerandomize_each_iteration: bool | None = None,
) -> Dataset:
    """Take each element from one of several datasets, chosen at random.

    Args:
        datasets: The datasets, with elements of one structure.
        weights: The probability of each; equal by default. A dataset of weights, one
            vector for each element, is allowed too.
        seed: The seed of the choice.
        stop_on_empty_dataset: Whether to end with the first dataset that ends; by
            default it is left out from then on.
        rerandomize_each_iteration: Whether each pass chooses anew.

    Raises:
        ValueError: There is no dataset, or not one weight for each.
    """
    datasets = list(datasets)
    if not datasets:
        raise ValueError("Invalid `datasets`. `datasets` should not be empty.")
    if isinstance(weights, Dataset):
        numbers = weights
    elif is_unknown(weights):
        shares = cast_(weights, dtypes.float64)
        numbers = Dataset.from_tensors(shares).repeat()  # type: ignore[attr-defined]
    else:
        shares = _checked_shares(weights, len(datasets))
        # A dataset that is never chosen must not be waited for.
        chosen = [i for i, share in enumerate(shares) if share > 0]
        if not chosen:
            return datasets[0].take(0)  # type: ignore[no-any-return]  # a `method`
        datasets, shares = [datasets[i] for i in chosen], shares[chosen]
        if len(datasets) == 1:
            return datasets[0]  # type: ignore[no-any-return]  # the user's list
        numbers = Dataset.from_tensors(shares.astype(np.float64)).repeat()  # type: ignore[attr-defined]
    choice = Choice(numbers, seed_pair(seed), bool(rerandomize_each_iteration))
    return Directed(choice, datasets, stop_on_empty_dataset)


def _checked_shares(weights: Any, count: int) -> np.ndarray:
    """Return the weights of datasets as an array, equal ones if none are given.

    Raises:
        TypeError: They are no floating point numbers.
        ValueError: There is not one for each dataset.
    """
    if weights is None:
        return np.ones(count)
    given = convert(weights)
    if given.dtype not in (dtypes.float32, dtypes.float64):
        raise TypeError(
            "Invalid `weights`. `weights` type must be either `tf.float32` or "
            f"`tf.float64` but is {given.dtype!r}."
        )
    shares: np.ndarray = np.asarray(given)
    if shares.shape != (count,):
        raise ValueError(
            "Invalid `weights`. `weights` should have the same length as `datasets` "
            f"but got `len(weights)={shares.size}` vs. `len(datasets)={count}`."
        )
    return shares


@source
def choose_from_datasets(
    datasets: Any, choice_dataset: Any, stop_on_empty_dataset: bool = True
) -> Dataset:
    """Take each element from the dataset whose number `choice_dataset` gives.

    Raises:
        TypeError: `choice_dataset` does not consist of int64 scalars.
        ValueError: There is no dataset.
    """
    datasets = list(datasets)
    if not datasets:
        raise ValueError("Invalid `datasets`. `datasets` should not be empty.")
    if not isinstance(choice_dataset, Dataset):
        raise TypeError(
            f"Invalid `choice_dataset`. `choice_dataset` should be a `tf.data.Dataset` "
            f"but is {type(choice_dataset)}."
        )
    spec = TensorSpec.of((), dtypes.int64)
    if choice_dataset.element_spec != spec:
        raise TypeError(
            "Invalid `choice_dataset`. Elements of `choice_dataset` must be scalar "
            f"`tf.int64` tensors but are {choice_dataset.element_spec!r}."
        )
    return Directed(choice_dataset, datasets, stop_on_empty_dataset)


class Choice(Derived):
    """Random indices, by the weights that another dataset gives."""

    def __init__(self, source: Dataset, seeds: tuple[int, int], changes: bool) -> None:
        super().__init__(source, TensorSpec.of((), dtypes.int64))
        self.seeds = EpochSeeds(seeds, changes)

    def open(self) -> Stream:
        return ChoiceStream(self.source.open(), RandomNumbers(*self.seeds.next()))


class ChoiceStream(DerivedStream):
    """Random indices, one for each vector of weights: TensorFlow's for equal seeds."""

    def __init__(self, source: Stream, numbers: RandomNumbers) -> None:
        super().__init__(source)
        self.numbers = numbers

    def __next__(self) -> Components:
        with np.errstate(divide="ignore"):
            logits = np.log(next(self.source)[0])
        seed = np.array([self.numbers.next(), self.numbers.next()], np.int64)
        source = key_and_counter(seed)
        drawn = multinomial(logits[None], *source, count=1, dtype=dtypes.int64)
        return (drawn[0, 0],)

    def save(self) -> State:
        return {"source": self.source.save(), "position": self.numbers.position}

    def restore(self, state: State) -> None:
        super().restore(state)
        self.numbers.position = state["position"]


class Directed(Dataset, printed_as="_DirectedInterleaveDataset"):
    """Elements of several datasets, in the order that a dataset of indices gives."""

    def __init__(self, choice: Dataset, datasets: list[Dataset], stops: bool) -> None:
        spec = datasets[0].element_spec
        for i, dataset in enumerate(datasets[1:], 1):
            try:
                spec = common_spec(spec, dataset.element_spec)
            except TypeError:
                raise TypeError(
                    "Invalid `datasets`. `datasets` must have compatible element "
                    f"specs.\n Dataset 0 element_spec={datasets[0].element_spec!r}.\n "
                    f"Dataset {i} element_spec={dataset.element_spec!r}."
                ) from None
        super().__init__(spec, (choice, *datasets))
        self.stops = stops

    def open(self) -> Stream:
        return DirectedStream([d.open() for d in self.inputs], self.stops)

    def count(self) -> int:
        sizes = [d.count() for d in self.inputs[1:]]
        return INFINITE if INFINITE in sizes else UNKNOWN


class DirectedStream(Stream):
    """Elements of several streams, as the first of them directs."""

    def __init__(self, streams: list[Stream], stops: bool) -> None:
        self.choice, *self.sources = streams
        self.stops = stops
        self.has_ended = [False] * len(self.sources)

    def __next__(self) -> Components:
        while not all(self.has_ended):
            index = int(next(self.choice)[0])
            if not 0 <= index < len(self.sources):
                raise errors.because(
                    errors.InvalidArgumentError,
                    f"Selector index out of range: {index} >= {len(self.sources)} "
                    "[Op:DirectedInterleaveDataset]",
                )
            if self.has_ended[index]:
                continue
            try:
                return next(self.sources[index])
            except StopIteration:
                self.has_ended[index] = True
                if self.stops:
                    self.has_ended = [True] * len(self.sources)
        raise StopIteration

    def save(self) -> State:
        return {
            "choice": self.choice.save(),
            "sources": [s.save() for s in self.sources],
            "has_ended": list(self.has_ended),
        }

    def restore(self, state: State) -> None:
        self.choice.restore(state["choice"])
        for stream, saved in zip(self.sources, state["sources"], strict=True):
            stream.restore(saved)
        self.has_ended = list(state["has_ended"])

    def close(self) -> None:
        for stream in (self.choice, *self.sources):
            stream.close()


@method
def rejection_resample(
    self: Dataset,
    class_func: Callable[..., Any],
    target_dist: Any,
    initial_dist: Any = None,
    seed: Any = None,
    name: str | None = None,
) -> Dataset:
    """Leave out elements at random so that classes come as often as `target_dist` says.

    Args:
        self: The dataset.
        class_func: Gives the class of an element, an int32.
        target_dist: The wanted share of each class.
        initial_dist: The share that each class has; estimated on the way by default.
        seed: The seed of the choice.
        name: Accepted for compatibility.

    Returns:
        A dataset of pairs of a class and an element.
    """
    classes = ElementFunction(class_func, self.element_spec, what="class_func")
    return Resampled(self, classes, target_dist, initial_dist, seed_pair(seed))


class Resampled(Derived, printed_as="_DirectedInterleaveDataset"):
    """Elements of which some are left out to balance classes."""

    def __init__(
        self,
        source: Dataset,
        classes: ElementFunction,
        target: Any,
        initial: Any,
        seeds: tuple[int, int],
    ) -> None:
        super().__init__(source, (classes.output_spec, source.element_spec))
        self.classes = classes
        if not unknown_in((target, initial)):
            self.target = np.asarray(target, np.float64)
            self.initial = initial if initial is None else np.asarray(initial, float)
        self.seeds = seeds

    def open(self) -> Stream:
        return ResampledStream(self.source.open(), self)

    def count(self) -> int:
        return UNKNOWN


class ResampledStream(DerivedStream):
    """Keeps an element with a probability that depends on its class.

    With p the classes' shares and t the wanted ones, class i is kept with t_i / p_i,
    scaled so that the largest is 1. Counts of what came so far stand for p when it is
    not given; they start at one, so that no class is ruled out.
    """

    def __init__(self, source: Stream, dataset: Resampled) -> None:
        super().__init__(source)
        self.dataset = dataset
        self.numbers = RandomNumbers(*dataset.seeds)
        self.counts = np.ones(len(dataset.target))

    def __next__(self) -> Components:
        target = self.dataset.target
        for element in self.source:
            label = self.dataset.classes(element)[0]
            self.counts[int(label)] += 1
            shares = self.dataset.initial
            if shares is None:
                shares = self.counts / self.counts.sum()
            with np.errstate(divide="ignore", invalid="ignore"):
                ratio = np.where(target > 0, target / shares, 0.0)
            accepted = ratio[int(label)] / ratio[np.isfinite(ratio)].max(initial=0.0)
            if self.numbers.next() / 2**32 < accepted:
                return (label, *element)
        raise StopIteration

    def save(self) -> State:
        return {
            "source": self.source.save(),
            "position": self.numbers.position,
            "counts": self.counts.copy(),
        }

    def restore(self, state: State) -> None:
        super().restore(state)
        self.numbers.position = state["position"]
        self.counts = state["counts"].copy()
