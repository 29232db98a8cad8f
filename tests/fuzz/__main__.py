"""The long run: fresh seeds until time is up; the seed of whatever does not hold is printed."""

import argparse
import os
import random
import sys
import time

from .loaders import LOADERS
from .run import Fault, fuzz
from .window import fuzz_window

PORTION = 50  # files of one seed


def main() -> int:
    parser = argparse.ArgumentParser(prog="build.py fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=5.0, help="how long (default: %(default)s)")
    parser.add_argument("--loader", choices=LOADERS, action="append", help="this one alone; may come again")
    parser.add_argument("--seed", type=int, help="this one alone, once")
    parser.add_argument(
        "--window",
        metavar="BLENDER",
        help="a Blender's command: instead of loaders, its painted viewport under random input",
    )
    arguments = parser.parse_args()
    if arguments.window:
        print(fuzz_window(arguments.window, arguments.minutes, arguments.seed))
        return 0
    say = os.fdopen(os.dup(1), "w", buffering=1).write
    for stream in (1, 2):  # what libraries write about damaged files is not what is sought
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream)
    end, tried, faults = time.monotonic() + 60 * arguments.minutes, 0, 0
    names = arguments.loader or list(LOADERS)
    while True:
        for name in names:
            seed = random.randrange(1 << 32) if arguments.seed is None else arguments.seed
            tried += PORTION
            try:
                fuzz(name, seed, PORTION)
            except Fault as fault:
                faults += 1
                say(f'{fault}\n  again: python3 build.py fuzz --loader "{name}" --seed {seed}\n')
            if time.monotonic() > end and arguments.seed is None:
                break
        else:
            if arguments.seed is None:
                continue
        break
    say(f"{tried} files, {faults} seeds with one that does not hold\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
