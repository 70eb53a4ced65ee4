"""The exceptions of `tf.errors`: TF's names, and the builtin each stands for.

Every class carries TensorFlow's status code and also inherits the builtin that a
Python programmer would catch, so `except ValueError` and
`except tf.errors.InvalidArgumentError` both work.
"""

from __future__ import annotations

from typing import Any

# Status codes as in TensorFlow's public `tf.errors` documentation.
OK = 0
CANCELLED = 1
UNKNOWN = 2
INVALID_ARGUMENT = 3
DEADLINE_EXCEEDED = 4
NOT_FOUND = 5
ALREADY_EXISTS = 6
PERMISSION_DENIED = 7
RESOURCE_EXHAUSTED = 8
FAILED_PRECONDITION = 9
ABORTED = 10
OUT_OF_RANGE = 11
UNIMPLEMENTED = 12
INTERNAL = 13
UNAVAILABLE = 14
DATA_LOSS = 15
UNAUTHENTICATED = 16


class OpError(Exception):
    """An op could not do its work; the root of `tf.errors`.

    Attributes:
        node_def: The graph node that failed, or None in eager execution.
        op: The op that failed, or None when it is not known.
        message: What was wrong, what was expected, and what to do.
        error_code: TensorFlow's status code for this class of error.
    """

    error_code = UNKNOWN

    def __init__(self, node_def: Any, op: Any, message: str, *details: Any) -> None:
        super().__init__(node_def, op, message, *details)
        self.node_def = node_def
        self.op = op
        self.message = message
        self.experimental_payloads = details[-1] if details else {}

    def __str__(self) -> str:
        return self.message

    def __reduce__(self) -> tuple[Any, ...]:
        # Nodes and ops stay behind: an exception that crosses a process carries
        # its text.
        return type(self), (None, None, self.message)


def because(cls: type[OpError], message: str) -> OpError:
    """Build a `cls` that carries only a message, as eager ops raise."""
    return cls(None, None, message)


def invalid(op_type: str, text: str) -> InvalidArgumentError:
    """Build the error of an op that was given a value, shape or dtype it cannot take.

    Args:
        op_type: The op type's name; the message ends with it, as TensorFlow's do.
        text: What was wrong.
    """
    return InvalidArgumentError(None, None, f"{text} [Op:{op_type}]")


class CancelledError(OpError):
    """The work was cancelled before it ended."""

    error_code = CANCELLED


class UnknownError(OpError):
    """Something failed for a reason that fits no other class."""

    error_code = UNKNOWN


class InvalidArgumentError(OpError, ValueError):
    """An op was given a value, shape or dtype that it cannot take.

    The usual cause is mixing dtypes: `tf.constant(1) + tf.constant(1.0)`. Nothing is
    converted implicitly; write `tf.cast(x, tf.float32)`.
    """

    error_code = INVALID_ARGUMENT


class DeadlineExceededError(OpError, TimeoutError):
    """Work did not end before its deadline."""

    error_code = DEADLINE_EXCEEDED


class NotFoundError(OpError, LookupError):
    """A file, key or entity that was asked for does not exist."""

    error_code = NOT_FOUND


class AlreadyExistsError(OpError):
    """Something that was to be created exists already."""

    error_code = ALREADY_EXISTS


class PermissionDeniedError(OpError):
    """The caller may not do this."""

    error_code = PERMISSION_DENIED


class ResourceExhaustedError(OpError, MemoryError):
    """Memory, disk or another resource ran out."""

    error_code = RESOURCE_EXHAUSTED


class FailedPreconditionError(OpError, RuntimeError):
    """The system is not in a state in which this can be done."""

    error_code = FAILED_PRECONDITION


class AbortedError(OpError):
    """The work was stopped, typically by a conflict with concurrent work."""

    error_code = ABORTED


class OutOfRangeError(OpError, IndexError):
    """An iterator went past its end, or an index past its range."""

    error_code = OUT_OF_RANGE


class UnimplementedError(OpError, NotImplementedError):
    """The op exists, but not for this case."""

    error_code = UNIMPLEMENTED


class InternalError(OpError, RuntimeError):
    """An invariant of ringflow itself was broken; please report it."""

    error_code = INTERNAL


class UnavailableError(OpError, ConnectionError):
    """A service, such as a parameter server, cannot be reached now."""

    error_code = UNAVAILABLE


class DataLossError(OpError):
    """Stored data is damaged or incomplete."""

    error_code = DATA_LOSS


class UnauthenticatedError(OpError):
    """The caller did not prove who it is."""

    error_code = UNAUTHENTICATED


class OperatorNotAllowedInGraphError(TypeError):
    """A symbolic tensor was used where Python needs a value now.

    Inside `tf.function` without AutoGraph, `if tensor:` and `for x in tensor:` cannot
    know the value. Use `tf.cond`, `tf.while_loop`, or let AutoGraph convert.
    """


class InaccessibleTensorError(ValueError):
    """A symbolic tensor was used outside the function that made it."""


def exception_type_from_error_code(error_code: int) -> type[OpError]:
    """Return the exception class for one of TensorFlow's status codes.

    Raises:
        KeyError: No class has this code.
    """
    return _BY_CODE[error_code]


_BY_CODE: dict[int, type[OpError]] = {
    cls.error_code: cls
    for cls in (
        CancelledError,
        UnknownError,
        InvalidArgumentError,
        DeadlineExceededError,
        NotFoundError,
        AlreadyExistsError,
        PermissionDeniedError,
        ResourceExhaustedError,
        FailedPreconditionError,
        AbortedError,
        OutOfRangeError,
        UnimplementedError,
        InternalError,
        UnavailableError,
        DataLossError,
        UnauthenticatedError,
    )
}
