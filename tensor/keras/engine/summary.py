"""The table that `model.summary()` prints, in Keras's own form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

# After these a cell breaks its line.
_BREAKS = ("),", "},", "],", "',")


class SummaryTable:
    """Prints rows in columns, cells wrapped; nested rows between bars."""

    def __init__(self, positions: list[int], width: int, write: Callable[[str], Any]):
        """Take where the columns end, the width, and where lines go."""
        self.positions = positions
        self.width = width
        self.write = write

    def row(self, cells: list[Any], level: int = 0) -> None:
        """Print a row, as many lines as its cells need."""
        left = [str(c) for c in cells]
        while any(left):
            line = ""
            for column, text in enumerate(left):
                shown = self._fitting(text, column, level)
                left[column] = text[len(shown) :]
                line = self._placed(line, shown, column, level)
            self.write(line + "|" * level)

    def _fitting(self, text: str, column: int, level: int) -> str:
        start = self.positions[column - 1] if column else 0
        room = self.positions[column] - start
        if column != len(self.positions) - 1:
            room -= 3  # a gap before the next column
        if column == 0:
            room -= level
        shown = text[:room]
        ends = [shown.find(b) + len(b) for b in _BREAKS if b in shown]
        return shown[: min(ends)] if ends else shown

    def _placed(self, line: str, shown: str, column: int, level: int) -> str:
        is_last = column == len(self.positions) - 1
        if column == 0:
            line += "|" * level + " "
        line += shown + ("" if is_last else "  ")
        end = self.positions[column] - (level if level and is_last else 0)
        return line + " " * (end - len(line))

    def rule(self, character: str) -> None:
        """Print a line across the table."""
        self.write(character * self.width)

    def frame(self, character: str, level: int) -> None:
        """Print a line inside the bars of a nesting level."""
        bars = "|" * level
        self.write(bars + character * (self.width - 2 * level) + bars)


def print_summary(
    model: Any,
    line_length: int | None = None,
    positions: Any = None,
    print_fn: Any = None,
    expand_nested: bool = False,
    show_trainable: bool = False,
    layer_range: Any = None,
) -> None:
    """Print a model's layers, their output shapes and numbers of weights."""
    is_chain = _is_chain(model)
    width = line_length or (65 if is_chain else 98)
    ends = positions or ([0.45, 0.85, 1.0] if is_chain else [0.3, 0.6, 0.70, 1.0])
    if ends[-1] <= 1:
        ends = [int(width * p) for p in ends]
    ends = list(ends)
    titles = ["Layer (type)", "Output Shape", "Param #"]
    if not is_chain:
        titles.append("Connected to")
    if show_trainable:
        width += 11
        ends.append(width)
        titles.append("Trainable")
    first, last = _range(model, layer_range)
    write = print_fn or _print
    table = SummaryTable(ends, width, write)
    write(f'Model: "{model.name}"')
    table.rule("_")
    table.row(titles)
    table.rule("=")
    used = None if is_chain else {id(n) for n in model._layer_graph.nodes}
    for layer in model.layers[first:last]:
        _print_layer(table, layer, used, expand_nested, show_trainable)
    table.rule("=")
    trainable = _unique(model.trainable_weights)
    frozen = _unique(model.non_trainable_weights)
    write(f"Total params: {_size(trainable + frozen)}")
    write(f"Trainable params: {_size(trainable)}")
    write(f"Non-trainable params: {_size(frozen)}")
    table.rule("_")


def _print_layer(
    table: SummaryTable,
    layer: Any,
    used: set[int] | None,
    expand_nested: bool,
    show_trainable: bool,
    level: int = 0,
    is_last: bool = False,
) -> None:
    try:
        shape = layer.output_shape
    except AttributeError:
        shape = "multiple"
    graph = getattr(layer, "_layer_graph", None)
    count = layer.count_params() if layer.built or graph else "0 (unused)"
    cells = [f"{layer.name} ({type(layer).__name__})", shape, count]
    if used is not None:
        cells.append(_connections(layer, used))
    if show_trainable:
        cells.append("Y" if layer.trainable else "N")
    table.row(cells, level)
    inner = getattr(layer, "layers", None) if expand_nested else None
    if inner:
        table.frame("¯", level + 1)
        for i, child in enumerate(inner):
            _print_layer(
                table,
                child,
                used,
                expand_nested,
                show_trainable,
                level + 1,
                i == len(inner) - 1,
            )
        table.frame("¯", level)
    if not is_last and not inner:
        table.frame(" ", level)


def _connections(layer: Any, used: set[int]) -> list[str]:
    """Return where a layer's inputs come from: name[call][result]."""
    found = []
    for node in layer._inbound_nodes:
        if used and id(node) not in used:
            continue
        for x in node.inputs:
            origin, node_index, tensor_index = x._keras_history
            found.append(f"{origin.name}[{node_index}][{tensor_index}]")
    return found


def _is_chain(model: Any) -> bool:
    """Return whether each layer takes only what the one before returns."""
    graph = model._layer_graph
    if type(model).__name__ == "Sequential" or graph is None:
        return True
    depths = graph.node_depths
    at_depth: dict[int, int] = {}
    for node in graph.nodes:
        depth = depths[id(node)]
        at_depth[depth] = at_depth.get(depth, 0) + 1
        if at_depth[depth] > 1 or len(node.inputs) > 1:
            return False
    used = {id(n) for n in graph.nodes}
    return all(
        sum(id(n) in used for n in layer._inbound_nodes) <= 1 for layer in graph.layers
    )


def _range(model: Any, layer_range: Any) -> tuple[int, int]:
    """Return the first and one past the last layer to show.

    Raises:
        ValueError: Not two names are given, or there are no such layers.
    """
    if layer_range is None:
        return 0, len(model.layers)
    if len(layer_range) != 2:
        raise ValueError(
            "layer_range must be a list or tuple of length 2. Received: layer_range = "
            f"{layer_range} of length {len(layer_range)}"
        )
    import re

    names = [layer.name for layer in model.layers]
    found = [
        [i for i, name in enumerate(names) if re.match(pattern, name)]
        for pattern in layer_range
    ]
    if not all(found):
        raise ValueError(
            "Passed layer_names do not match the layer names in the model. Received: "
            f"{layer_range}. There are {names}."
        )
    return min(found[0]), max(found[1]) + 1


def _unique(variables: list[Any]) -> list[Any]:
    return list({id(v): v for v in variables}.values())


def _size(variables: list[Any]) -> str:
    """Return the number of elements, and the memory they take."""
    counts = [int(np.prod(v.shape.as_list())) for v in variables]
    size: float = sum(n * v.dtype.size for n, v in zip(counts, variables, strict=True))
    units = ("Byte", "KB", "MB", "GB", "TB", "PB")
    unit = 0
    while size >= 1024 and unit < len(units) - 1:
        size /= 1024
        unit += 1
    return f"{sum(counts)} ({size:.2f} {units[unit]})"


def _print(text: str) -> None:
    import sys

    sys.stdout.write(text + "\n")
