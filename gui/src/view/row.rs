//! One line of a conversation as a row of text: what stands in it, in which colours, how high it will be, and which parts
//! of it are links.

use std::collections::HashMap;
use std::ops::Range;

use egui::text::{LayoutJob, LayoutSection, TextFormat};
use egui::{Color32, FontId, Stroke};

use super::theme::{self, Palette};
use crate::model::log::{Line, LineKind, Log, NewLine};
use crate::model::text::{find_name, links};

/// Where things stand in a row: the time, then the name of who speaks up to the text, then the text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Columns {
    /// What the name may take.
    pub(super) name: f32,
    /// Where the text begins.
    pub(super) text: f32,
    /// What the text may take.
    pub(super) width: f32,
}

/// Space left and right of a row.
pub(super) const MARGIN: f32 = 10.0;
/// What the time takes, with the space behind it.
const TIME_WIDTH: f32 = 42.0;
/// Between a name and what is said.
pub(super) const BEHIND_NAME: f32 = 10.0;
/// Space above and below the text of a row, together.
pub(super) const PADDING: f32 = 4.0;
/// Space above the first message of an author.
const GROUP_GAP: f32 = 5.0;
/// What a day takes that begins with a row.
pub(super) const DAY_HEIGHT: f32 = 34.0;

impl Columns {
    /// In a list of this width.
    pub(super) fn in_width(width: f32) -> Self {
        let name = if width < 560.0 { 70.0 } else { 104.0 };
        let text = MARGIN + TIME_WIDTH + name + BEHIND_NAME;
        Self { name, text, width: (width - text - MARGIN).max(60.0).floor() }
    }
}

/// What stands above a row: the day that begins, or the space before another author.
pub(super) fn above(line: &Line<'_>) -> f32 {
    let day = if line.new_day { DAY_HEIGHT } else { 0.0 };
    let gap = if line.what.kind == LineKind::Say && !line.follows { GROUP_GAP } else { 0.0 };
    day + gap
}

/// The text of a row as it is shown and selected; the name of who speaks stands beside it.
pub(super) fn plain(line: &NewLine<'_>) -> String {
    match line.kind {
        LineKind::Act => format!("* {} {}", line.author, line.text),
        LineKind::Error => format!("! {}", line.text),
        _ => line.text.to_owned(),
    }
}

/// The same for who does not see where it stands: with the name.
pub(super) fn spoken(line: &NewLine<'_>, text: &str) -> String {
    match line.kind {
        LineKind::Say => format!("{}: {text}", line.author),
        _ => text.to_owned(),
    }
}

/// Where the name of the author stands in [`plain`], in bytes.
fn author_range(line: &NewLine<'_>) -> Range<usize> {
    match line.kind {
        LineKind::Act => 2..2 + line.author.len(),
        _ => 0..0,
    }
}

/// Where in [`plain`] begins what was said or done, in bytes.
pub(super) fn name_end(line: &NewLine<'_>) -> usize {
    match author_range(line) {
        author if author.is_empty() => 0,
        author => author.end + " ".len(),
    }
}

/// The one row for many arrivals.
pub(super) fn fold_text(log: &Log, (first, end): (u64, u64)) -> String {
    let mut counts = [0_usize; 3];
    for line in log.iter_from(first).take((end - first) as usize) {
        match line.what.kind {
            LineKind::Came => counts[0] += 1,
            LineKind::Went => counts[1] += 1,
            _ => counts[2] += 1,
        }
    }
    let parts: Vec<String> = counts
        .into_iter()
        .zip(["came", "left", "changed their name"])
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    format!("+ {} (click to show)", parts.join(", "))
}

/// Lays a line out. `words` are those that the reader is called by, `found` are the parts to be marked, in bytes of the text.
pub(super) fn job(
    line: &NewLine<'_>,
    text: String,
    palette: &Palette,
    words: &[&str],
    width: f32,
    found: &[Range<usize>],
) -> LayoutJob {
    let font = font(line.kind);
    let (color, is_talk) = match line.kind {
        LineKind::Say | LineKind::Act => (palette.text, true),
        LineKind::Error => (palette.error, false),
        LineKind::Reply => (palette.text, false),
        _ => (palette.dim, false),
    };
    let mut marks: Vec<(Range<usize>, Mark)> = Vec::new();
    if is_talk {
        marks.push((author_range(line), Mark::Color(palette.name(line.author))));
        let said = name_end(line);
        if line.mention {
            for range in words.iter().flat_map(|word| find_name(line.text, word)) {
                let range = range.start + said..range.end + said;
                marks.push((range, Mark::Color(palette.alert)));
            }
        }
    }
    marks.extend(links(&text).into_iter().map(|range| (range, Mark::Link(palette.link))));
    marks.extend(found.iter().map(|range| (range.clone(), Mark::Found(palette.found))));
    let sections = sections(&text, &marks, &font, color);
    let mut job = LayoutJob { text, sections, ..LayoutJob::default() };
    job.wrap.max_width = width;
    job
}

/// What the font of a kind of line is.
pub(super) fn font(kind: LineKind) -> FontId {
    match kind {
        LineKind::Reply => theme::mono(),
        _ => theme::body(),
    }
}

enum Mark {
    Color(Color32),
    Link(Color32),
    Found(Color32),
}

