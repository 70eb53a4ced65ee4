"""AutoGraph: Python's control flow on tensors made part of the graph.

A function is converted from its syntax tree: control flow becomes calls of operators,
which look at the values and either do what Python does or add nodes to the graph. It is
our own, on the standard library's `ast`: what is left of a general converter when it
supports one Python at a time and keeps the user's line numbers is a few hundred lines.

    source        the syntax tree of a function
    jumps         break, continue and early return as conditions
    expressions   calls, and/or/not, comparisons, ternaries, assert
    names         which names are assigned, read, and read later
    statements    if, while and for as calls with inner functions
    convert       all of these in order; the new function
    operators     what converted code calls, under the name `ag__`
    calls         which functions are converted when converted code calls them
    builtins      Python's built-in functions on tensors and datasets
    told          errors of the user's code, with the user's lines
"""

from tensor.graph.autograph.api import (
    autographed as autographed,
    converted_call as converted_call,
    do_not_convert as do_not_convert,
    to_code as to_code,
    to_graph as to_graph,
)
