"""What DVC needs for crops in shards, and for the same crops as loose files.

In scratch repositories with the settings of this one and a remote on the same disk; nothing else is touched. DVC never
looks into files, so random bytes of the sizes of real crops stand for pictures. Whatever the files, each command takes
its time to start: hence the same commands on a single small file, and a column of what each layout takes beyond that.
"""

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from bench import docs
from bench.dvc.material import EACH, LAYOUTS, SHARDS, crops
from bench.dvc.measure import measure
from bench.dvc.page import table

PART = "dvc"


def main() -> None:
    """Measure, print, and renew the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=20_000, help="number of crops")
    parser.add_argument("--repeat", type=int, default=3, help="runs of each command, of which the fastest counts")
    parser.add_argument("--scratch", type=Path, help="existing folder for the scratch repositories")
    docs.add_write(parser, PART)
    arguments = parser.parse_args()
    os.environ["DVC_NO_ANALYTICS"] = "1"
    videos = crops(arguments.count)
    megabytes = sum(len(picture) for listed in videos.values() for _, picture in listed) / 1e6
    with TemporaryDirectory(dir=arguments.scratch) as folder:
        found = {}
        for name, write in LAYOUTS.items():
            found[name] = measure(Path(folder) / name, write, videos, arguments.repeat)
            shutil.rmtree(Path(folder) / name)
    version = subprocess.run([sys.executable, "-m", "dvc", "--version"], capture_output=True, text=True, check=True)
    text = (
        f"{len(videos) * EACH:,} crops ({megabytes:.0f} MB) of {len(videos):,} videos, in {SHARDS} shards or as loose "
        f"files; DVC {version.stdout.strip()}, cache and remote on one local disk, links as DVC chooses them (copies "
        f"where the file system has no reflinks); the fastest of {arguments.repeat} runs, of those that add something "
        "one. Start-up is the same command on one small file."
    )
    said = "\n".join([*table(found), "", docs.wrapped(text)])
    docs.tell(said, PART, arguments.write)


if __name__ == "__main__":
    main()