/// Cuts the text wherever a mark begins or ends.
fn sections(
    text: &str,
    marks: &[(Range<usize>, Mark)],
    font: &FontId,
    color: Color32,
) -> Vec<LayoutSection> {
    let mut cuts: Vec<usize> =
        marks.iter().flat_map(|(range, _)| [range.start, range.end]).collect();
    cuts.extend([0, text.len()]);
    cuts.sort_unstable();
    cuts.dedup();
    cuts.windows(2)
        .map(|cut| {
            let byte_range = cut[0]..cut[1];
            let mut format = TextFormat::simple(font.clone(), color);
            for (range, mark) in marks {
                if range.start > byte_range.start || range.end < byte_range.end {
                    continue;
                }
                match mark {
                    Mark::Color(color) => format.color = *color,
                    Mark::Link(color) => {
                        format.color = *color;
                        format.underline = Stroke::new(1.0, *color);
                    }
                    Mark::Found(color) => format.background = *color,
                }
            }
            LayoutSection { leading_space: 0.0, byte_range, format }
        })
        .collect()
}

/// How high rows will be, guessed from the widths of their letters: laying all of them out would take a hundred times as long.
#[derive(Debug, Default)]
pub(super) struct Estimate {
    ascii: Vec<f32>,
    other: HashMap<char, f32>,
    mono: f32,
    body_height: f32,
    mono_height: f32,
    width: f32,
}

impl Estimate {
    pub(super) fn new(context: &egui::Context, width: f32) -> Self {
        let scale = context.pixels_per_point();
        // Rows are laid out in whole pixels.
        let pixels = |height: f32| (height * scale).round() / scale;
        context.fonts(|fonts| Self {
            ascii: (0..128_u8)
                .map(|byte| fonts.glyph_width(&theme::body(), char::from(byte)))
                .collect(),
            other: HashMap::new(),
            mono: fonts.glyph_width(&theme::mono(), 'm'),
            body_height: pixels(fonts.row_height(&theme::body())),
            mono_height: pixels(fonts.row_height(&theme::mono())),
            width,
        })
    }

    /// The height of one row of text with what is around it.
    pub(super) fn single(&self) -> u32 {
        (self.body_height + PADDING).ceil() as u32
    }

    pub(super) fn height(&mut self, context: &egui::Context, line: &Line<'_>) -> u32 {
        let what = &line.what;
        let rows = match what.kind {
            LineKind::Reply => what.text.split('\n').map(|row| self.mono_rows(row)).sum::<usize>(),
            _ => {
                let before = match what.kind {
                    LineKind::Act => {
                        self.text_width(context, what.author) + self.text_width(context, "*  ")
                    }
                    _ => 0.0,
                };
                self.rows(context, what.text, before)
            }
        };
        let row = match what.kind {
            LineKind::Reply => self.mono_height,
            _ => self.body_height,
        };
        (rows as f32 * row + PADDING + above(line)).ceil() as u32
    }

    fn mono_rows(&self, text: &str) -> usize {
        let width = text.chars().count() as f32 * self.mono;
        ((width / self.width).ceil() as usize).max(1)
    }

    fn text_width(&mut self, context: &egui::Context, text: &str) -> f32 {
        text.chars().map(|c| self.glyph(context, c)).sum()
    }

    fn glyph(&mut self, context: &egui::Context, c: char) -> f32 {
        if let Some(width) = self.ascii.get(c as usize) {
            return *width;
        }
        *self
            .other
            .entry(c)
            .or_insert_with(|| context.fonts(|fonts| fonts.glyph_width(&theme::body(), c)))
    }

    /// Breaks at spaces, and within words that are wider than the row.
    fn rows(&mut self, context: &egui::Context, text: &str, before: f32) -> usize {
        let (mut rows, mut x, mut word) = (1, before, 0.0);
        for c in text.chars() {
            if c == '\n' {
                (rows, x, word) = (rows + 1, 0.0, 0.0);
                continue;
            }
            let width = self.glyph(context, c);
            x += width;
            word = if c == ' ' { 0.0 } else { word + width };
            if x > self.width && c != ' ' {
                rows += 1;
                if word > self.width {
                    word = width;
                }
                x = word;
            }
        }
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Theme;
    use crate::view::letters;

    fn line(kind: LineKind, text: &str) -> NewLine<'_> {
        NewLine { kind, author: "ada", text, time: 0, mention: true, own: false }
    }

    #[test]
    fn sections_cover_the_text_without_gaps() {
        let palette = Palette::of(Theme::Dark);
        let line = line(LineKind::Say, "bob, see http://a.example/ö and bob");
        let found = std::slice::from_ref(&(5..12));
        let job = job(&line, plain(&line), &palette, &["bob"], 100.0, found);
        let mut end = 0;
        for section in &job.sections {
            assert_eq!(section.byte_range.start, end);
            end = section.byte_range.end;
        }
        assert_eq!(end, job.text.len());
        let underlined: Vec<_> = job
            .sections
            .iter()
            .filter(|section| section.format.underline.width > 0.0)
            .map(|section| &job.text[section.byte_range.clone()])
            .collect();
        assert_eq!(underlined.concat(), "http://a.example/ö");
    }

    #[test]
    fn a_guessed_height_is_mostly_the_real_one() {
        let context = egui::Context::default();
        let _ = context.run(Default::default(), |_| {});
        let width = 300.0;
        let mut estimate = Estimate::new(&context, width);
        let palette = Palette::of(Theme::Dark);
        let mut wrong = 0;
        for length in 1..200 {
            let text: String = "the quick brown fox jumps, over öne läzy dog "
                .chars()
                .cycle()
                .skip(length % 7)
                .take(length)
                .collect();
            let what = line(LineKind::Say, text.trim());
            let row = Line { seq: 0, what, new_day: false, follows: true, run: 0 };
            let guessed = estimate.height(&context, &row);
            let job = job(&what, plain(&what), &palette, &[], width, &[]);
            let galley = letters::lay_out(&context, job);
            wrong += usize::from((galley.rect.height() + PADDING).ceil() as u32 != guessed);
        }
        assert!(wrong <= 10, "{wrong} of 200");
    }
}
