#!/usr/bin/env sh
# Browser tests need a Chromium with an emoji font. On Debian and Ubuntu as root we install them;
# elsewhere we say what is missing, and the browser tests are skipped with that reason.
if command -v chromium >/dev/null 2>&1; then exit 0; fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "==> Installing Chromium for the browser tests"
  apt-get update -qq && apt-get install -y -qq chromium fonts-noto-color-emoji libgomp1 >/dev/null && exit 0
fi
echo "No Chromium found: browser tests will be skipped. Install chromium to run them." >&2
