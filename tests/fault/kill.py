#!/usr/bin/env python3
"""Disturbs a small suite and holds what comes out against an undisturbed run: processes killed while
they train and while they measure, signals, a second process in the same folder, a full disk.

    kill.py NONTRIVIAL [unittest's options]

Every moment is tied to what the run folder shows (a checkpoint's step, the shards measured), plus a
random delay from a fixed seed, scaled by how long the undisturbed run took, so that slow machines and
sanitizers see the same test. What must hold at the end: the weights, those from before training and
results.csv are those of the undisturbed run, byte for byte, outcomes.sqlite row for row,
metrics.csv but for the seconds and results.json but for the threads, at any number of threads, and no
other file is left."""

import hashlib
import json
import os
import random
import re
import resource
import shutil
import signal
import sqlite3
import struct
import subprocess
import sys
import tempfile
import time
import unittest
from contextlib import closing
from pathlib import Path

PROGRAM = None  # set by main
TIME_LIMIT = 300  # seconds for anything to happen: sanitizers are slow
TRAIN, HELD_OUT, TEST, SIDE, CLASSES = 320, 40, 5300, 12, 4
EPOCHS, BATCH = 6, 16
STEPS = TRAIN // BATCH
SHARDS = (TEST + 999) // 1000
KILLS = 20  # while measuring

GRAPH = """version: 1
graph: small
params: {width: 8}
input: [1, 12, 12]
blocks:
  unit:
    params: {channels: , stride: 1}
    nodes:
      conv1: {op: conv2d, channels: $channels, kernel: 3, stride: $stride, pad: 1, bias: false}
      bn1:   {op: batch_norm}
      relu1: {op: relu}
      conv2: {op: conv2d, channels: $channels, kernel: 3, pad: 1, bias: false}
      bn2:   {op: batch_norm}
      short:
        when: "${stride ~= 1 or input.channels ~= channels}"
        from: input
        nodes:
          0: {op: conv2d, channels: $channels, kernel: 1, stride: $stride, bias: false}
          1: {op: batch_norm}
      add:   {op: add, from: [bn2, short]}
      relu2: {op: relu}
nodes:
  conv1: {op: conv2d, channels: $width, kernel: 3, pad: 1, bias: false}
  bn1:   {op: batch_norm}
  relu:  {op: relu}
  a:     {block: unit, channels: $width}
  b:     {block: unit, channels: "${2 * width}", stride: 2}
  pool:  {op: global_avg_pool}
  drop:  {op: dropout, probability: 0.2}
  fc:    {op: linear, features: 4}
"""

SUITE = f"""version: 1
suite: small
graph: graph.yaml
set: {{width: 8}}
data: {{kind: idx, root: data, classes: {CLASSES}, hold_out: {HELD_OUT}}}
"""

TRAINED = f"""train:
  epochs: {EPOCHS}
  batch: {BATCH}
  checkpoint_every: 0.004
  loss: {{op: softmax_cross_entropy, label_smoothing: 0.1}}
  optimiser: {{kind: sgd, momentum: 0.9, nesterov: true, weight_decay: 5e-4}}
  schedule: {{kind: one_cycle, peak: 0.05}}
  augment: [{{crop: {{pad: 1}}}}, flip]
evaluate: {{split: test, batch: 50, limit: 300}}
groups:
  each: {{hook: each.lua}}
"""

GIVEN = """weights: undisturbed/seed-0/weights.safetensors
initial: undisturbed/seed-0/initial.safetensors
evaluate: {split: test, batch: 50, batch_norm: recalibrated, calibration: 100}
groups:
  pairs: {hook: pairs.lua}
  kinds: {hook: kinds.lua}
"""

ASKING = """weights: undisturbed/seed-0/weights.safetensors
evaluate: {split: test, batch: 50, limit: 300}
groups:
  search: {hook: search.lua}
"""

