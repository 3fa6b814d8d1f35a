# Brings what the window and its tests need, where Debian's apt is and something is missing. Sourced by the scripts beside it.

need_window_tools() {
    local missing=()
    local tool
    for tool in Xvfb:xvfb xdotool:xdotool openbox:openbox xclip:xclip xclock:x11-apps setxkbmap:x11-xkb-utils import:imagemagick; do
        command -v "${tool%%:*}" >/dev/null || missing+=("${tool##*:}")
    done
    # What the window is compared with.
    /usr/bin/python3 -c 'import tkinter' 2>/dev/null || missing+=(python3-tk)
    # What the program itself opens at run time.
    local library
    for library in libGL.so.1:libgl1 libX11.so.6:libx11-6 libXi.so.6:libxi6 libxkbcommon.so.0:libxkbcommon0; do
        ldconfig -p | grep -q "${library%%:*}" || missing+=("${library##*:}")
    done
    [ -e /usr/lib/x86_64-linux-gnu/dri/swrast_dri.so ] || [ -e /usr/lib/aarch64-linux-gnu/dri/swrast_dri.so ] ||
        missing+=(libgl1-mesa-dri)
    local sudo=""
    [ "$(id -u)" = 0 ] || sudo=sudo
    if [ ${#missing[@]} -gt 0 ]; then
        echo "installing: ${missing[*]}"
        $sudo apt-get update -q
        DEBIAN_FRONTEND=noninteractive $sudo apt-get install -q -y --no-install-recommends "${missing[@]}"
    fi
    # Its figures stand beside ours; where it is not to be had they are left out.
    if ! command -v hexchat >/dev/null; then
        DEBIAN_FRONTEND=noninteractive $sudo apt-get install -q -y --no-install-recommends hexchat || echo "no HexChat to be measured"
    fi
}

need_window_tools
