"""Schedule collectives: start them as early, wait for them as late, as can be.

Ranks match their collectives by order, so that order is the program's own, on every
rank. Between them the pass is free. An op of kind "collective" that has `start` becomes
two nodes: one that starts it, right behind whatever makes its inputs, and one that
waits for it. Nodes are then sorted by how many waits they depend on: while a collective
is under way everything runs that does not need it, and what needs the first runs before
what needs the second::

    g2 = …; g1 = …; s2 = reduce(g2); s1 = reduce(g1); v1 -= s1; v2 -= s2; loss = …

becomes ::

    g2 = …; start(g2); g1 = …; start(g1); loss = …; wait(2); wait(1); v1 -= …; v2 -= …

Nodes with effects keep their order: among those that touch the same variable, and among
those that touch anything else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tensor.core.dtypes import variant
from tensor.core.registry import NON_DIFFERENTIABLE, Op
from tensor.core.tensor_spec import TensorSpec
from tensor.graph.passes.forward_writes import may_touch_anything
from tensor.graph.passes.rewriting import Rewriter, inside_too
from tensor.graph.program import Node, Program, Value

if TYPE_CHECKING:
    from collections.abc import Hashable

# What effects are ordered by, besides variables.
_COLLECTIVES = "collectives"
_REST_OF_THE_WORLD = "world"


class Start(Op):
    """The beginning of a collective: its result is the receipt to wait with."""

    kind = "collective"
    gradient: Any = NON_DIFFERENTIABLE

    def __init__(self, collective: Any) -> None:
        super().__init__()
        self.type_name = f"{collective.type_name}Start"
        self.kernel = collective.start
        self.input_memory = collective.input_memory

    def infer(self, *inputs: TensorSpec, **attrs: Any) -> TensorSpec:
        return TensorSpec.of(None, variant)


class Wait(Op):
    """The end of a collective: its results, from the receipt."""

    kind = "collective"
    gradient: Any = NON_DIFFERENTIABLE

    def __init__(self, collective: Any, several: bool) -> None:
        super().__init__()
        self.type_name = f"{collective.type_name}Wait"
        self.kernel = collective.finish
        self.lends = collective.lends
        self._several = several

    def infer(self, receipt: TensorSpec, specs: tuple[TensorSpec, ...]) -> Any:
        return specs if self._several else specs[0]


@inside_too
def schedule_collectives(program: Program) -> Program:
    """Return the program with its collectives under way while it computes."""
    if not any(_can_be_split(node) for node in program.nodes):
        return program
    split = _split(program)
    schedule = _Schedule()
    for position, node in enumerate(split.nodes):
        schedule.add(position, node)
    return Program(split.inputs, schedule.nodes(), split.outputs, split.name)


def _can_be_split(node: Node) -> bool:
    return node.op.kind == "collective" and hasattr(node.op, "start")


def _split(program: Program) -> Program:
    """Return the program with two nodes for each collective that has a start."""
    rewriter = Rewriter(program)
    for node in program.nodes:
        kept = rewriter.keep(node)
        if not _can_be_split(node):
            continue
        rewriter.nodes.pop()
        start = Node(Start(node.op), kept.inputs, kept.attrs, kept.parameters)
        start.name, start.source = node.name, node.source
        start.outputs = (Value(None, variant, f"{node.name}/started", start),)
        specs = tuple([v.spec for v in node.outputs])
        wait = kept.rebuilt(start.outputs, {}, {"specs": specs})
        wait.op = Wait(node.op, node.several)
        rewriter.nodes += [start, wait]
        for value, awaited in zip(node.outputs, wait.outputs, strict=True):
            rewriter.replace(value, awaited)
    return rewriter.finish()


class _Schedule:
    """Gives each node its place: the number of waits before it, then the position.

    What starts has the position of the node that it stands behind, and a third number.
    """

    def __init__(self) -> None:
        self._placed: list[tuple[tuple[int, ...], Node]] = []
        # Where the node that makes a value stands: level and position.
        self._made: dict[Value, tuple[int, int]] = {}
        # The level of the last effect of each sort, and of the last on anything.
        self._last_effect: dict[Hashable, int] = {}
        self._last_of_all = 0
        # Where the last collective stands, which the next may not overtake, and where
        # those that share memory with it were waited for.
        self._collectives = -1
        self._lent: dict[int, int] = {}

    def add(self, position: int, node: Node) -> None:
        """Place a node, behind all that it depends on."""
        touched = _touched(node)
        sources = [self._made[v] for v in node.values_in() if v in self._made]
        level = max([self._level_after(touched), *[level for level, _ in sources]])
        behind = 0
        if type(node.op) is Wait:
            level += 1
            self._lent[_memory(node)] = position
        elif type(node.op) is Start:
            behind = position
            free = self._lent.get(_memory(node), -1)
            position = max([self._collectives, free, *[made for _, made in sources]])
        if touched is None or _COLLECTIVES in touched:
            self._collectives = position
        self._note_effect(touched, level)
        self._placed.append(((level, position, behind), node))
        self._made.update((value, (level, position)) for value in node.outputs)

    def nodes(self) -> tuple[Node, ...]:
        """Return the nodes in their new order."""
        return tuple([node for _, node in sorted(self._placed, key=lambda p: p[0])])

    def _level_after(self, touched: set[Hashable] | None) -> int:
        """Return the level of the last effects that must come before such ones."""
        if touched is None:
            return max([self._last_of_all, *self._last_effect.values()])
        levels = [self._last_effect.get(key, self._last_of_all) for key in touched]
        return max(levels, default=0)

    def _note_effect(self, touched: set[Hashable] | None, level: int) -> None:
        if touched is None:
            self._last_effect.clear()
            self._last_of_all = level
        else:
            self._last_effect.update(dict.fromkeys(touched, level))


def _touched(node: Node) -> set[Hashable] | None:
    """Return what a node may change or watch; None stands for anything."""
    if type(node.op) is Wait:
        return {Wait, _memory(node)}
    touched: set[Hashable] = set()
    for inner in [node, *[n for p in node.programs() for n in p.all_nodes()]]:
        if may_touch_anything(inner):
            return None
        if "variable" in inner.attrs:
            touched.add(id(inner.attrs["variable"]))
        elif inner.op.kind == "collective":
            touched.update((_COLLECTIVES, _memory(inner)))
        elif inner.has_effects:
            touched.add(_REST_OF_THE_WORLD)
    return touched


def _memory(node: Node) -> int:
    """Return what stands for the memory that a collective works in, if it keeps any."""
    if type(node.op) is Wait:
        node = node.inputs[0].node
    return id(node.attrs.get("memory", node))
