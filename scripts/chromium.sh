#!/bin/sh
# The browser of the end-to-end tests.
set -eu
command -v chromium >/dev/null && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing chromium …" >&2
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -q >/dev/null
    apt-get install -q -y --no-install-recommends chromium >/dev/null
    exit 0
fi
echo "The end-to-end tests need Chromium as \`chromium\` on the PATH (Debian: apt-get install chromium)." >&2
exit 1
