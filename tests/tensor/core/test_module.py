"""tf.Module: what it finds in its attributes, names and scopes."""

from __future__ import annotations

import collections
from typing import Any

import pytest

import tensor as tf


class Leaf(tf.Module):
    def __init__(self, name: str | None = None, trainable: bool = True) -> None:
        super().__init__(name=name)
        self.w = tf.Variable(1.0, name="w", trainable=trainable)


def test_a_name_is_made_from_the_class_in_snake_case() -> None:
    class VGGBlock2D(tf.Module):
        pass

    assert VGGBlock2D().name == "vgg_block2_d"
    assert Leaf().name == "leaf"
    assert Leaf(name="given").name == "given"


@pytest.mark.parametrize("name", ["1st", "a-b", "a/b", ""])
def test_a_name_that_is_no_identifier_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="is not a valid module name"):
        tf.Module(name=name)


def test_variables_come_by_attribute_name_and_own_ones_first() -> None:
    class Tree(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self.z = tf.Variable(0.0, name="z")
            self.a = Leaf()
            self.m = [tf.Variable(0.0, name="m0"), {"k": tf.Variable(0, name="mk")}]

    tree = Tree()
    assert [v.name for v in tree.variables] == ["m0:0", "mk:0", "z:0", "w:0"]
    assert tree.submodules == (tree.a,)


def test_shared_and_cyclic_modules_are_found_once() -> None:
    parent, child = tf.Module(), Leaf()
    parent.children, parent.again = [child], child  # type: ignore[attr-defined]
    child.parent = parent  # type: ignore[attr-defined]
    assert parent.submodules == (child,)
    assert parent.variables == (child.w,)
    assert child.submodules == (parent,)


def test_trainable_and_other_variables_are_told_apart() -> None:
    module = tf.Module()
    module.a, module.b = Leaf(), Leaf(trainable=False)  # type: ignore[attr-defined]
    assert module.trainable_variables == (module.a.w,)  # type: ignore[attr-defined]
    assert module.non_trainable_variables == (module.b.w,)  # type: ignore[attr-defined]


def test_paths_name_the_way_to_each_value() -> None:
    point = collections.namedtuple("point", "x y")
    module = tf.Module()
    v = tf.Variable(1.0)
    module.p = point(v, [v])  # type: ignore[attr-defined]
    module.d = {"b": Leaf()}  # type: ignore[attr-defined]
    found = module._flatten(
        predicate=lambda x: isinstance(x, tf.Variable), with_path=True
    )
    assert [path for path, _ in found] == [
        ("p", "x"),
        ("p", "y", 0),
        ("d", "b", "w"),
    ]


def test_ignored_properties_are_not_searched() -> None:
    class Secretive(tf.Module):
        _TF_MODULE_IGNORED_PROPERTIES = frozenset(
            ("hidden", *tf.Module._TF_MODULE_IGNORED_PROPERTIES)
        )

        def __init__(self) -> None:
            super().__init__()
            self.hidden, self.shown = tf.Variable(1.0), tf.Variable(2.0)

    module = Secretive()
    assert module.variables == (module.shown,)


def test_a_structure_that_cannot_be_walked_is_named() -> None:
    module = tf.Module()
    module.odd = {1: 0, "a": 1}  # type: ignore[attr-defined]
    with pytest.raises(ValueError, match="Error processing property 'odd'"):
        _ = module.variables


def test_scopes_nest_and_can_be_opened_again() -> None:
    with tf.name_scope("outer"):
        module = Leaf(name="inner")
    assert module.w.name == "outer/w:0"
    assert module.name_scope.name == "outer/inner/"
    with tf.name_scope("elsewhere"), module.name_scope as scope:
        assert scope == "outer/inner/"
        assert tf.Variable(0).name == "outer/inner/Variable:0"
    with tf.name_scope("a") as a, tf.name_scope("b") as b:
        assert (a, b) == ("a/", "a/b/")
        with tf.name_scope("") as root:
            assert root == ""
    assert tf.Variable(0).name == "Variable:0"


def test_with_name_scope_runs_a_method_inside_the_scope() -> None:
    class Named(tf.Module):
        @tf.Module.with_name_scope
        def make(self) -> Any:
            return tf.Variable(1.0, name="v")

    assert Named(name="n").make().name == "n/v:0"


def test_a_scope_closes_when_its_block_raises() -> None:
    with pytest.raises(KeyError), tf.name_scope("a"):
        raise KeyError
    assert tf.Variable(0, name="v").name == "v:0"


def test_a_scope_must_have_a_string_for_a_name() -> None:
    with pytest.raises(ValueError, match="must be a string"):
        tf.name_scope(None)
