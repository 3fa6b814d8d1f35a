//! Text that runs from right to left. egui shows letters in the order in which they are stored, and each by itself; so what has such
//! letters is laid out twice, once to see where its lines end, and then with the letters of each line as they are seen: in their
//! order, and the Arabic ones joined.

use std::borrow::Cow;
use std::sync::Arc;

use egui::text::{LayoutJob, LayoutSection};
use egui::{Context, Galley};
use unicode_bidi::{BidiInfo, Level};
use unicode_normalization::char::is_combining_mark;

use super::{letters, theme};

/// What belongs to a text whose letters are not seen in the order in which they are stored.
#[derive(Debug)]
pub(super) struct Order {
    /// The text as it is stored.
    pub(super) stored: String,
    /// One for each letter that is seen, line breaks included.
    seen: Vec<Seen>,
}

/// A letter on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Seen {
    /// Which letter of the stored text it is.
    index: usize,
    /// Whether the next of the text is to the left of it.
    leftward: bool,
}

/// A letter with how it looks: the number of its section in the job.
type Letter = (char, usize);

impl Order {
    /// The position in the stored text of a position between two letters that are seen.
    pub(super) fn position(&self, seen: usize) -> usize {
        let is_break = |letter: &&Seen| letter.index == usize::MAX;
        let at = self.seen.get(seen).filter(|letter| !is_break(letter));
        let before = || seen.checked_sub(1).and_then(|before| self.seen.get(before));
        match (at, before()) {
            (Some(letter), _) => letter.index + usize::from(letter.leftward),
            (None, Some(letter)) => letter.index + usize::from(!letter.leftward),
            (None, None) => 0,
        }
    }

    /// Which letter of the stored text is seen there.
    pub(super) fn letter(&self, seen: usize) -> usize {
        self.seen.get(seen).map_or(usize::MAX, |letter| letter.index)
    }
}

/// Lays out a job in the order in which it is to be seen. The first `name` bytes are a paragraph by themselves.
pub(super) fn lay_out(
    context: &Context,
    job: LayoutJob,
    name: usize,
) -> (Arc<Galley>, Option<Arc<Order>>) {
    if !runs_leftward(&job.text) {
        return (letters::lay_out(context, job), None);
    }
    let mut letters = letters_of(&job);
    join(&mut letters, |c| context.fonts(|fonts| fonts.has_glyph(&theme::body(), c)));
    let levels = levels(&job.text, name);
    let name = job.text[..name].chars().count();
    let stored = letters::lay_out(context, assemble(&letters, &job));
    let (mut shown, mut seen) = (Vec::new(), Vec::new());
    let mut start = 0;
    for (number, row) in stored.rows.iter().enumerate() {
        let end = start + row.glyphs.len();
        let split = name.clamp(start, end);
        for part in [start..split, split..end] {
            for index in visual(&letters[part.clone()], &levels[part.clone()]) {
                let index = part.start + index;
                let leftward = levels[index].is_rtl();
                let (c, section) = letters[index];
                shown.push((if leftward { mirrored(c) } else { c }, section));
                seen.push(Seen { index, leftward });
            }
        }
        start = end + usize::from(row.ends_with_newline);
        if number + 1 < stored.rows.len() {
            let section = letters.get(end).map_or(0, |(_, section)| *section);
            shown.push(('\n', section));
            seen.push(Seen { index: usize::MAX, leftward: false });
        }
    }
    let mut lines = assemble(&shown, &job);
    lines.wrap.max_width = f32::INFINITY;
    (letters::lay_out(context, lines), Some(Arc::new(Order { stored: job.text, seen })))
}

/// One line as it is seen, for what is not selected.
pub(super) fn line(text: &str) -> Cow<'_, str> {
    if !runs_leftward(text) {
        return text.into();
    }
    let mut letters: Vec<Letter> = text.chars().map(|c| (c, 0)).collect();
    // The font that has the one has the other, too, where it came in for them.
    join(&mut letters, |_| true);
    let levels = levels(text, 0);
    let shown = visual(&letters, &levels).into_iter().map(|index| match levels[index].is_rtl() {
        true => mirrored(letters[index].0),
        false => letters[index].0,
    });
    shown.collect()
}

/// Whether there is a letter of Hebrew, Arabic or another script of that kind.
fn runs_leftward(text: &str) -> bool {
    !text.is_ascii()
        && text.chars().any(|c| {
            matches!(c, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}'
                | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}')
        })
}

