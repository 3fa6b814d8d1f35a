//! What the list is drawn with, what is seen of it, and what the person did there.

use std::sync::Arc;

use egui::{Galley, Pos2, Rect};

use super::unsent;
use crate::model::time::Zone;
use crate::model::{Action, Conversation, Model};
use crate::view::bidi::Order;
use crate::view::glyphs::Glyphs;
use crate::view::moderation::Moderation;
use crate::view::theme::Palette;

/// What the list is drawn with.
pub(in crate::view) struct Scene<'a> {
    pub(in crate::view) model: &'a Model,
    pub(in crate::view) conversation: &'a Conversation,
    pub(in crate::view) palette: &'a Palette,
    pub(in crate::view) own_name: &'a str,
    /// What the person is called by: the name, and the keywords.
    pub(in crate::view) words: &'a [&'a str],
    pub(in crate::view) zone: &'a Zone,
    /// What is searched for, folded; empty for nothing.
    pub(in crate::view) query: &'a str,
    /// Whether somebody looks at it.
    pub(in crate::view) focused: bool,
    /// Whether the server can be asked for more.
    pub(in crate::view) online: bool,
    pub(in crate::view) glyphs: &'a mut Glyphs,
}

/// What the person did in the list.
#[derive(Debug, Default)]
pub(in crate::view) struct Clicked {
    pub(in crate::view) actions: Vec<Action>,
    /// A link to be confirmed.
    pub(in crate::view) link: Option<String>,
    /// What is about to be done to somebody.
    pub(in crate::view) asked: Option<Moderation>,
    /// The text of a message that failed, to be edited again.
    pub(in crate::view) edit: Option<String>,
}

/// One row on the screen.
#[derive(Debug, Clone)]
pub(super) struct Drawn {
    pub(super) seq: u64,
    pub(super) rect: Rect,
    pub(super) text: Pos2,
    pub(super) galley: Arc<Galley>,
    /// Where letters are not seen in the order in which they are stored.
    pub(super) order: Option<Arc<Order>>,
    /// The run of arrivals that it stands for, or belongs to where the person has opened it.
    pub(super) fold: Option<Fold>,
    pub(super) day: bool,
    /// What was said before it and failed, which stands above `rect`.
    pub(super) unsent: Vec<unsent::Row>,
}

impl Drawn {
    /// Whether it shows what stands in the log, and not what many lines come to.
    pub(super) fn is_text(&self) -> bool {
        self.fold.is_none_or(|fold| fold.is_open)
    }

    /// The text as it is stored, not as it is seen.
    pub(super) fn stored(&self) -> &str {
        self.order.as_ref().map_or(self.galley.text(), |order| &order.stored)
    }
}

/// A run of arrivals: the first line, and one past the last.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Fold {
    pub(super) lines: (u64, u64),
    pub(super) is_open: bool,
}
