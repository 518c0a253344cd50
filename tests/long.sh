#!/usr/bin/env bash
# tests/run.sh with every test in its long form: full counts, sweeps and soaks.
set -euo pipefail
KYSO_LONG=1 exec "$(dirname "${BASH_SOURCE[0]}")/run.sh"
