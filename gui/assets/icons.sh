#!/usr/bin/env bash
# Makes the pictures beside the drawing from the drawing, after it was changed. Needs rsvg-convert (librsvg2-bin) and ImageMagick.
set -euo pipefail
cd "$(dirname "$0")"

for side in 48 128; do
    rsvg-convert --width "$side" --height "$side" salotto-gui.svg --output "icon-$side.png"
done
# What the window manager is given: bare pixels, so that the program needs no decoder.
convert icon-48.png -depth 8 rgba:icon-48.rgba
