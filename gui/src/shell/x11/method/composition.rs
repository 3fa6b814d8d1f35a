//! What is being composed. It stands in the text field already, selected, and is replaced by what comes next.

use std::collections::VecDeque;

use egui::ImeEvent;

use super::Outcome;

/// More than this nobody composes.
const LONGEST: usize = 1024;

/// See the module. Empty where nothing is composed, and then egui knows of nothing.
#[derive(Debug, Default)]
pub(super) struct Composition {
    text: Vec<char>,
}

impl Composition {
    pub(super) fn is_there(&self) -> bool {
        !self.text.is_empty()
    }

    /// Replaces `length` characters from `first` on.
    pub(super) fn draw(
        &mut self,
        first: i32,
        length: i32,
        text: &str,
        out: &mut VecDeque<Outcome>,
    ) {
        let was_there = self.is_there();
        let first = usize::try_from(first).unwrap_or(0).min(self.text.len());
        let length = usize::try_from(length).unwrap_or(0).min(self.text.len() - first);
        self.text.splice(first..first + length, text.chars());
        self.text.truncate(LONGEST);
        match (was_there, self.is_there()) {
            (false, false) => {}
            (true, false) => out.extend(nothing()),
            (was_there, true) => {
                out.extend((!was_there).then_some(ImeEvent::Enabled.into()));
                out.push_back(ImeEvent::Preedit(self.text.iter().collect()).into());
            }
        }
    }

    /// Puts a text in the place of what was composed.
    pub(super) fn commit(&mut self, text: &str, out: &mut VecDeque<Outcome>) {
        if !std::mem::take(&mut self.text).is_empty() {
            out.extend(nothing());
        }
        if !text.is_empty() {
            // egui takes a text only where its composition began.
            out.extend([ImeEvent::Enabled.into(), ImeEvent::Commit(text.to_owned()).into()]);
        }
    }

    /// Makes of what is composed the text that it looks like.
    pub(super) fn settle(&mut self, out: &mut VecDeque<Outcome>) {
        let text: String = self.text.iter().collect();
        self.commit(&text, out);
    }
}

/// What egui is told where what stood there is taken away.
fn nothing() -> [Outcome; 2] {
    [ImeEvent::Preedit(String::new()).into(), ImeEvent::Disabled.into()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(act: impl FnOnce(&mut VecDeque<Outcome>)) -> Vec<ImeEvent> {
        let mut out = VecDeque::new();
        act(&mut out);
        let composed = out.into_iter().filter_map(|outcome| match outcome {
            Outcome::Composed(event) => Some(event),
            Outcome::Key(_) => None,
        });
        composed.collect()
    }

    fn preedit(text: &str) -> ImeEvent {
        ImeEvent::Preedit(text.into())
    }

    #[test]
    fn what_is_composed_is_shown_replaced_and_taken_away() {
        let mut composition = Composition::default();
        let begun = told(|out| composition.draw(0, 0, "ni", out));
        assert_eq!(begun, [ImeEvent::Enabled, preedit("ni")]);
        assert_eq!(told(|out| composition.draw(1, 1, "ǐ", out)), [preedit("nǐ")]);
        assert_eq!(told(|out| composition.draw(0, 9, "", out)), [preedit(""), ImeEvent::Disabled]);
        assert_eq!(told(|out| composition.draw(0, 9, "", out)), [], "there was nothing any more");
    }

    #[test]
    fn a_commit_takes_the_place_of_what_was_composed() {
        let mut composition = Composition::default();
        told(|out| composition.draw(0, 0, "ni", out));
        let committed = told(|out| composition.commit("你", out));
        let commit = ImeEvent::Commit("你".into());
        assert_eq!(committed, [preedit(""), ImeEvent::Disabled, ImeEvent::Enabled, commit.clone()]);
        assert_eq!(told(|out| composition.commit("你", out)), [ImeEvent::Enabled, commit]);
    }

    #[test]
    fn changes_beyond_the_end_and_without_end_are_bounded() {
        let mut composition = Composition::default();
        told(|out| composition.draw(i32::MAX, i32::MIN, "a", out));
        told(|out| composition.draw(-7, 0, "b", out));
        assert_eq!(told(|out| composition.draw(1, i32::MAX, "", out)), [preedit("b")]);
        told(|out| composition.draw(0, 0, &"x".repeat(LONGEST * 2), out));
        assert_eq!(composition.text.len(), LONGEST);
    }
}
