"""The options of `launch`, each declared once, and the reading of a command line.

A declaration carries the flag, its environment twin, its help and the rule for its
value, so that `launch --grace 5`, `LAUNCH_GRACE=5` and the help text cannot disagree.
Everything after the first word that is not an option belongs to the program: `launch`
never looks at it and never adds to it, whatever flags the program may define.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from launcher.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence


@dataclass(frozen=True)
class Option:
    """One option: how it is spelled, what it means and which values it takes.

    Attributes:
        name: the field of `LaunchConfig` that it sets.
        flags: its spellings on the command line.
        meaning: one line of help.
        parse: turns the text into a value, or raises `ValueError` with what is wrong;
            None for a switch, which takes no value.
        metavar: what the help shows in place of the value.
        has_twin: whether an environment variable may set it too.
        repeats: whether it may be given more than once, collecting the values.
    """

    name: str
    flags: tuple[str, ...]
    meaning: str
    parse: Callable[[str], Any] | None = None
    metavar: str = ""
    has_twin: bool = True
    repeats: bool = False

    @property
    def twin(self) -> str:
        """The environment variable that sets this option where no flag does."""
        return "LAUNCH_" + self.flags[-1].lstrip("-").replace("-", "_").upper()


@dataclass
class CommandLine:
    """A command line taken apart: values of options, and the program's own words."""

    values: dict[str, Any] = field(default_factory=dict)
    program: list[str] = field(default_factory=list)


def whole_number(least: int, example: str) -> Callable[[str], int]:
    """A rule for whole numbers of at least `least`."""

    def parse(text: str) -> int:
        if re.fullmatch(r"[+-]?\d+", text.strip()) is None:
            raise ValueError(f"must be a whole number, got {text!r}. {example}")
        if int(text) < least:
            raise ValueError(f"must be at least {least}, got {text.strip()}. {example}")
        return int(text)

    return parse


def worker_count(text: str) -> int:
    """The rule of -n: a fixed number; a job keeps its size from start to end."""
    if re.fullmatch(r"\d+:\d+", text.strip()):
        raise ValueError(
            f"must be one number, got {text!r}: a job does not grow or shrink while it "
            "runs. Pass for example `-n 4`, with `--restarts 3` to outlive failures."
        )
    return whole_number(1, "Pass for example `-n 4`.")(text)


