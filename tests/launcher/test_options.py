"""The command line, its environment twins, and every message about a wrong one."""

from pathlib import Path

import pytest

from dist.errors import ConfigurationError
from launcher.config import LaunchConfig, Program, read_config
from launcher.errors import UsageError
from launcher.job import make_job
from launcher.options import OPTIONS, help_text, read_command_line, read_environment

NODES = ["--nodes", "2", "--coordinator", "here:5000", "--key-file", "key"]


@pytest.fixture
def script(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("train.py").write_text("")
    return "train.py"


def test_words_after_the_program_belong_to_the_program(script):
    config = read_config(["-n", "4", script, "-n", "9", "--grace", "--", "-m"], {})

    assert config.workers == 4
    assert config.program == Program(script, ("-n", "9", "--grace", "--", "-m"))


@pytest.mark.parametrize(
    ("words", "name", "value"),
    [
        (["-n4"], "workers", 4),
        (["-n=4"], "workers", 4),
        (["--grace", "2.5"], "grace_s", 2.5),
        (["--grace=2.5"], "grace_s", 2.5),
        (["--threads", "auto"], "threads", None),
        (["--threads", "3"], "threads", 3),
        (["--ranks", "all"], "ranks", None),
        (["--ranks", "0,2-4"], "ranks", frozenset({0, 2, 3, 4})),
        (["--env", "A=1", "--env", "B=x=y"], "environment", (("A", "1"), ("B", "x=y"))),
        (["-q"], "is_quiet", True),
        (["--verbose"], "is_verbose", True),
        (["--log-dir", "logs"], "log_dir", Path("logs")),
        (["--output", "plain"], "output", "plain"),
    ],
)
def test_spellings(words, name, value):
    line = read_command_line([*words, "train.py"])

    assert line.values == {name: value}
    assert line.program == ["train.py"]


def test_a_double_dash_ends_the_options():
    assert read_command_line(["-n", "2", "--", "-odd.py"]).program == ["-odd.py"]


def test_a_module_is_named_after_its_flag():
    config = read_config(["-n", "2", "-m", "package.train", "--epochs", "3"], {})

    assert config.program == Program("package.train", ("--epochs", "3"), is_module=True)
    assert config.program.command == "-m package.train --epochs 3"


def test_variables_set_what_the_command_line_does_not(script):
    environment = {"LAUNCH_N": "3", "LAUNCH_GRACE": "7", "LAUNCH_QUIET": "1",
                   "LAUNCH_RESTARTS": "", "LAUNCH_DRY_RUN": "0"}  # fmt: skip

    config = read_config(["-n", "2", script], environment)

    assert (config.workers, config.grace_s, config.is_quiet) == (2, 7.0, True)
    assert (config.restarts, config.is_dry_run) == (0, False)


def test_the_command_line_overrules_an_opposite_variable(script):
    config = read_config(["-n", "2", "-v", script], {"LAUNCH_QUIET": "1"})

    assert (config.is_verbose, config.is_quiet) == (True, False)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["-n", "0"], "`-n` must be at least 1, got 0. Pass for example `-n 4`."),
        (["-n", "-2"], "`-n` must be at least 1, got -2"),
        (["-n", "x"], "`-n` must be a whole number, got 'x'. Pass for example"),
        (["-n", "2.5"], "`-n` must be a whole number, got '2.5'"),
        (["-n"], "`-n` needs a value: `-n N`"),
        (["-n", "2:4"], "`-n` must be one number, got '2:4': a job does not grow"),
        (["-np", "4"], "unknown option `-np`. Write `-n 4`."),
        (["--nproc_per_node", "4"], "`--nproc_per_node`. Write `-n 4`."),
        (["--nnodes=2", "x"], "unknown option `--nnodes`. Write `--nodes 2`."),
        (["--evaluator", "x"], "`--evaluator`. Start the evaluator by itself"),
        (["--debug-rank", "1"], "`--debug-rank`. Run one worker"),
        (["--restarts", "-1"], "`--restarts` must be at least 0, got -1"),
        (
            ["--grace", "soon"],
            "`--grace` must be a number of seconds, 0 or more, got 's",
        ),
        (["--grace", "-1"], "`--grace` must be a number of seconds"),
        (["--grace", "inf"], "`--grace` must be a number of seconds"),
        (["--threads", "many"], "`--threads` must be a whole number, got 'many'"),
        (["--threads", "0"], "`--threads` must be at least 1, got 0"),
        (["--ranks", "first"], "`--ranks` must be `all` or ranks such as"),
        (["--ranks", "3-1"], "`--ranks` must be `all` or ranks such as"),
        (["--output", "loud"], "`--output` must be one of auto, merged, plain, got 'l"),
        (["--env", "NAME"], "`--env` must have the form NAME=VALUE, got 'NAME'"),
        (["--quiet=yes"], "`--quiet` takes no value, got 'yes'"),
        (["--restart", "3"], "unknown option `--restart`. Did you mean `--restarts`?"),
        (["--zzz"], "unknown option `--zzz`. `launch --help` lists"),
        (["-x"], "unknown option `-x`"),
    ],
)
def test_wrong_options_are_named_with_what_is_expected(script, words, message):
    with pytest.raises(UsageError) as caught:
        read_config([*words, script] if len(words) > 1 else words, {})

    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["-n", "2"], "which program? Name a script"),
        (["train.py"], "how many workers? Pass for example `-n 4`: `launch -n 4 "),
        (["-n", "2", "other.py"], "there is no script 'other.py' in"),
        (["-n", "2", "train"], "Did you mean `train.py`?"),
        (["-n", "2", "json.tool"], "If it is a module, write `-m json.tool`"),
        (["-n", "2", "."], "'.' is a folder"),
        (["-n", "2", "-v", "-q", "train.py"], "`-v` and `-q` ask for opposite things"),
        (["-n", "2", "--ranks", "0,2", "train.py"], "names rank 2, but this job has"),
        (["-n", "2", "--log-dir", "train.py", "train.py"], "must be a folder"),
        (
            ["-n", "2", "--nodes", "2", "train.py"],
            "`--nodes 2` needs `--node-rank` too",
        ),
        (["-n", "2", "--node-rank", "0", "train.py"], "`--node-rank` is for several"),
        (["-n", "2", *NODES, "--node-rank", "2", "train.py"], "must be below 2"),
        (["-n", "2", "--coordinator", "here", "train.py"], "the form HOST:PORT"),
        (["-n", "2", "--coordinator", "here:99999", "train.py"], "the form HOST:PORT"),
    ],
)
@pytest.mark.usefixtures("script")
def test_wrong_requests_are_named_with_what_to_do(words, message):
    with pytest.raises(UsageError) as caught:
        read_config(words, {})

    assert message in str(caught.value)


