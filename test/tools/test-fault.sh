#!/usr/bin/env bash
# npm run test:fault: the long forms of the fault tests, which npm test only samples: all pairs of kills,
# a power loss before each fsync, many lives of a mailbox. SEED=N draws other lives.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
export FULL=1 SEED="${SEED:-$RANDOM}"
echo "SEED=$SEED"
node --test --test-concurrency=1 --test-timeout=14400000 --test-reporter=spec \
  test/fault/power-loss.test.ts test/fault/life.test.ts test/fault/kill-pairs.test.ts </dev/null