SEARCH = """return function(net)  -- takes the layer that costs least, again and again
  local left, gone, cases = net:nodes("conv2d"), {}, {}
  while #left > 0 do
    local questions, best = {}, 1
    for i, conv in ipairs(left) do
      local layers = table.move(gone, 1, #gone, 1, {})
      layers[#layers + 1] = conv
      questions[i] = {zero = layers}
    end
    local answers = net:evaluate_all(questions)
    for i, answer in ipairs(answers) do
      if answer.value > answers[best].value then best = i end
    end
    gone[#gone + 1] = table.remove(left, best)
    cases[#cases + 1] = {name = #gone .. " gone", zero = table.move(gone, 1, #gone, 1, {})}
  end
  return cases
end
"""

EACH = """return function(net)
  local cases = {}
  for i, conv in ipairs(net:nodes("conv2d")) do cases[i] = {name = conv.name, zero = conv} end
  return cases
end
"""

PAIRS = """return function(net)
  local cases, convs = {}, net:nodes("conv2d")
  for i, a in ipairs(convs) do
    for j = i, #convs do
      local b = convs[j]
      cases[#cases + 1] = {name = a.name .. " " .. b.name, zero = i == j and {a} or {a, b}}
    end
  end
  return cases
end
"""

KINDS = """return function(net)
  return {
    {name = "mean", mean = "a.conv2"},
    {name = "reinit", reinit = {"a.conv1", "b.conv2"}},
    {name = "rerandomise", rerandomise = "fc", seed = 1},
    {name = "noise", noise = "b.conv1", deviation = 0.5, seed = 2},
    {name = "drop", drop = "a"},
  }
end
"""
CASES = 1 + 6 * 7 // 2 + 5  # with outcomes: the baseline, the pairs of six convolutions, the kinds


