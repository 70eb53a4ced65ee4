"""A program under `launch` sees what it would see under plain Python."""

import json
import os
import subprocess
import sys

import pytest

from tests.launcher.launching import REPOSITORY, launch

pytestmark = pytest.mark.multiprocess

LOOK_AROUND = """
import atexit, json, multiprocessing, os, pickle, sys, threading
class Thing:
    pass
main = sys.modules["__main__"]
seen = {
    "name": __name__,
    "file": __file__,
    "argv": sys.argv,
    "path0": sys.path[0],
    "package": __package__,
    "spec": __spec__ and __spec__.name,
    "is_main": main.__dict__ is globals(),
    "globals": sorted(name for name in globals() if name.startswith("__")),
    "pickled": type(pickle.loads(pickle.dumps(Thing()))) is Thing,
    "launcher": [name for name in sys.modules if name.startswith("launcher")],
    "threads": threading.active_count(),
    "loader": type(__loader__).__name__,
}
print(json.dumps(seen))
"""


def look(command, cwd):
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=cwd, env=environment, check=True
    )
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", ["look.py", "./look.py", "folder/look.py"])
def test_a_script_sees_itself_as_under_python(tmp_path, name):
    (tmp_path / "folder").mkdir()
    (tmp_path / name).write_text(LOOK_AROUND)
    words = [name, "--flag", "-n", "a b", ""]

    alone = look([sys.executable, *words], tmp_path)
    launched = look([sys.executable, "-m", "launcher", "-n", "1", *words], tmp_path)

    assert launched == alone


@pytest.mark.parametrize("name", ["package.look", "package"])
def test_a_module_sees_itself_as_under_python(tmp_path, name):
    package = tmp_path / "package"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "look.py").write_text(LOOK_AROUND)
    (package / "__main__.py").write_text(LOOK_AROUND)
    words = ["-m", name, "--flag"]

    alone = look([sys.executable, *words], tmp_path)
    launched = look([sys.executable, "-m", "launcher", "-n", "1", *words], tmp_path)

    assert launched == alone


def test_a_missing_module_is_reported_as_python_does(tmp_path):
    done = launch("-n", 2, "-m", "no_such.module", cwd=tmp_path)

    assert done.status == 1
    assert "No module named no_such.module" in done.err


def test_a_script_may_have_a_module_called_like_one_of_ours(tmp_path):
    (tmp_path / "launcher.py").write_text("whose = 'mine'")
    (tmp_path / "script.py").write_text("import launcher; print(launcher.whose)")

    done = launch("-n", 2, tmp_path / "script.py")

    assert (done.status, done.out) == (0, "mine\nmine\n")


@pytest.mark.parametrize("has_build_folder", [False, True])
def test_workers_find_an_uninstalled_checkout(script, has_build_folder):
    path = script("import dist; print(dist.init().size)")
    if has_build_folder:
        (path.parent / "dist").mkdir()

    done = launch("-n", 2, path, cwd=REPOSITORY, env={"PYTHONPATH": ""})

    assert (done.status, done.out) == (0, "2\n2\n")


def test_a_link_to_a_script_imports_from_where_the_script_is(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "beside.py").write_text("value = 7")
    (tmp_path / "real" / "script.py").write_text("import beside; print(beside.value)")
    (tmp_path / "link.py").symlink_to(tmp_path / "real" / "script.py")

    assert launch("-n", 1, tmp_path / "link.py").out == "7\n"


def test_the_end_of_a_script_happens_in_the_usual_order(tmp_path):
    (tmp_path / "script.py").write_text(
        "import atexit, sys, threading, time\n"
        "atexit.register(lambda: print('atexit'))\n"
        "def late():\n"
        "    time.sleep(0.2)\n"
        "    print('thread', MESSAGE)\n"
        "MESSAGE = 'still has its globals'\n"
        "threading.Thread(target=late).start()\n"
        "print('end of main')\n"
    )

    done = launch("-n", 1, tmp_path / "script.py")

    assert done.out == "end of main\nthread still has its globals\natexit\n"


def test_multiprocessing_works_in_a_script(tmp_path):
    (tmp_path / "script.py").write_text(
        "import multiprocessing\n"
        "def double(x):\n"
        "    return 2 * x\n"
        "if __name__ == '__main__':\n"
        "    for method in ('spawn', 'fork'):\n"
        "        with multiprocessing.get_context(method).Pool(2) as pool:\n"
        "            print(pool.map(double, [1, 2, 3]))\n"
    )

    done = launch("-n", 1, tmp_path / "script.py")

    assert (done.status, done.out) == (0, "[2, 4, 6]\n[2, 4, 6]\n")


def test_the_environment_of_a_worker(script):
    path = script("""
        names = ["RANK", "LOCAL_RANK", "WORLD_SIZE", "LOCAL_WORLD_SIZE",
                 "RESTART_COUNT", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "EXTRA"]
        print(*[os.environ.get(name) for name in names])
    """)

    done = launch(
        "-n", 2, "--threads", 3, "--env", "EXTRA=x", "--env", "OMP_NUM_THREADS=5", path
    )

    assert sorted(done.out.splitlines()) == ["0 0 2 2 0 5 3 x", "1 1 2 2 0 5 3 x"]


def test_what_the_user_set_about_threads_reaches_the_workers(script):
    path = script("print(os.environ['OMP_NUM_THREADS'], os.environ['MKL_NUM_THREADS'])")

    done = launch("-n", 2, path, env={"OMP_NUM_THREADS": "7"})

    assert done.out == "7 7\n7 7\n"
    assert "7 threads each (by OMP_NUM_THREADS)" in done.err


def test_blas_is_told_before_numpy_is_loaded(script):
    path = script("""
        print("numpy" in sys.modules, os.environ["OPENBLAS_NUM_THREADS"])
    """)

    assert (
        launch("-n", 2, path, env={"SLURM_CPUS_PER_TASK": "1"}).out == "False 1\n" * 2
    )


def test_the_workers_find_each_other(script):
    path = script("""
        import dist
        import numpy as np
        group = dist.init()
        print(group.size, group.all_reduce(np.full(2, RANK + 1.0)))
    """)

    done = launch("-n", 3, path)

    assert (done.status, done.out) == (0, "3 [6. 6.]\n" * 3)
