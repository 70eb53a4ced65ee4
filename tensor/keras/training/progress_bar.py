"""The progress bar that `fit` prints, in Keras's own form."""

from __future__ import annotations

import math
import sys
import time
from typing import Any

import numpy as np

from tensor.core import log
from tensor.keras.training.interactive_logging import is_interactive_logging_enabled


class Progbar:
    """Shows how far a loop is, and values averaged over its steps."""

    def __init__(
        self,
        target: int | None,
        width: int = 30,
        verbose: int = 1,
        interval: float = 0.05,
        stateful_metrics: Any = None,
        unit_name: str = "step",
    ) -> None:
        """Start the clock.

        Args:
            target: The number of steps, None if it is not known.
            width: The bar's width in characters.
            verbose: 1 for a bar, 2 for one line at the end.
            interval: The least time between two prints, in seconds.
            stateful_metrics: Names of values that are averages already.
            unit_name: What a step is called.
        """
        self.target = target
        self.width = width
        self.verbose = verbose
        self.interval = interval
        self.unit_name = unit_name
        self.stateful_metrics = set(stateful_metrics or ())
        self._width_shown = 0
        self._seen = 0
        self._values: dict[str, list[float]] = {}
        self._start = time.monotonic()
        self._last_print = 0.0
        self._after_first_step: float | None = None

    def update(
        self, current: int, values: Any = None, finalize: bool | None = None
    ) -> None:
        """Show that `current` steps are done.

        Args:
            current: How many steps.
            values: Pairs of a name and a value.
            finalize: Whether this is the last update; by default, if `current`
                reaches the target.
        """
        if finalize is None:
            finalize = self.target is not None and current >= self.target
        self._take(current, values or [])
        now = time.monotonic()
        step_time = self._step_time(current, now)
        if self.verbose == 1:
            if now - self._last_print < self.interval and not finalize:
                return
            self._print_bar(current, now, step_time, finalize)
        elif self.verbose == 2 and finalize:
            self._print_line(current, now, step_time)
        self._last_print = now

    def add(self, n: int, values: Any = None) -> None:
        """Show that `n` more steps are done."""
        self.update(self._seen + n, values)

    def _take(self, current: int, values: Any) -> None:
        for name, value in values:
            if name in self.stateful_metrics:
                self._values[name] = [value, 1]
                continue
            # A first epoch of unknown length ends with an update that is no step.
            steps = max(current - self._seen, 1)
            total = self._values.setdefault(name, [0.0, 0])
            total[0] += value * steps
            total[1] += steps
        self._seen = current

    def _step_time(self, current: int, now: float) -> float:
        """Return the seconds a step takes; the first one, which traces, counts less."""
        if not current:
            return 0.0
        if self._after_first_step is not None and current > 1:
            seconds = (now - self._after_first_step) / (current - 1)
        else:
            seconds = (now - self._start) / current
        if current == 1:
            self._after_first_step = now
        return seconds

    def _print_bar(
        self, current: int, now: float, step_time: float, finalize: bool
    ) -> None:
        shown_before = self._width_shown
        text = "\b" * shown_before + "\r" if _can_go_back() else "\n"
        line = self._bar(current)
        if self.target is not None and not finalize:
            line += f" - ETA: {_eta(step_time * (self.target - current))}"
        else:
            line += f" - {now - self._start:.0f}s{_per(step_time, self.unit_name)}"
        line += self._values_text()
        self._width_shown = len(line)
        line += " " * (shown_before - len(line))
        _print(text + line + ("\n" if finalize else ""))

    def _print_line(self, current: int, now: float, step_time: float) -> None:
        seconds = now - self._start
        line = f"{self._count(current)} - {seconds:.0f}s{self._values_text()}"
        line += f" -{_per(seconds, 'epoch')} -{_per(step_time, self.unit_name)}"
        _print(line + "\n")

    def _count(self, current: int) -> str:
        target = self.target or current
        digits = int(math.log10(target)) + 1 if target else 1
        return f"{current:{digits}d}/{target}"

    def _bar(self, current: int) -> str:
        if self.target is None:
            return f"{current:7d}/Unknown"
        done = int(self.width * current / self.target) if self.target else self.width
        head = ">" if current < self.target else "="
        bar = ("=" * (done - 1) + head) if done else ""
        return f"{self._count(current)} [{bar}{'.' * (self.width - done)}]"

    def _values_text(self) -> str:
        text = ""
        for name, (total, count) in self._values.items():
            average = np.mean(total / max(1, count))
            form = ".4f" if abs(average) > 1e-3 else ".4e"
            text += f" - {name}: {average:{form}}"
        return text


def _eta(seconds: float) -> str:
    if seconds > 3600:
        hours, rest = divmod(int(seconds), 3600)
        return f"{hours}:{rest // 60:02d}:{rest % 60:02d}"
    if seconds > 60:
        return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
    return f"{int(seconds)}s"


def _per(seconds: float, unit: str) -> str:
    if seconds >= 1 or seconds == 0:
        return f" {seconds:.0f}s/{unit}"
    if seconds >= 1e-3:
        return f" {seconds * 1e3:.0f}ms/{unit}"
    return f" {seconds * 1e6:.0f}us/{unit}"


def _can_go_back() -> bool:
    """Return whether the output can overwrite a line."""
    is_terminal = hasattr(sys.stdout, "isatty") and sys.stdout.isatty()
    return is_terminal or "posix" in sys.modules or "ipykernel" in sys.modules


def _print(text: str) -> None:
    if not is_interactive_logging_enabled():
        log.get_logger().info(text.strip())
        return
    sys.stdout.write(text)
    sys.stdout.flush()