def write_idx(folder, name, count, rng):
    """Squares in noise: high or low, grey or bright. A flip from left to right changes no class."""
    pixels, labels = bytearray(), bytearray()
    for _ in range(count):
        label = rng.randrange(CLASSES)
        top, bright = 6 * (label // 2), 60 + 60 * (label % 2)
        for row in range(SIDE):
            for column in range(SIDE):
                inside = top < row < top + 5 and 3 <= column < 9
                pixels.append(rng.randrange(130) + bright * inside)
        labels.append(label)
    (folder / f"{name}-images-idx3-ubyte").write_bytes(struct.pack(">4I", 0x803, count, SIDE, SIDE) + pixels)
    (folder / f"{name}-labels-idx1-ubyte").write_bytes(struct.pack(">2I", 0x801, count) + labels)


def make_suite(folder):
    rng = random.Random(1)
    (folder / "data").mkdir()
    write_idx(folder / "data", "train", TRAIN + HELD_OUT, rng)
    write_idx(folder / "data", "t10k", TEST, rng)
    (folder / "graph.yaml").write_text(GRAPH)
    (folder / "train.yaml").write_text(SUITE + TRAINED)
    (folder / "measure.yaml").write_text(SUITE + GIVEN)
    (folder / "search.yaml").write_text(SUITE + ASKING)
    for name, hook in (("each", EACH), ("pairs", PAIRS), ("kinds", KINDS), ("search", SEARCH)):
        (folder / f"{name}.lua").write_text(hook)


class Run:
    """A run folder, and the processes that work in it."""

    def __init__(self, folder, suite, out, settings=()):
        self.folder, self.suite, self.out = folder, suite, folder / out
        self.settings = [word for setting in settings for word in ("--set", setting)]

    def start(self, threads=1, most_bytes=None):
        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))

        return subprocess.Popen(
            [PROGRAM, "run", self.suite, "--out", self.out.name, "--threads", str(threads), *self.settings],
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "OMP_WAIT_POLICY": "passive"},  # the machine may be busy
            preexec_fn=limit if most_bytes is not None else None,
        )

    def finish(self, **options):
        """Runs to the end; returns the exit status and what went to standard error."""
        process = self.start(**options)
        _, errors = process.communicate(timeout=TIME_LIMIT)
        return process.returncode, errors

    # --- training ---------------------------------------------------------------------------------

    def checkpoints(self):
        """The steps done, over all epochs, of every readable checkpoint."""
        found = []
        for path in (self.out / "seed-0").glob("checkpoint-?.safetensors"):
            bytes_ = path.read_bytes()
            (length,) = struct.unpack("<Q", bytes_[:8])
            about = json.loads(bytes_[8 : 8 + length])["__metadata__"]
            found.append(int(about["epoch"]) * STEPS + int(about["step"]))
        return found

    def steps(self):
        try:
            return max(self.checkpoints(), default=0)
        except FileNotFoundError:  # removed between two looks
            return 0

    def trained(self):
        return (self.out / "seed-0" / "weights.safetensors").exists()

    # --- measuring --------------------------------------------------------------------------------

    @property
    def store(self):
        return self.out / "outcomes.sqlite"

    def watch_shards(self):
        """How many shards a running process has saved. Only looks: what a killed process left
        half-written must stay so for the next one, and is none of the shards."""
        try:
            with closing(sqlite3.connect(f"file:{self.store}?mode=ro", uri=True, timeout=5)) as store:
                return store.execute("SELECT count(DISTINCT number) FROM shard").fetchone()[0]
        except sqlite3.OperationalError:  # not there, without its tables, or half-written
            return 0

    def watch_rows(self):
        """How many rows of shards a running process has saved."""
        try:
            with closing(sqlite3.connect(f"file:{self.store}?mode=ro", uri=True, timeout=5)) as store:
                return store.execute("SELECT count(*) FROM shard").fetchone()[0]
        except sqlite3.OperationalError:
            return 0

    def rows(self):
        """All rows of each table, as the next process will find them: what is half-written is undone,
        in a copy."""
        with tempfile.TemporaryDirectory(dir=self.folder) as other:
            for path in self.out.glob("outcomes.sqlite*"):
                shutil.copy(path, other)
            with closing(sqlite3.connect(f"{other}/outcomes.sqlite")) as store:
                return {
                    "numerics": store.execute("SELECT * FROM numerics ORDER BY id").fetchall(),
                    "measured": store.execute("SELECT * FROM measured ORDER BY key").fetchall(),
                    "shard": store.execute("SELECT rowid, * FROM shard ORDER BY rowid").fetchall(),
                    "result": store.execute("SELECT * FROM result ORDER BY position").fetchall(),
                }

    def shards(self):
        """The rows of the shards. All cases' are saved at once: each number that is there at all is
        there for each case."""
        if not self.store.exists() or self.store.stat().st_size == 0:
            return []
        shards = self.rows()["shard"]
        numbers = [row[3] for row in shards]
        assert numbers == sorted(numbers) and all(numbers.count(n) == CASES for n in numbers)
        return shards

    # --- both -------------------------------------------------------------------------------------

    def outcome(self):
        found = self.rows()
        for path in self.out.glob("**/*s.csv"):
            rows = path.read_text().splitlines()
            timed = path.stem == "metrics"  # each row's last column is the seconds
            found[path.name] = [row.rpartition(",")[0] for row in rows] if timed else rows
        for path in self.out.glob("seed-0/*.safetensors"):
            found[path.name] = path.read_bytes()
        found["results.json"] = json.loads((self.out / "results.json").read_text())
        del found["results.json"]["provenance"]["threads"]
        return found

    def files(self):
        return sorted(str(path.relative_to(self.out)) for path in self.out.rglob("*") if path.is_file())


def digest(key, samples, sample_bytes, number, loss, numerics, outcomes):
    """As store.c has it; the loss as C's %a."""
    loss = re.sub(r"\.?0*p", "p", loss.hex())
    line = f"{key} {samples} {sample_bytes} {number} {loss}\n{numerics}\n"
    return hashlib.sha256(line.encode() + outcomes).hexdigest()


def mark(path):
    """Turns every shard's first outcome into its opposite. Returns the rows."""
    with closing(sqlite3.connect(path)) as store, store:
        rows = store.execute(
            "SELECT shard.rowid, outcomes, digest, key, samples, sample_bytes, number, loss, line"
            " FROM shard JOIN measured USING (key, numerics) JOIN numerics ON id = shard.numerics"
            " ORDER BY shard.rowid"
        ).fetchall()
        for row, outcomes, known, *about in rows:
            assert digest(*about, outcomes) == known
            outcomes = bytes([1 - outcomes[0]]) + outcomes[1:]
            store.execute(
                "UPDATE shard SET outcomes = ?, digest = ? WHERE rowid = ?",
                (outcomes, digest(*about, outcomes), row),
            )
        return store.execute("SELECT rowid, * FROM shard ORDER BY rowid").fetchall()