fn letters_of(job: &LayoutJob) -> Vec<Letter> {
    let sections = job.sections.iter().enumerate();
    sections
        .flat_map(|(number, section)| {
            job.text[section.byte_range.clone()].chars().map(move |c| (c, number))
        })
        .collect()
}

/// A job like another, of these letters.
fn assemble(letters: &[Letter], like: &LayoutJob) -> LayoutJob {
    let mut job = LayoutJob { wrap: like.wrap.clone(), ..LayoutJob::default() };
    for run in letters.chunk_by(|one, other| one.1 == other.1) {
        let start = job.text.len();
        job.text.extend(run.iter().map(|(c, _)| c));
        let byte_range = start..job.text.len();
        let format = like.sections[run[0].1].format.clone();
        job.sections.push(LayoutSection { leading_space: 0.0, byte_range, format });
    }
    job
}

/// How deep each letter is in text of the other direction; odd is leftward.
fn levels(text: &str, name: usize) -> Vec<Level> {
    // A name stands before what is said, whatever script it is in; that runs as its first letter does.
    let name_levels = BidiInfo::new(&text[..name], Some(Level::ltr())).levels;
    let said_levels = BidiInfo::new(&text[name..], None).levels;
    let levels: Vec<Level> = name_levels.into_iter().chain(said_levels).collect();
    text.char_indices().map(|(at, _)| levels[at]).collect()
}

/// The letters of a part of a line in the order in which they are seen.
fn visual(letters: &[Letter], levels: &[Level]) -> Vec<usize> {
    // Space at the end of a line is seen at its end.
    let end = letters.iter().rposition(|(c, _)| !c.is_whitespace()).map_or(0, |last| last + 1);
    let mut order = BidiInfo::reorder_visual(&levels[..end]);
    // A mark comes after the letter that it stands on, also where that is drawn first.
    let is_mark = |index: &usize| levels[*index].is_rtl() && is_combining_mark(letters[*index].0);
    let mut at = 0;
    while at < order.len() {
        let marks = order[at..].iter().take_while(|index| is_mark(index)).count();
        let cluster = at..(at + marks + 1).min(order.len());
        at = cluster.end;
        order[cluster].reverse();
    }
    order.extend(end..letters.len());
    order
}

fn mirrored(c: char) -> char {
    const PAIRS: [char; 10] = ['(', ')', '[', ']', '{', '}', '<', '>', '«', '»'];
    PAIRS.iter().position(|other| *other == c).map_or(c, |at| PAIRS[at ^ 1])
}

/// Arabic letters by their code, and how many forms each has from [`FORMS`] on: alone, at the end, at the beginning and in between.
const JOINING: [(char, u8); 36] = [
    ('\u{621}', 1),
    ('\u{622}', 2),
    ('\u{623}', 2),
    ('\u{624}', 2),
    ('\u{625}', 2),
    ('\u{626}', 4),
    ('\u{627}', 2),
    ('\u{628}', 4),
    ('\u{629}', 2),
    ('\u{62a}', 4),
    ('\u{62b}', 4),
    ('\u{62c}', 4),
    ('\u{62d}', 4),
    ('\u{62e}', 4),
    ('\u{62f}', 2),
    ('\u{630}', 2),
    ('\u{631}', 2),
    ('\u{632}', 2),
    ('\u{633}', 4),
    ('\u{634}', 4),
    ('\u{635}', 4),
    ('\u{636}', 4),
    ('\u{637}', 4),
    ('\u{638}', 4),
    ('\u{639}', 4),
    ('\u{63a}', 4),
    ('\u{641}', 4),
    ('\u{642}', 4),
    ('\u{643}', 4),
    ('\u{644}', 4),
    ('\u{645}', 4),
    ('\u{646}', 4),
    ('\u{647}', 4),
    ('\u{648}', 2),
    ('\u{649}', 2),
    ('\u{64a}', 4),
];
const FORMS: u32 = 0xfe80;
/// Those of Persian and Urdu, each with where its forms begin.
const MORE: [(char, u8, u32); 6] = [
    ('\u{67e}', 4, 0xfb56),
    ('\u{686}', 4, 0xfb7a),
    ('\u{698}', 2, 0xfb8a),
    ('\u{6a9}', 4, 0xfb8e),
    ('\u{6af}', 4, 0xfb92),
    ('\u{6cc}', 4, 0xfbfc),
];
/// Joins both of its neighbours and has one form.
const TATWEEL: char = '\u{640}';