def seconds(text: str) -> float:
    """The rule for durations: a number of seconds that is not negative."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise ValueError(f"must be a number of seconds, 0 or more, got {text!r}.")
    return value


def one_of(*choices: str) -> Callable[[str], str]:
    """A rule for words from a short list."""

    def parse(text: str) -> str:
        if text not in choices:
            raise ValueError(f"must be one of {', '.join(choices)}, got {text!r}.")
        return text

    return parse


def thread_count(text: str) -> int | None:
    """The rule of --threads: a number, or `auto` for a share of the cores."""
    if text == "auto":
        return None
    return whole_number(1, "Pass a number or `auto`.")(text)


def rank_set(text: str) -> frozenset[int] | None:
    """The rule of --ranks: `all`, or ranks and ranges such as `0,2-5`."""
    if text == "all":
        return None
    ranks: set[int] = set()
    for part in text.split(","):
        match = re.fullmatch(r"\s*(\d+)(?:-(\d+))?\s*", part)
        first = int(match[1]) if match else 0
        last = int(match[2] or first) if match else -1
        if last < first:
            raise ValueError(
                f"must be `all` or ranks such as `0,2` or `0-3`, got {text!r}."
            )
        ranks.update(range(first, last + 1))
    return frozenset(ranks)


def host_and_port(text: str) -> str:
    """The rule of --coordinator: HOST:PORT."""
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) < 1 << 16:
        raise ValueError(
            f"must have the form HOST:PORT with a port of 1 to 65535, got {text!r}."
        )
    return text


def assignment(text: str) -> tuple[str, str]:
    """The rule of --env: NAME=VALUE."""
    name, equals, value = text.partition("=")
    if not equals or not name or "\0" in text:
        raise ValueError(f"must have the form NAME=VALUE, got {text!r}.")
    return name, value


OPTIONS: tuple[Option, ...] = (
    Option("workers", ("-n",),
           "how many workers to start on this host; in a batch job, if left out, as "
           "many as the scheduler allotted", worker_count, "N"),
    Option("servers", ("--ps",),
           "start K parameter servers beside the N workers; the script runs in one "
           "more process, the coordinator, and the others serve it (0)",
           whole_number(0, "Pass for example `--ps 1`."), "K"),
    Option("is_module", ("-m",), "the program is a module, as in `python -m`",
           has_twin=False),
    Option("nodes", ("--nodes",),
           "how many hosts the job spans, each with N workers (1)",
           whole_number(1, "Pass for example `--nodes 2`."), "K"),
    Option("node_rank", ("--node-rank",), "which of them this host is, from 0",
           whole_number(0, "Number the hosts from 0."), "R"),
    Option("coordinator", ("--coordinator",),
           "where the hosts meet: an address of host 0 and a free port",
           host_and_port, "HOST:PORT"),
    Option("key_file", ("--key-file",),
           "a file of mode 600 with the secret that all hosts of the job share",
           Path, "FILE"),
    Option("restarts", ("--restarts",),
           "start the job again after a failure, at most K times (0)",
           whole_number(0, "Pass 0 to end at the first failure."), "K"),
    Option("start_timeout_s", ("--start-timeout",),
           "fail if some workers joined and others did not within S seconds "
           "(60; 300 if the job spans hosts)", seconds, "S"),
    Option("stall_warn_s", ("--stall-warn",),
           "name the workers that others have been waiting for since S seconds (30)",
           seconds, "S"),
    Option("stall_abort_s", ("--stall-abort",),
           "give up a collective after S seconds; 0: never (600)", seconds, "S"),
    Option("grace_s", ("--grace",),
           "seconds a worker has to end by itself before it is killed (30)",
           seconds, "S"),
    Option("interface", ("--interface",),
           "the network between hosts: a name, an address, a range, or ^name for any "
           "other", str, "WHICH"),
    Option("encryption", ("--encryption",),
           "auto: between hosts; on: everywhere; off: authenticated, but plain (auto)",
           one_of("auto", "on", "off"), "WHEN"),
    Option("threads", ("--threads",),
           "threads of each worker: a number, or its share of the cores (auto)",
           thread_count, "T"),
    Option("ranks", ("--ranks",), "whose output to show, such as 0 or 0,2-5 (all)",
           rank_set, "RANKS"),
    Option("output", ("--output",),
           "merged: [rank] prefixes, equal lines once; plain: as printed; "
           "auto: merged on a terminal and for errors, else plain",
           one_of("auto", "merged", "plain"), "HOW"),
    Option("log_dir", ("--log-dir",), "write all that each worker prints to files here",
           Path, "DIR"),
    Option("timeline", ("--timeline",),
           "write what all ranks did and waited for, as a trace for Perfetto or "
           "chrome://tracing", Path, "FILE"),
    Option("environment", ("--env",), "set a variable for the workers; may be repeated",
           assignment, "NAME=VALUE", has_twin=False, repeats=True),
    Option("is_dry_run", ("--dry-run",), "say what would start; start nothing"),
    Option("is_verbose", ("-v", "--verbose"), "say when all joined and how each ended"),
    Option("is_quiet", ("-q", "--quiet"), "print only the workers' output, and errors"),
)  # fmt: skip


def read_command_line(
    words: Sequence[str], options: Iterable[Option] = OPTIONS
) -> CommandLine:
    """Take a command line apart up to the program's name; raise `UsageError`."""
    by_flag = {flag: option for option in options for flag in option.flags}
    line = CommandLine()
    rest = list(words)
    while rest and rest[0].startswith("-") and rest[0] != "-":
        word = rest.pop(0)
        if word == "--":
            break
        flag, value = _split_value(word, by_flag)
        option = by_flag.get(flag)
        if option is None:
            raise UsageError(_unknown(flag, by_flag))
        if option.parse is None:
            if value is not None:
                raise UsageError(f"`{flag}` takes no value, got {value!r}.")
            line.values[option.name] = True
            continue
        if value is None:
            if not rest:
                raise UsageError(
                    f"`{flag}` needs a value: `{flag} {option.metavar}` "
                    f"({option.meaning})."
                )
            value = rest.pop(0)
        parsed = _parse(option, flag, value)
        if option.repeats:
            parsed = (*line.values.get(option.name, ()), parsed)
        line.values[option.name] = parsed
    line.program = rest
    return line


def read_environment(
    environment: Mapping[str, str], options: Iterable[Option] = OPTIONS
) -> dict[str, Any]:
    """The values that LAUNCH_* variables set; an empty variable sets nothing."""
    values: dict[str, Any] = {}
    for option in options:
        text = environment.get(option.twin, "") if option.has_twin else ""
        if not text:
            continue
        if option.parse is None:
            switch = one_of("0", "1")
            values[option.name] = _call(switch, option.twin, text) == "1"
        else:
            values[option.name] = _parse(option, option.twin, text)
    return values


