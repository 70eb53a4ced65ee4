"""Names that strategies had in TensorFlow 1 and early 2, for scripts that use them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from strategies.extended import StrategyExtended


class OldNames:
    """The part of a strategy that only old scripts need."""

    extended: StrategyExtended

    def experimental_run_v2(self, fn: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Run `fn` on each replica; the name of `run` in TF 2.0 and 2.1."""
        return self.run(fn, args=args, kwargs=kwargs)  # type: ignore[attr-defined]

    def experimental_run(self, fn: Any, input_iterator: Any = None) -> Any:
        """Run `fn` on each replica with its part of the next element, if any."""
        args = () if input_iterator is None else (next(input_iterator),)
        return self.run(fn, args=args)  # type: ignore[attr-defined]

    def make_dataset_iterator(self, dataset: Any) -> Any:
        """Return an iterator over a dataset split over the replicas."""
        return iter(self.experimental_distribute_dataset(dataset))  # type: ignore[attr-defined]

    def make_input_fn_iterator(
        self, input_fn: Any, replication_mode: Any = None
    ) -> Any:
        """Return an iterator over what each process makes for itself."""
        return iter(self.distribute_datasets_from_function(input_fn))  # type: ignore[attr-defined]

    def experimental_make_numpy_dataset(
        self, numpy_input: Any, session: Any = None
    ) -> Any:
        """Return a dataset of the rows of arrays."""
        from tensor.data.dataset import Dataset

        datasets: Any = Dataset
        return datasets.from_tensor_slices(numpy_input)

    def configure(self, *args: Any, **kwargs: Any) -> None:
        """Accept what sessions were configured by."""

    def update_config_proto(self, config_proto: Any) -> Any:
        """Return a session's configuration as it is."""
        return config_proto

    def colocate_vars_with(self, colocate_with_variable: Any) -> Any:
        """Return a context without effect: all variables live on the CPU."""
        return self.extended.colocate_vars_with(colocate_with_variable)
