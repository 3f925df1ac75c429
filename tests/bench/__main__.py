"""`make bench`: `python -m tests.bench [understanding|throughput|latency|copies|growth|applications|console ...]`, all by default."""

from __future__ import annotations

import argparse
import os
import platform
import time
from datetime import date

from tests.bench import applications, console, copies, growth, throughput, understanding

PARTS = {
    "understanding": understanding.run,
    "throughput": throughput.run,
    "latency": throughput.run_paced,
    "copies": copies.run,
    "growth": growth.run,
    "applications": applications.run,
    "console": console.run,
}


def main() -> None:
    """Runs the parts asked for, one after the other."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    parser.add_argument("part", nargs="*", choices=[[], *PARTS], help="all by default")
    parts = parser.parse_args().part or list(PARTS)
    print(f"{date.today()}, Python {platform.python_version()}, {os.cpu_count()} cores")
    for part in parts:
        print(f"\n== {part}", flush=True)
        began = time.perf_counter()
        PARTS[part]()
        print(f"({time.perf_counter() - began:.0f} s)", flush=True)


if __name__ == "__main__":
    main()
