#!/usr/bin/env python3
"""Makes `faces/` of the fonts that egui comes with: all their letters, without what the window has no use for.

    pip install fonttools && gui/fonts/trim.py FOLDER

FOLDER is `fonts/` of the crate epaint_default_fonts 0.31.1. Left out are the instructions that fit letters to a grid of pixels, the tables of ligatures and kerning, and
the names of glyphs, none of which egui reads, with the glyphs that only those led to. Every character keeps its outline and its width.
"""

import sys
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

UNREAD = ["DSIG", "GDEF", "GPOS", "GSUB", "VDMX", "gasp", "hdmx"]
# What its licence asks of a font that was changed: the old name, and whose change it is.
RENAMED = {"Ubuntu-Light": "Ubuntu Light derivative Salotto"}
FAMILY, FULL_NAME, POSTSCRIPT_NAME, LONG_FAMILY, LONG_STYLE = 1, 4, 6, 16, 17


def trim(source: Path, target: Path) -> None:
    font = TTFont(source, recalcTimestamp=False)
    options = Options()
    options.hinting = False
    options.glyph_names = False
    options.layout_features = []
    options.drop_tables += UNREAD
    options.name_IDs = ["*"]
    options.notdef_outline = True
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=font.getBestCmap())
    subsetter.subset(font)
    if name := RENAMED.get(source.stem):
        font["name"].removeNames(nameID=LONG_FAMILY)
        font["name"].removeNames(nameID=LONG_STYLE)
        for record in font["name"].names:
            if record.nameID in (FAMILY, FULL_NAME):
                record.string = name
            elif record.nameID == POSTSCRIPT_NAME:
                record.string = name.replace(" ", "-")
    font.save(target)
    print(f"{target.name}: {source.stat().st_size} bytes, now {target.stat().st_size}")


faces = Path(__file__).parent / "faces"
for face in ["Ubuntu-Light.ttf", "NotoEmoji-Regular.ttf"]:
    trim(Path(sys.argv[1]) / face, faces / face)