/// How many forms a letter has, and the first of them.
fn forms(c: char) -> Option<(u8, u32)> {
    if c == TATWEEL {
        return Some((4, 0));
    }
    if let Some((_, count, first)) = MORE.iter().find(|(letter, ..)| *letter == c) {
        return Some((*count, *first));
    }
    let at = JOINING.iter().position(|(letter, _)| *letter == c)?;
    let before: u32 = JOINING[..at].iter().map(|(_, count)| u32::from(*count)).sum();
    Some((JOINING[at].1, FORMS + before))
}

/// Gives Arabic letters the forms that they have beside one another, where `has` says that there is a picture of it.
fn join(letters: &mut [Letter], has: impl Fn(char) -> bool) {
    let stored: Vec<char> =
        letters.iter().map(|(c, _)| *c).filter(|c| !is_combining_mark(*c)).collect();
    let positions = letters.iter_mut().filter(|(c, _)| !is_combining_mark(*c));
    for (at, (c, _)) in positions.enumerate() {
        let Some((count, first)) = forms(*c).filter(|(_, first)| *first > 0) else { continue };
        let before = at.checked_sub(1).and_then(|before| forms(stored[before]));
        let after = stored.get(at + 1).and_then(|after| forms(*after));
        let joins_before = count > 1 && before.is_some_and(|(count, _)| count == 4);
        let joins_after = count == 4 && after.is_some_and(|(count, _)| count > 1);
        let form = u32::from(joins_before) + 2 * u32::from(joins_after);
        if let Some(joined) = char::from_u32(first + form).filter(|joined| has(*joined)) {
            *c = joined;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_turned_and_numbers_are_not() {
        for (text, expected) in [
            ("abc", "abc"),
            ("שלום", "םולש"),
            ("hello שלום world", "hello םולש world"),
            ("שלום 123 עולם", "םלוע 123 םולש"),
            ("שלום (world)", "(world) םולש"),
            ("(שלום)", "(םולש)"),
            ("שָׁלוֹם", "םוֹלשָׁ"),
        ] {
            assert_eq!(line(text), expected, "{text}");
        }
    }

    #[test]
    fn arabic_letters_are_joined_to_those_that_join() {
        let joined = |text: &str| {
            let mut letters: Vec<Letter> = text.chars().map(|c| (c, 0)).collect();
            join(&mut letters, |_| true);
            letters.into_iter().map(|(c, _)| c).collect::<String>()
        };
        // meem at the beginning, reh at the end; hah at the beginning, beh in between, alef at the end.
        assert_eq!(joined("مرحبا"), "\u{fee3}\u{feae}\u{fea3}\u{fe92}\u{fe8e}");
        assert_eq!(joined("و پ"), "\u{feed} \u{fb56}");
        assert_eq!(joined("بَب"), "\u{fe91}\u{64e}\u{fe90}", "a mark is between, and parts nothing");
    }

    fn lay(text: &str, name: usize, width: f32) -> (Arc<Galley>, Option<Arc<Order>>) {
        let context = egui::Context::default();
        let _ = context.run(Default::default(), |_| {});
        let mut job = LayoutJob::simple(text.into(), theme::body(), egui::Color32::WHITE, width);
        job.wrap.max_width = width;
        lay_out(&context, job, name)
    }

    #[test]
    fn a_text_that_is_broken_begins_on_its_first_line() {
        let words = "אחת שתיים שלוש ארבע חמש שש שבע שמונה תשע עשר";
        let text = format!("bob: {words}");
        let (galley, order) = lay(&text, 5, 120.0);
        let order = order.unwrap();
        let lines: Vec<&str> = galley.text().split('\n').collect();
        assert!(lines.len() > 2, "{lines:?}");
        assert!(lines[0].starts_with("bob: ") && lines[0].trim_end().ends_with("תחא"), "{lines:?}");
        assert!(lines.last().unwrap().starts_with("רשע"), "{lines:?}");
        // Every letter is seen once.
        let mut seen: Vec<usize> = order.seen.iter().map(|letter| letter.index).collect();
        seen.sort_unstable();
        seen.truncate(text.chars().count());
        assert_eq!(seen, (0..text.chars().count()).collect::<Vec<_>>());
        assert_eq!(order.stored, text);
    }

    #[test]
    fn a_place_between_letters_is_one_in_the_text() {
        let (_, order) = lay("a: שלום", 3, 500.0);
        let order = order.unwrap();
        let positions: Vec<usize> = (0..=7).map(|seen| order.position(seen)).collect();
        // The end of the word is at its left.
        assert_eq!(positions, [0, 1, 2, 7, 6, 5, 4, 3]);
        assert_eq!(order.letter(3), 6);
        assert!(lay("a: b", 3, 500.0).1.is_none());
    }
}
