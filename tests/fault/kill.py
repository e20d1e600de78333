#!/usr/bin/env python3
"""Disturbs a small suite and holds what comes out against an undisturbed run: processes killed while
they train and while they measure, signals, a second process in the same folder, a full disk.

    kill.py NONTRIVIAL [unittest's options]

Every moment is tied to what the run folder shows (a checkpoint's step, the lines measured), plus a
random delay from a fixed seed, so that slow machines and sanitizers see the same test. What must hold
at the end: weights.safetensors and results.csv are those of the undisturbed run, byte for byte, and
metrics.csv but for the seconds, at any number of threads, and no other file is left."""

import json
import random
import resource
import signal
import struct
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

PROGRAM = None  # set by main
TIME_LIMIT = 300  # seconds for anything to happen: sanitizers are slow
TRAIN, HELD_OUT, TEST, SIDE, CLASSES = 320, 40, 300, 12, 4
EPOCHS, BATCH = 6, 16
STEPS = TRAIN // BATCH

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
train:
  epochs: {EPOCHS}
  batch: {BATCH}
  checkpoint_every: 0.004
  loss: {{op: softmax_cross_entropy, label_smoothing: 0.1}}
  optimiser: {{kind: sgd, momentum: 0.9, nesterov: true, weight_decay: 5e-4}}
  schedule: {{kind: one_cycle, peak: 0.05}}
  augment: [{{crop: {{pad: 1}}}}, flip]
evaluate: {{split: test, batch: 50}}
groups:
  pairs: {{hook: pairs.lua}}
"""

HOOK = """return function(net)
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
CASES = 1 + 6 * 7 // 2  # the baseline, and the pairs of six convolutions


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
    (folder / "suite.yaml").write_text(SUITE)
    (folder / "pairs.lua").write_text(HOOK)


class Run:
    """A run folder, and the processes that work in it."""

    def __init__(self, folder, out, settings=()):
        self.folder, self.out = folder, folder / out
        self.settings = [word for setting in settings for word in ("--set", setting)]

    def start(self, threads=1, most_bytes=None):
        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))

        return subprocess.Popen(
            [PROGRAM, "run", "suite.yaml", "--out", self.out.name, "--threads", str(threads), *self.settings],
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=limit if most_bytes is not None else None,
        )

    def finish(self, **options):
        """Runs to the end; returns the exit status and what went to standard error."""
        process = self.start(**options)
        _, errors = process.communicate(timeout=TIME_LIMIT)
        return process.returncode, errors

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

    def measured(self):
        path = self.out / "measured.csv"
        return path.read_bytes().count(b"\n") if path.exists() else 0

    def outcome(self):
        names = ("seed-0/weights.safetensors", "results.csv")
        found = {name: (self.out / name).read_bytes() for name in names}
        rows = (self.out / "seed-0" / "metrics.csv").read_text().splitlines()
        found["metrics.csv but the seconds"] = [row.rpartition(",")[0] for row in rows]
        return found

    def files(self):
        return sorted(str(path.relative_to(self.out)) for path in self.out.rglob("*") if path.is_file())


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
        undisturbed = Run(cls.folder, "undisturbed")
        status, errors = undisturbed.finish()
        if status != 0:
            raise AssertionError(errors)
        cls.expected, cls.expected_files = undisturbed.outcome(), undisturbed.files()

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def new_run(self, settings=()):
        return Run(self.folder, self.id().split(".")[-1], settings)

    def expect_same(self, run):
        self.assertEqual(run.outcome(), self.expected)
        self.assertEqual(run.files(), self.expected_files)

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
        first = self.expected["results.csv"].decode().splitlines()[1].split(",")
        self.assertEqual(first[0], "baseline")
        self.assertGreater(float(first[5]), 0.7)

    def test_threads(self):
        run = self.new_run()
        self.assertEqual(run.finish(threads=2)[0], 0)
        self.expect_same(run)

    # --- kill -9 ----------------------------------------------------------------------------------

    def test_kill(self):
        rng = random.Random(20090)
        run, total = self.new_run(), EPOCHS * STEPS
        at_steps = sorted(rng.sample(range(1, total - 10), 10))
        at_lines = sorted(rng.sample(range(1, CASES - 6), 3))
        # Each process goes at least one step further than the one before, so that it says where it began.
        conditions = [lambda at=at: run.steps() > max(at, kept) for at in at_steps]
        conditions += [lambda at=at: run.measured() >= at for at in at_lines]
        kept = 0
        for k, condition in enumerate(conditions):
            status, errors = self.signal_when(
                run, condition, signal.SIGKILL, rng.uniform(0, 0.008), threads=1 + k % 2
            )
            self.assertEqual(status, -signal.SIGKILL, errors)
            if kept:
                self.expect_resumed(errors, kept)
            kept = 0 if run.trained() else run.steps()
            if k < len(at_steps) - 2:
                self.assertGreater(kept, 0)
        self.assertTrue(run.trained())
        lines = run.measured()
        self.assertGreaterEqual(lines, at_lines[-1])
        status, errors = run.finish(threads=2)
        self.assertEqual(status, 0, errors)
        self.assertNotIn("resuming", errors)
        self.expect_same(run)

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
        run, before = self.new_run(), 0
        for number, expected, word, at in (
            (signal.SIGINT, 130, "interrupted", 4),
            (signal.SIGTERM, 143, "terminated", 11),
        ):
            status, errors = self.signal_when(run, lambda at=at: run.measured() >= at, number)
            self.assertEqual(status, expected, errors)
            self.assertIn(f"error: {word} while measuring; what is measured is saved; give the same", errors)
            self.assertGreaterEqual(run.measured(), at)
            self.assertLess(run.measured(), CASES)
            self.assertGreater(run.measured(), before)
            before = run.measured()
        self.assertEqual(run.finish()[0], 0)
        keys = [line.split(",")[0] for line in (run.out / "measured.csv").read_text().splitlines()]
        self.assertEqual(len(keys), len(set(keys)))  # nothing was measured twice
        self.expect_same(run)

    # One step of this takes seconds.
    SLOW = ("train.batch=64", "set.width=480")

    def test_second_signal(self):
        for first, second in ((signal.SIGINT, signal.SIGINT), (signal.SIGINT, signal.SIGTERM)):
            run = self.new_run(self.SLOW)
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
        run = self.new_run(self.SLOW)
        process = run.start()
        self.assertTrue(wait_until((run.out / "seed-0").exists, process))
        status, errors = run.finish()
        self.assertEqual(status, 1)
        self.assertEqual(
            errors,
            "test_second_process: error: is in use by another process; wait for it to end, or choose "
            "another folder\n",
        )
        process.kill()
        process.communicate(timeout=TIME_LIMIT)
        other = Run(self.folder, run.out.name)  # the lock went with the process
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
        run = self.new_run()
        # By then the file is larger than what LLVM's OpenMP wants of shared memory, which is limited too.
        self.signal_when(run, lambda: run.measured() >= 14, signal.SIGKILL)
        size = (run.out / "measured.csv").stat().st_size
        status, errors = run.finish(most_bytes=size + 130)
        self.assertEqual(status, 1, errors)
        self.assertRegex(errors, r"measured.csv: error: cannot write: File too large\n$")
        self.assertEqual(run.finish()[0], 0)
        self.expect_same(run)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    PROGRAM = str(Path(sys.argv.pop(1)).resolve(strict=True))
    unittest.main()
