"""The executor: programs become straight-line Python over NumPy.

codegen     a program's source text, statement by statement
compiled    the text as a function, its errors told in the user's terms
"""

from tensor.graph.executor import groups as groups
from tensor.graph.executor.compiled import (
    CompiledProgram as CompiledProgram,
    compile_program as compile_program,
)
