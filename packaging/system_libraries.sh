#!/bin/sh
# Sees to it that Qt's system libraries are there: installs them where it is root on Debian or
# Ubuntu, else says the exact command. With "test" also the virtual display, browsers and font of the tests, with
# "screenshots" also the font of the pictures, with "build" also what packaging/rater builds with.
set -eu

runtime="libegl1 libgl1 libxkbcommon-x11-0 libxcb-cursor0 libxcb-icccm4 libxcb-keysyms1 libxcb-shape0 libdbus-1-3 fonts-dejavu-core"
building="binutils patchelf xvfb fonts-noto-core"
testing="xvfb xdotool chromium chromium-driver firefox-esr fonts-inter"

[ "$(uname -s)" = Linux ] || exit 0
if ! command -v dpkg-query >/dev/null 2>&1; then
    echo "Qt needs EGL, GL, xkbcommon-x11, xcb-cursor, xcb-icccm, xcb-keysyms, xcb-shape and D-Bus libraries;"
    echo "install them with your system's package manager if the window does not come up."
    exit 0
fi

wanted=$runtime
[ "${1:-}" = build ] && wanted="$wanted $building"
[ "${1:-}" = test ] && wanted="$wanted $testing"
[ "${1:-}" = screenshots ] && wanted="$wanted fonts-inter"
python3 -c "import ensurepip" >/dev/null 2>&1 || wanted="$wanted python3-venv"

missing=""
for package in $wanted; do
    state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$state" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ]; then
    echo "Installing system libraries:$missing"
    export DEBIAN_FRONTEND=noninteractive
    # shellcheck disable=SC2086
    apt-get install -y -qq --no-install-recommends $missing >/dev/null 2>&1 || {
        apt-get update -qq
        # shellcheck disable=SC2086
        apt-get install -y -qq --no-install-recommends $missing >/dev/null
    }
else
    echo "Some system libraries are missing. Type this, then run make again:"
    echo "    sudo apt-get install -y$missing"
    exit 1
fi
