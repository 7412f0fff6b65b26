"""What machine the benchmark ran on, and with which libraries."""

import os
import platform
from importlib.metadata import version
from pathlib import Path

import torch

FLAGS = {"avx2": "AVX2", "avx512f": "AVX-512", "avx512_bf16": "AVX-512 bf16", "amx_tile": "AMX"}
LIBRARIES = ("av", "opencv-python-headless", "numpy", "torch", "facenet-pytorch")


def facts() -> list[str]:
    """Tell of processor, memory, GPU and libraries."""
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    flags = next((line.split(":")[1].split() for line in lines if line.startswith("flags")), [])
    known = [title for flag, title in FLAGS.items() if flag in flags]
    gigabytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else "no GPU"
    return [
        f"{len(os.sched_getaffinity(0))} cores ({platform.machine()}; {', '.join(known) or 'no vector units known'}; "
        f"AMX: {'yes' if 'amx_tile' in flags else 'no'}), {gigabytes:.0f} GB of memory, {gpu}",
        f"Python {platform.python_version()}, " + ", ".join(f"{name} {version(name)}" for name in LIBRARIES),
    ]


def part() -> str:
    """Name the part of the page that this machine renews: there is one for a CPU and one for a GPU."""
    return f"way, {'GPU' if torch.cuda.is_available() else 'CPU'}"
