#!/usr/bin/env python3
"""Runs the command-line cases: cases/NAME/ holds

    command   shell text, run with sh in a temporary copy of the case's folder
    stdout    what it must print there; absent: nothing
    stderr    the same for standard error
    status    its exit status; absent: 0
    writes    names of the files that it must leave behind, one a line; absent: none
    needs     words of environment variables, programs or features of the build ("-Dcurl") without which
              the case is skipped
    shared    names of files of ../shared that it works on too, one a line
    …         any other file is input; all input must be unchanged afterwards

$GRAPHS and $EXPERIMENTS name the repository's folders; `nontrivial` is on the PATH; NO_COLOR and what
else could colour or localise the output is unset; HOME is the temporary folder.

In an expected text "…" within a line stands for any characters of that line, and a line that is only
"…" for any number of lines. --update rewrites stdout, stderr and status of the cases that fail; a line
with wildcards stays where a line is still as it says, but a text with a "…" for lines is left to you.
A results.json that a case leaves behind must be as `nontrivial schema results` says (looked at only
with python3-jsonschema). Prints "N passed, N failed, N skipped"; exits 1 if any failed."""

import argparse
import difflib
import functools
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import results_schema

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
ABOUT = {"command", "stdout", "stderr", "status", "writes", "needs", "shared"}
WILDCARD = "…"
TIME_LIMIT = 300  # seconds a case: sanitizers and valgrind are slow


def read(case, name, default=""):
    path = case / name
    return path.read_text(encoding="utf-8") if path.exists() else default


def matches(expected, actual):
    """Whether `actual` is what `expected` says, wildcards allowed."""
    if WILDCARD not in expected:
        return expected == actual
    pattern = ""
    for line in expected.splitlines(keepends=True):
        if line.strip() == WILDCARD:
            pattern += r"(?:[^\n]*\n)*"
        else:
            pattern += "[^\n]*".join(re.escape(part) for part in line.split(WILDCARD))
    return re.fullmatch(pattern, actual) is not None