def wait_until(condition, process):
    """Whether the condition came true before the process ended."""
    deadline = time.monotonic() + TIME_LIMIT
    while not condition():
        if process.poll() is not None:
            return False
        if time.monotonic() > deadline:
            process.kill()
            raise AssertionError("nothing happens")
        time.sleep(0.0005)
    return True


class Disturbed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory(prefix="nontrivial-fault-")
        cls.folder = Path(cls.temporary.name)
        make_suite(cls.folder)
        cls.expected = {}
        cls.undisturbed(Run(cls.folder, "train.yaml", "undisturbed"))
        measuring = Run(cls.folder, "measure.yaml", "undisturbed-measuring")
        begun = time.monotonic()
        cls.undisturbed(measuring)
        measured = time.monotonic()
        errors = cls.undisturbed(measuring)  # once more, which has nothing to do
        cls.startup = time.monotonic() - measured
        cls.shard = max(0, measured - begun - cls.startup) / SHARDS
        if f"{CASES} outcomes were known from before" not in errors:
            raise AssertionError(errors)

    @classmethod
    def undisturbed(cls, run):
        status, errors = run.finish()
        if status != 0:
            raise AssertionError(errors)
        found = run.outcome(), run.files()
        if cls.expected.setdefault(run.suite, found) != found:
            raise AssertionError("the same run twice, with different results")
        return errors

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def new_run(self, suite="train.yaml", settings=(), again=""):
        return Run(self.folder, suite, self.id().split(".")[-1] + again, settings)

    def expect_same(self, run):
        outcome, files = self.expected[run.suite]
        for name in outcome:
            self.assertEqual(run.outcome()[name], outcome[name], name)
        self.assertEqual(run.files(), files)

    def signal_when(self, run, condition, number, delay=0.0, **options):
        """Starts, waits for the condition, sends the signal; returns the status and the errors."""
        process = run.start(**options)
        reached = wait_until(condition, process)
        time.sleep(delay)
        process.send_signal(number)
        _, errors = process.communicate(timeout=TIME_LIMIT)
        self.assertTrue(reached, f"ended too early with status {process.returncode}:\n{errors}")
        return process.returncode, errors

    def expect_resumed(self, errors, step):
        epoch, rest = step // STEPS + 1, step % STEPS
        if step and rest == 0 and f"resuming at epoch {epoch - 1}, step {STEPS}\n" in errors:
            return  # saved after an epoch's last step, before its end
        self.assertIn(f"resuming at epoch {epoch}, step {rest}\n", errors)

    # --- the undisturbed run itself ---------------------------------------------------------------

    def test_the_task_is_learnt(self):
        """Otherwise equal results would say little."""
        first = self.expected["train.yaml"][0]["results.csv"][1].split(",")
        self.assertEqual(first[0], "baseline")
        self.assertGreater(float(first[5]), 0.7)

    def test_threads(self):
        for suite in ("train.yaml", "measure.yaml"):
            run = self.new_run(suite, again=suite)
            self.assertEqual(run.finish(threads=2)[0], 0)
            self.expect_same(run)

    # --- kill -9 ----------------------------------------------------------------------------------

    def test_kill_in_training(self):
        rng = random.Random(20090)
        run, total, kept = self.new_run(), EPOCHS * STEPS, 0
        for k, at in enumerate(sorted(rng.sample(range(1, total - 10), 10))):
            # Each goes at least one step further than the one before, so that it says where it began.
            delay = rng.uniform(0, 0.008)
            status, errors = self.signal_when(
                run, lambda: run.steps() > max(at, kept), signal.SIGKILL, delay, threads=1 + k % 2
            )
            self.assertEqual(status, -signal.SIGKILL, errors)
            if kept:
                self.expect_resumed(errors, kept)
            kept = 0 if run.trained() else run.steps()
            if k < 8:
                self.assertGreater(kept, 0)
        status, errors = run.finish(threads=2)
        self.assertEqual(status, 0, errors)
        self.expect_same(run)

    def expect_evaluated(self, errors, before, after=SHARDS):
        """What a process did that found `before` shards and left `after`."""
        note = f"evaluated {after - before} of {SHARDS} shards\n"
        if 0 < after - before < SHARDS or after < SHARDS:
            self.assertIn(note, errors)
        else:
            self.assertNotIn("evaluated", errors)

    def kill_in_measuring(self, run, at, delay, threads):
        """Kills the process `delay` seconds after so many shards are saved. Whether it was in time."""
        process = run.start(threads=threads)
        wait_until(lambda: run.watch_shards() >= at, process)
        time.sleep(delay)
        process.kill()
        _, errors = process.communicate(timeout=TIME_LIMIT)
        self.assertIn(process.returncode, (0, -signal.SIGKILL), errors)
        return process.returncode != 0

    def test_kill_in_measuring(self):
        rng = random.Random(2009)
        runs, kills, between = [self.new_run("measure.yaml")], 0, 0
        while kills < KILLS:
            run = runs[-1]
            before = run.shards()
            done = len(before) // CASES
            at = min(done + (rng.random() < 0.4), SHARDS - 2)
            delay = rng.uniform(0, self.shard if at > done else self.startup + self.shard)
            if not self.kill_in_measuring(run, at, delay, 1 + kills % 2):
                self.expect_same(run)  # it was faster than thought
                runs.append(self.new_run("measure.yaml", again=str(len(runs))))
                continue
            after = run.shards()
            self.assertEqual(after[: len(before)], before)
            self.assertGreaterEqual(len(after), at * CASES)
            kills += 1
            between += 0 < len(after) < SHARDS * CASES
        self.assertGreater(between, KILLS // 3)
        done = len(runs[-1].shards()) // CASES
        status, errors = runs[-1].finish(threads=2)
        self.assertEqual(status, 0, errors)
        self.expect_evaluated(errors, done)
        self.expect_same(runs[-1])

    def test_saved_shards_are_not_measured_again(self):
        """Outcomes that nothing would give, but with their right digests, are still there at the end."""
        run = self.new_run("measure.yaml")
        self.assertTrue(self.kill_in_measuring(run, 3, 0, threads=1))
        marked = mark(run.store)
        done = len(run.shards()) // CASES
        self.assertGreaterEqual(done, 3)
        status, errors = run.finish()
        self.assertEqual(status, 0, errors)
        self.expect_evaluated(errors, done)
        shards = self.expected["measure.yaml"][0]["shard"]
        self.assertEqual(run.rows()["shard"], marked + shards[len(marked) :])

    def test_kill_in_searching(self):
        """A hook that asks: what was answered is not measured again, and the search ends as it would."""
        whole = self.new_run("search.yaml", again="undisturbed")
        self.undisturbed(whole)
        total = len(whole.rows()["shard"])
        rng, between = random.Random(63), 0
        for k in range(30):  # a search may be over before it is killed
            run, kept = self.new_run("search.yaml", again=str(k)), []
            while len(kept) < total:
                process = run.start(threads=1 + k % 2)
                wait_until(lambda: run.watch_rows() > len(kept), process)
                time.sleep(rng.uniform(0, 0.002))
                process.kill()
                process.communicate(timeout=TIME_LIMIT)
                rows = run.rows()["shard"]
                self.assertEqual(rows[: len(kept)], kept)
                between += len(kept) < len(rows) < total
                kept = rows
            status, errors = run.finish(threads=2)
            self.assertEqual(status, 0, errors)
            self.expect_same(run)
            if between >= 3:
                break
        self.assertGreater(between, 0)

    # --- signals ----------------------------------------------------------------------------------

    def test_signals_in_training(self):
        run, kept = self.new_run(), 0
        plan = (
            (signal.SIGINT, 130, "interrupted", 13),
            (signal.SIGTERM, 143, "terminated", 47),
            (signal.SIGINT, 130, "interrupted", 85),
        )
        for number, expected, word, at in plan:
            status, errors = self.signal_when(run, lambda at=at: run.steps() >= at, number)
            self.assertEqual(status, expected, errors)
            if kept:
                self.expect_resumed(errors, kept)
            kept = run.steps()
            self.assertGreaterEqual(kept, at)
            self.assertRegex(
                errors,
                rf"error: {word} at epoch \d+, step \d+; the state is saved; give the same command to go on\n$",
            )
        status, errors = run.finish()
        self.assertEqual(status, 0, errors)
        self.expect_resumed(errors, kept)
        self.expect_same(run)

    def test_signals_in_measuring(self):
        run, before = self.new_run("measure.yaml"), 0
        for number, expected, word, at in (
            (signal.SIGINT, 130, "interrupted", 1),
            (signal.SIGTERM, 143, "terminated", 3),
        ):
            status, errors = self.signal_when(run, lambda at=at: run.watch_shards() >= at, number)
            self.assertEqual(status, expected, errors)
            self.assertIn(f"error: {word} while measuring; what is measured is saved; give the same", errors)
            after = len(run.shards()) // CASES
            self.assertGreaterEqual(after, at)
            self.expect_evaluated(errors, before, after)
            before = after
        status, errors = run.finish()
        self.assertEqual(status, 0, errors)
        self.expect_evaluated(errors, before)
        self.expect_same(run)

    # One step of this takes seconds.
    SLOW = ("train.batch=64", "set.width=480")

    def test_second_signal(self):
        for first, second in ((signal.SIGINT, signal.SIGINT), (signal.SIGINT, signal.SIGTERM)):
            run = self.new_run(settings=self.SLOW, again=second.name)  # its own folder: seed-0 is awaited
            process = run.start()
            self.assertTrue(wait_until((run.out / "seed-0").exists, process))
            time.sleep(0.1)
            process.send_signal(first)
            time.sleep(0.1)
            self.assertIsNone(process.poll(), "the first signal ended it at once")
            begun = time.monotonic()
            process.send_signal(second)
            process.communicate(timeout=TIME_LIMIT)
            self.assertEqual(process.returncode, -second)
            self.assertLess(time.monotonic() - begun, 1)

    # --- a second process, a full disk ------------------------------------------------------------

    def test_second_process(self):
        run = self.new_run(settings=self.SLOW)
        process = run.start()
        self.assertTrue(wait_until((run.out / "seed-0").exists, process))
        status, errors = run.finish()
        self.assertEqual(status, 1)
        self.assertEqual(
            errors.partition("\n")[2],  # after what data were found
            "test_second_process: error: is in use by another process; wait for it to end, or choose "
            "another folder\n",
        )
        process.kill()
        process.communicate(timeout=TIME_LIMIT)
        other = Run(self.folder, run.suite, run.out.name)  # the lock went with the process
        status, errors = other.finish()
        self.assertEqual(status, 0, errors)
        self.expect_same(other)

    def test_full_disk_in_training(self):
        run = self.new_run()
        self.signal_when(run, lambda: run.steps() >= 30, signal.SIGKILL)
        kept = run.checkpoints()
        smallest = min(path.stat().st_size for path in (run.out / "seed-0").glob("checkpoint-?.safetensors"))
        status, errors = run.finish(most_bytes=smallest // 2)
        self.assertEqual(status, 1, errors)
        self.assertRegex(errors, r"checkpoint-\d.safetensors: error: cannot write: File too large\n$")
        self.assertEqual(sorted(run.checkpoints()), sorted(kept))
        self.assertFalse(any(name.endswith(".tmp") for name in run.files()))
        status, errors = run.finish()
        self.assertEqual(status, 0, errors)
        self.expect_resumed(errors, max(kept))
        self.expect_same(run)

    def test_full_disk_in_measuring(self):
        run = self.new_run("measure.yaml")
        self.assertTrue(self.kill_in_measuring(run, 2, 0, threads=1))
        before = run.shards()
        # By then the file is larger than what LLVM's OpenMP wants of shared memory, which is limited too.
        size = run.store.stat().st_size
        for more in (0, 10000):
            status, errors = run.finish(most_bytes=size + more)
            self.assertEqual(status, 1, errors)
            self.assertRegex(errors, r"outcomes.sqlite: error: cannot write: .+; what was saved .+ is kept\n$")
            self.assertEqual(run.shards(), before)
        status, errors = run.finish()
        self.assertEqual(status, 0, errors)
        self.expect_evaluated(errors, len(before) // CASES)
        self.expect_same(run)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    PROGRAM = str(Path(sys.argv.pop(1)).resolve(strict=True))
    unittest.main()