def help_text(options: Iterable[Option] = OPTIONS) -> str:
    """What `launch --help` prints."""
    rows = [
        (", ".join(option.flags) + (f" {option.metavar}" if option.metavar else ""),
         option.meaning)
        for option in options
    ]  # fmt: skip
    width = max(len(flags) for flags, _ in rows)
    listing = "\n".join(
        f"  {flags:<{width}}  {_wrapped(meaning, width + 4)}" for flags, meaning in rows
    )
    return (
        "usage: launch -n N [options] script.py [arguments...]\n"
        "       launch -n N [options] -m module [arguments...]\n"
        "       launch doctor\n\n"
        "Run a program on N workers, watch them, and end them together.\n\n"
        f"options:\n{listing}\n\n"
        "Each option but -m and --env can be set by a variable as well: LAUNCH_N=4,\n"
        "LAUNCH_START_TIMEOUT=300, LAUNCH_LOG_DIR=logs, LAUNCH_QUIET=1.\n\n"
        "Ctrl-C stops the workers, again kills them; Ctrl-\\ shows where each is.\n\n"
        "exit status: 0 if all workers succeeded; else that of the first one to fail,\n"
        "128 + the signal that killed it, 124 if it never joined, 130 after Ctrl-C,\n"
        "2 if the command line is wrong.\n"
    )


def _split_value(
    word: str, by_flag: Mapping[str, Option]
) -> tuple[str, str | None]:  # fmt: skip
    """Take `--grace=5` and `-n4` apart; a value of None means the next word."""
    if word.startswith("--"):
        flag, equals, value = word.partition("=")
        return flag, value if equals else None
    if word[:2] in by_flag and len(word) > 2 and word not in KNOWN_ELSEWHERE:
        return word[:2], word[2:].removeprefix("=")
    return word, None


def _parse(option: Option, source: str, text: str) -> Any:
    return _call(option.parse or str, source, text)


def _call(parse: Callable[[str], Any], source: str, text: str) -> Any:
    try:
        return parse(text)
    except ValueError as error:
        raise UsageError(f"`{source}` {error}") from None


# What the same thing is called here, for who knows another launcher.
KNOWN_ELSEWHERE = {
    "-np": "Write `-n 4`.",
    "--np": "Write `-n 4`.",
    "--nproc-per-node": "Write `-n 4`.",
    "--num-processes": "Write `-n 4`.",
    "--nnodes": "Write `--nodes 2`.",
    "--num-machines": "Write `--nodes 2`.",
    "--machine-rank": "Write `--node-rank 0`.",
    "--max-restarts": "Write `--restarts 3`.",
    "--master-addr": "Write `--coordinator HOST:PORT`; one host needs none.",
    "--master-port": "Write `--coordinator HOST:PORT`; one host needs none.",
    "--rdzv-endpoint": "Write `--coordinator HOST:PORT`; one host needs none.",
    "--standalone": "It is the default: leave it out.",
    "--token-file": "Write `--key-file FILE`.",
    "--timeline-filename": "Write `--timeline FILE`.",
    "--bind": "Workers are not bound to cores; `--threads` limits what each uses.",
    "--debug-rank": "Run one worker, `launch -n 1`, under a debugger; Ctrl-\\ shows "
    "where every worker of a job is.",
    "--evaluator": "Start the evaluator by itself, as `python evaluate.py`: it follows "
    "the checkpoints in a folder.",
}


def _unknown(flag: str, by_flag: Mapping[str, Option]) -> str:
    from difflib import get_close_matches  # only on the way to an error

    hint = KNOWN_ELSEWHERE.get(flag.replace("_", "-"), "")
    if not hint and (near := get_close_matches(flag, by_flag, n=1, cutoff=0.6)):
        hint = f"Did you mean `{near[0]}`?"
    return (
        f"unknown option `{flag}`. {hint}{' ' if hint else ''}`launch --help` lists "
        "the options; those of the program come after its name."
    )


def _wrapped(text: str, indent: int, width: int = 88) -> str:
    """Break a line of help so that its continuation lines up."""
    lines, line = [], ""
    for word in text.split():
        if line and len(line) + 1 + len(word) > width - indent:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}".strip()
    return ("\n" + " " * indent).join([*lines, line])
