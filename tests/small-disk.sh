#!/usr/bin/env bash
# Mounts a small disk in memory, has the test of full disks fill it, and takes it away again, whatever happens. Where that may not be done it says so and is content.
set -euo pipefail
cd "$(dirname "$0")/.."

skip() { printf 'skipped: no small disk can be mounted here (%s)\n' "$1"; exit 0; }

[ "$(id -u)" = 0 ] || skip 'not root'
disk=$(mktemp -d)
clean() {
    # Whoever still has a file open there keeps it until they end, but nobody finds it any more.
    if mountpoint -q "$disk"; then umount "$disk" || umount --lazy "$disk"; fi
    rmdir "$disk"
}
trap clean EXIT
# Bash runs the one above as it ends.
trap 'exit 130' INT
trap 'exit 143' TERM HUP
mounting=$(mount -t tmpfs -o size=8m,mode=0700 salotto-small-disk "$disk" 2>&1) || skip "$mounting"

SALOTTO_SMALL_DISK=$disk cargo test -p salotto-tests --test e2e --locked -- failing_disk::a_full_disk --nocapture