def contents(folder):
    """Every file under `folder`, by its path, with its bytes."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@functools.cache
def features(program):
    """The optional parts that the program was built with, as words of `needs`."""
    answer = subprocess.run([program, "doctor", "--json"], capture_output=True, check=False).stdout
    return {f"-D{name}" for name, built in json.loads(answer)["build"]["features"].items() if built}


def missing_needs(case, program):
    return [
        word
        for word in read(case, "needs").split()
        if not (word in features(program) if word.startswith("-D") else os.environ.get(word) or shutil.which(word))
    ]


def environment(program, folder):
    kept = ("PATH", "NONTRIVIAL_DATA", "NONTRIVIAL_SHARED", "LD_LIBRARY_PATH", "OMP_NUM_THREADS")
    values = {name: os.environ[name] for name in os.environ if name in kept or "SAN_OPTIONS" in name}
    values["PATH"] = f"{program.parent}:{values.get('PATH', '/usr/bin:/bin')}"
    values.update(GRAPHS=str(ROOT / "graphs"), EXPERIMENTS=str(ROOT / "experiments"))
    values.update(HOME=str(folder), LC_ALL="C.UTF-8")
    return values


class Outcome:
    """What a case did: stdout, stderr, status, and the files that it added or changed."""

    def __init__(self, case, program):
        with tempfile.TemporaryDirectory(prefix="nontrivial-") as temporary:
            folder = Path(temporary) / case.name
            shutil.copytree(case, folder)
            for name in ABOUT:
                (folder / name).unlink(missing_ok=True)
            for name in read(case, "shared").split():
                shutil.copy(HERE / "shared" / name, folder)
            before = contents(folder)
            process = subprocess.run(
                ["sh", "-c", read(case, "command")],
                cwd=folder,
                env=environment(program, folder),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                timeout=TIME_LIMIT,
                check=False,
            )
            after = contents(folder)
        self.stdout = process.stdout.decode("utf-8", "backslashreplace")
        self.stderr = process.stderr.decode("utf-8", "backslashreplace")
        self.status = process.returncode
        self.written = sorted(
            name for name in before.keys() | after.keys() if before.get(name) != after.get(name)
        )
        self.results = {
            name: after[name].decode("utf-8")
            for name in self.written
            if name in after and Path(name).name == "results.json"
        }


def difference(what, expected, actual):
    lines = difflib.unified_diff(
        expected.splitlines(), actual.splitlines(), f"{what} expected", f"{what} actual", lineterm=""
    )
    return "\n".join(lines) or f"{what} differs in its line ends"


def faults(case, outcome, validator):
    """One text for each way in which the outcome is not what the case says."""
    found = []
    for what, actual in (("stdout", outcome.stdout), ("stderr", outcome.stderr)):
        expected = read(case, what)
        if not matches(expected, actual):
            found.append(difference(what, expected, actual))
    status = int(read(case, "status", "0"))
    if outcome.status != status:
        found.append(f"exit status {outcome.status}, expected {status}")
    writes = sorted(read(case, "writes").split("\n")[:-1])
    if outcome.written != writes:
        found.append(f"files written: {outcome.written}, expected {writes}")
    if validator:
        for name, text in outcome.results.items():
            found += [f"{name}: {fault}" for fault in results_schema.faults_of(validator, text)]
    return found


def keep_wildcards(expected, text):
    """`text`, with each line that an expected line with wildcards allows as that line."""
    wild = [line for line in expected.splitlines(keepends=True) if WILDCARD in line]
    return "".join(
        next((kept for kept in wild if matches(kept, line)), line)
        for line in text.splitlines(keepends=True)
    )


def update(case, outcome):
    def put(name, text, nothing):
        expected = read(case, name)
        if text == nothing:
            (case / name).unlink(missing_ok=True)
        elif WILDCARD not in (line.strip() for line in expected.splitlines()):
            (case / name).write_text(keep_wildcards(expected, text), encoding="utf-8")

    put("stdout", outcome.stdout, "")
    put("stderr", outcome.stderr, "")
    put("status", f"{outcome.status}\n", "0\n")


def run(case, options):
    """Returns the case's verdict and what there is to say about it."""
    needs = missing_needs(case, options.program)
    if needs:
        return "skipped", f"needs {', '.join(needs)}"
    try:
        outcome = Outcome(case, options.program)
    except subprocess.TimeoutExpired:
        return "failed", f"took more than {TIME_LIMIT} seconds"
    found = faults(case, outcome, options.validator)
    if found and options.update:
        update(case, outcome)
        return "updated", ""
    return ("failed", "\n".join(found)) if found else ("passed", "")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program", type=Path, help="the built nontrivial")
    parser.add_argument("cases", nargs="*", help="names of cases (default: all)")
    parser.add_argument("--each", type=int, default=1, metavar="N", help="run each Nth case alone")
    parser.add_argument("--update", action="store_true", help="rewrite what the cases expect")
    options = parser.parse_args()
    options.program = options.program.resolve(strict=True)
    options.validator = results_schema.validator_of(options.program)
    cases = sorted(path for path in (HERE / "cases").iterdir() if (path / "command").exists())
    unknown = set(options.cases) - {case.name for case in cases}
    if unknown or not cases:
        parser.error(f"no such case: {', '.join(sorted(unknown))}" if unknown else "no cases")
    if options.cases:
        cases = [case for case in cases if case.name in options.cases]
    cases = cases[::options.each]
    with ThreadPoolExecutor(max_workers=2) as pool:
        results = list(pool.map(lambda case: run(case, options), cases))
    for case, (verdict, text) in zip(cases, results):
        if verdict != "passed":
            print(f"{verdict}: {case.name}" + (f"\n{text}" if text else ""))
    count = {verdict: 0 for verdict in ("passed", "failed", "skipped", "updated")}
    for verdict, _ in results:
        count[verdict] += 1
    extra = f", {count['updated']} updated" if options.update else ""
    print(f"{count['passed']} passed, {count['failed']} failed, {count['skipped']} skipped{extra}")
    return 1 if count["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
