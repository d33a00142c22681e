"""Log lines are dropped while libraries load; everything else reaches the user."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

BLOCK = """
import os
from t2i_utils.quiet_import import quiet_import

def write(line):
    os.write(2, line.encode())

write("before\\n")
with quiet_import():
    write("I0000 00:00:1795688047.646247    8984 port.cc:153] oneDNN is on\\n")
    write("WARNING: All log messages before absl::InitializeLog() is called are ...\\n")
    write("a warning that counts\\n")
    {last}
write("after\\n")
"""


def run(last: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the block in a process of its own, with this last statement in it."""
    own = {key: value for key, value in os.environ.items() if key != "TF_CPP_MIN_LOG_LEVEL"}
    return subprocess.run(
        [sys.executable, "-c", BLOCK.format(last=last)],
        cwd=Path(__file__).parent.parent,
        env={**own, **environment},
        capture_output=True,
        text=True,
    )


def test_log_lines_are_dropped_and_others_passed_on_in_their_order():
    done = run("pass")
    assert done.returncode == 0
    assert done.stderr == "before\na warning that counts\nafter\n"


@pytest.mark.parametrize("last", ["os.abort()", "os._exit(134)"])
def test_the_last_words_of_a_process_that_is_ended_at_once_reach_the_user(last):
    done = run(f"write('this processor has no AVX\\n'); {last}")
    assert done.returncode != 0
    assert done.stderr == "before\na warning that counts\nthis processor has no AVX\n"


def test_the_traceback_of_a_failed_import_reaches_the_user():
    done = run("import no_such_module")
    assert done.returncode == 1
    assert done.stderr.startswith("before\na warning that counts\nTraceback")
    assert done.stderr.endswith("No module named 'no_such_module'\n")


def test_whoever_asks_for_tensorflows_log_gets_it_whole():
    assert "oneDNN is on" in run("pass", TF_CPP_MIN_LOG_LEVEL="0").stderr
