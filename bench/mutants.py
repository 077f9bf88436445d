"""How many of the mutants that `make mutants` made were seen by a test; fewer than 90 % is a failure."""

import json
import sys
from pathlib import Path

STATS = Path("mutants/mutmut-cicd-stats.json")
DEMANDED = 0.90


def main() -> int:
    """Print the figure, and return 1 when it is too low."""
    stats = json.loads(STATS.read_text(encoding="utf-8"))
    killed, total = stats["killed"] + stats["timeout"], stats["total"] - stats["skipped"]
    share = killed / total
    print(
        f"{killed} of {total} mutants were seen by a test: {share:.1%} (at least {DEMANDED:.0%} are demanded)"
    )
    return 0 if share >= DEMANDED else 1


if __name__ == "__main__":
    sys.exit(main())