def test_the_ranks_of_a_host_follow_those_of_the_hosts_before_it(script):
    config = read_config(["-n", "3", *NODES, "--node-rank", "1", script], {})

    assert config.size == 6
    assert config.local_ranks == range(3, 6)
    assert config.start_timeout_s == 300.0


def test_how_workers_talk_is_the_users_variables_and_then_the_command_line(script):
    words = ["-n", "2", "--stall-abort", "9", "--encryption", "on", script]
    environment = {"DIST_TRANSPORT": "ring", "RINGFLOW_STALL_WARN_S": "3",
                   "RINGFLOW_ENCRYPTION": "off", "RINGFLOW_RANK": "1"}  # fmt: skip

    settings = make_job(read_config(words, environment), environment).settings

    assert (settings.transport, settings.encryption) == ("ring", "on")
    assert (settings.stall_warn_s, settings.stall_abort_s) == (3.0, 9.0)


def test_a_key_file_that_is_not_there_or_open_to_others_is_named(script):
    words = ["-n", "2", *NODES, "--node-rank", "1", script]
    with pytest.raises(UsageError, match="`--key-file`: cannot read 'key': No such"):
        make_job(read_config(words, {}), {})
    Path("key").write_text("x" * 40)
    Path("key").chmod(0o644)
    with pytest.raises(ConfigurationError, match="can be read by others"):
        make_job(read_config(words, {}), {})


def test_a_wrong_variable_is_named_by_its_own_name():
    with pytest.raises(UsageError, match="`LAUNCH_GRACE` must be a number of seconds"):
        read_environment({"LAUNCH_GRACE": "long"})
    with pytest.raises(UsageError, match="`LAUNCH_QUIET` must be one of 0, 1"):
        read_environment({"LAUNCH_QUIET": "yes"})


def test_a_configuration_made_in_code_is_checked_too():
    with pytest.raises(UsageError, match="must be at least 1, got 0"):
        LaunchConfig(workers=0, program=Program("x"))


def test_help_names_every_option_within_the_width_of_a_page():
    text = help_text()

    assert all(flag in text for option in OPTIONS for flag in option.flags)
    assert max(map(len, text.splitlines())) <= 88
