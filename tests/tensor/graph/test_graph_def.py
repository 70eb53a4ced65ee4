"""Graphs written down, and tensors of unknown rank as text."""

import pytest

import tensor as tf

v1 = tf.compat.v1


@tf.function
def double(a):
    return a + a


@tf.function
def plus_one(a):
    return tf.nn.relu(a + 1.0), a


def test_a_functions_graph_names_what_each_node_reads_as_in_the_guide():
    graph = double.get_concrete_function(tf.constant("a")).graph
    nodes = graph.as_graph_def().node
    found = [f"{node.input} -> {node.name}" for node in nodes]
    assert found == ["[] -> a", "['a', 'a'] -> add", "['add'] -> Identity"]
    assert [node.op for node in nodes] == ["Placeholder", "AddV2", "Identity"]
    assert str(graph.as_graph_def()).startswith(
        'node {\n  name: "a"\n  op: "Placeholder"\n}\n'
    )


def test_numbers_are_constants_and_several_results_are_numbered():
    graph = plus_one.get_concrete_function(tf.TensorSpec([])).graph
    found = [(n.name, n.op, n.input) for n in graph.as_graph_def().node]
    assert found == [
        ("a", "Placeholder", []),
        ("add/y", "Const", []),
        ("add", "AddV2", ["a", "add/y"]),
        ("Relu", "Relu", ["add"]),
        ("Identity", "Identity", ["Relu"]),
        ("Identity_1", "Identity", ["a"]),
    ]


def test_a_graph_of_tf1_has_no_results():
    with tf.Graph().as_default() as graph:
        x = v1.placeholder(tf.float32, [4], name="x")
        tf.identity(tf.split(x, 2)[1], name="out")
    last = graph.as_graph_def().node[-1]
    assert (last.name, last.input) == ("out", ["split:1"])


def test_a_tensor_of_unknown_rank_shows_no_shape():
    texts = []
    tf.function(lambda x: texts.append(str(x))).get_concrete_function(
        tf.TensorSpec(None, tf.float32)
    )
    assert texts == ['Tensor("x:0", dtype=float32)']


def test_sessions_take_names():
    with tf.Graph().as_default(), v1.Session() as session:
        x = v1.placeholder(tf.float32, name="x")
        y = tf.identity(x * 2.0, name="y")
        assert session.run("y:0", {"x:0": 3.0}) == 6.0
        assert session.run("y", {x: 3.0}) is None
        assert session.run(y, {"x:0": 1.0}) == 2.0
        with pytest.raises(ValueError, match="cannot be interpreted as a Tensor"):
            session.run("nothing:0")
        with pytest.raises(TypeError, match='has invalid type "int" must be a string'):
            session.run(5)


def test_casts_have_one_name():
    f = tf.function(lambda x: (tf.cast(x, tf.int32), tf.cast(x, tf.float64)))
    operations = f.get_concrete_function(tf.TensorSpec([])).graph.get_operations()
    assert [(o.name, o.type) for o in operations[1:3]] == [
        ("Cast", "Cast"),
        ("Cast_1", "Cast"),
    ]


def test_what_holds_elements_lists_its_operations():
    from tensor.graph.graph_elements import GraphElements

    with pytest.raises(NotImplementedError, match="GraphElements must define"):
        GraphElements().get_operations()


def test_functions_do_not_look_at_control_inputs():
    def f():
        with tf.control_dependencies([5, tf.constant(1)]):
            return tf.tuple([1, tf.constant(2.0)])

    assert [t.numpy() for t in tf.function(f)()] == [1, 2]
