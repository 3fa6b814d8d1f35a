//! The input method that a person has running (ibus, fcitx5, …), by the protocol XIM: it is handed the keys before we look at them, and gives back those that it has no use for, or
//! text instead.
//!
//! It is another program, which may hang or die. So it is looked for and greeted while the loop goes on, and until it has answered everything keys are taken as they are. One key at a time is
//! handed over, followed by a request that any server answers; where no answer comes in time, that key and those behind it are taken as they are, and the server is given up until the window gets the
//! keyboard again. Nothing is asked of it, nor by it, while nobody types.

mod composition;
mod greeting;
mod text;
mod wire;

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use egui::ImeEvent;
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{
    EventMask, KEY_PRESS_EVENT, KEY_RELEASE_EVENT, KeyPressEvent, Window,
};
use xim_parser::{CommitData, ForwardEventFlag, PreeditDrawStatus, Request, XEvent};

use super::codes;
use crate::shell::desktop::Desktop;
use crate::shell::server::ServerError;
use crate::shell::writing::Writing;
use composition::Composition;
use greeting::{Context, Greeting};
use wire::{Message, Wire};

/// A server that takes longer for a key is given up.
const PATIENCE: Duration = Duration::from_millis(200);
/// So many keys wait while one is with the server; with more it is given up.
const QUEUE: usize = 64;

/// What is to be done, in order.
#[derive(Debug)]
pub(super) enum Outcome {
    /// A key went down or up that is the window's.
    Key(KeyPressEvent),
    /// Something was composed: for egui.
    Composed(ImeEvent),
}

/// See the module.
pub(super) struct Method {
    /// What XMODIFIERS names; `None` where it names none, and nothing is ever asked.
    name: Option<String>,
    window: Window,
    link: Option<Link>,
    writing: Option<Writing>,
    /// The window has the keyboard.
    is_focused: bool,
    /// The key that is with the server.
    waiting: Option<Waiting>,
    /// Those behind it.
    queue: VecDeque<KeyPressEvent>,
    outcomes: VecDeque<Outcome>,
}

/// A server that was greeted, or is being.
struct Link {
    wire: Wire,
    greeting: Greeting,
    /// From the end of the greeting on.
    context: Option<Context>,
    /// Which events it wants to have first.
    wanted: EventMask,
    /// Those of them that it wants answered at once.
    in_step: EventMask,
    is_focused: bool,
    /// So often it was told where the cursor is and has not said that it heard. A key is done with when there is nothing more of that.
    places: usize,
    /// It was told to forget what it composes, and has not said that it did: what comes before is from then.
    resetting: bool,
    composition: Composition,
}

struct Waiting {
    key: KeyPressEvent,
    since: Instant,
    /// It came back, or something else came of it.
    is_answered: bool,
}

impl Method {
    /// None is looked for before [`look`](Self::look).
    pub(super) fn new(window: Window) -> Self {
        let modifiers = std::env::var("XMODIFIERS").unwrap_or_default();
        Self {
            name: named(&modifiers).map(str::to_owned),
            window,
            link: None,
            writing: None,
            is_focused: false,
            waiting: None,
            queue: VecDeque::new(),
            outcomes: VecDeque::new(),
        }
    }

    /// Looks whether the server runs, and greets it. The window does so whenever it gets the keyboard: it may have been started meanwhile, or started anew.
    pub(super) fn look(&mut self, desktop: &Desktop) -> Result<(), ServerError> {
        let Some(name) = &self.name else { return Ok(()) };
        let owner = wire::owner(desktop, name)?;
        if self.link.as_ref().map(|link| link.wire.owner()) == owner {
            return Ok(());
        }
        self.lose(desktop, "another has taken its place")?;
        if let Some(owner) = owner {
            tracing::debug!(owner, "an input method is greeted");
            self.link = Some(Link {
                wire: Wire::open(desktop, owner, self.window)?,
                greeting: Greeting::new(self.window),
                context: None,
                wanted: EventMask::NO_EVENT,
                in_step: EventMask::NO_EVENT,
                is_focused: false,
                places: 0,
                resetting: false,
                composition: Composition::default(),
            });
        }
        Ok(())
    }

    /// A key went down or up.
    pub(super) fn key(&mut self, desktop: &Desktop, key: KeyPressEvent) -> Result<(), ServerError> {
        self.queue.push_back(key);
        if self.queue.len() > QUEUE {
            return self.lose(desktop, "it does not keep up with the keys");
        }
        self.hand_over(desktop)
    }

    /// Where the person writes in the window, if anywhere.
    pub(super) fn attend(
        &mut self,
        desktop: &Desktop,
        writing: Option<Writing>,
    ) -> Result<(), ServerError> {
        let field = |writing: Option<Writing>| writing.map(|writing| writing.field);
        if field(self.writing) != field(writing) {
            // egui is in another field by now, and what stands in the last is plain text.
            self.settle(desktop, &mut VecDeque::new())?;
        }
        self.writing = writing;
        self.follow(desktop)
    }

    /// The window has the keyboard, or lost it.
    pub(super) fn focus(&mut self, desktop: &Desktop, focused: bool) -> Result<(), ServerError> {
        if !focused {
            self.interrupt(desktop)?;
        }
        self.is_focused = focused;
        self.follow(desktop)
    }

    /// The person does something that ends what is composed, as a click does: what stands there stays.
    pub(super) fn interrupt(&mut self, desktop: &Desktop) -> Result<(), ServerError> {
        let mut outcomes = std::mem::take(&mut self.outcomes);
        let settled = self.settle(desktop, &mut outcomes);
        self.outcomes = outcomes;
        settled
    }

    /// Takes an event if it is the input method's. Returns whether it was.
    pub(super) fn hear(&mut self, desktop: &Desktop, event: &Event) -> Result<bool, ServerError> {
        let Some(link) = &mut self.link else { return Ok(false) };
        match event {
            Event::ClientMessage(message) if link.wire.is_for_us(message) => {
                match link.wire.read(desktop, message)? {
                    Message::Connected => link.wire.send(desktop, Greeting::connect())?,
                    Message::Request(request) => self.take(desktop, request)?,
                    Message::Unknown(problem) => {
                        tracing::debug!(%problem, "the input method says what nobody understands");
                    }
                    Message::Other => {}
                }
            }
            Event::DestroyNotify(gone) if link.wire.is_server(gone.window) => {
                self.lose(desktop, "it has ended")?;
            }
            Event::Error(error) if link.wire.is_server(error.bad_value) => {
                self.lose(desktop, "it has ended")?;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// When [`check`](Self::check) is due.
    pub(super) fn due(&self) -> Option<Instant> {
        self.waiting.as_ref().map(|waiting| waiting.since + PATIENCE)
    }

    /// Gives the server up if it is late.
    pub(super) fn check(&mut self, desktop: &Desktop, now: Instant) -> Result<(), ServerError> {
        match self.due() {
            Some(due) if due <= now => self.lose(desktop, "it does not answer"),
            _ => Ok(()),
        }
    }

    /// What is to be done next.
    pub(super) fn next(&mut self) -> Option<Outcome> {
        self.outcomes.pop_front()
    }

    fn take(&mut self, desktop: &Desktop, request: Request) -> Result<(), ServerError> {
        let Some(link) = &mut self.link else { return Ok(()) };
        let Some(context) = link.context else {
            match link.greeting.answer(&request) {
                Ok(greeting::Next::Send(next)) => link.wire.send(desktop, next)?,
                Ok(greeting::Next::Done(context)) => {
                    tracing::debug!(style = ?link.greeting.style(), "the input method is there");
                    link.context = Some(context);
                    self.follow(desktop)?;
                }
                Ok(greeting::Next::Wait) => {}
                Err(problem) => self.lose(desktop, problem)?,
            }
            return Ok(());
        };
        let is_wanted = self.is_focused && self.writing.is_some() && !link.resetting;
        match request {
            Request::SetEventMask { forward_event_mask, synchronous_event_mask, .. } => {
                link.wanted = forward_event_mask.into();
                link.in_step = synchronous_event_mask.into();
            }
            Request::ForwardEvent { xev, flag, .. } => {
                if flag.contains(ForwardEventFlag::SYNCHRONOUS) {
                    link.wire.send(desktop, context.sync_reply())?;
                }
                self.give_back(&xev);
            }
            Request::Commit { data, .. } => {
                let (text, in_step) = committed(data);
                if in_step {
                    link.wire.send(desktop, context.sync_reply())?;
                }
                if is_wanted {
                    link.composition.commit(&text, &mut self.outcomes);
                }
                self.answered();
            }
            Request::PreeditStart { .. } => {
                link.wire.send(desktop, context.preedit_start_reply())?;
            }
            Request::PreeditDraw { chg_first, chg_length, status, preedit_string, .. } => {
                let is_empty = status.contains(PreeditDrawStatus::NO_STRING);
                let text = if is_empty { String::new() } else { text::of(&preedit_string) };
                if is_wanted {
                    link.composition.draw(chg_first, chg_length, &text, &mut self.outcomes);
                }
                self.answered();
            }
            Request::PreeditCaret { position, .. } => {
                link.wire.send(desktop, context.preedit_caret_reply(position))?;
            }
            Request::PreeditDone { .. } => {
                if is_wanted {
                    link.composition.draw(0, i32::MAX, "", &mut self.outcomes);
                }
                self.answered();
            }
            Request::Sync { .. } => link.wire.send(desktop, context.sync_reply())?,
            Request::ResetIcReply { .. } => link.resetting = false,
            Request::SetIcValuesReply { .. } => self.heard(desktop)?,
            Request::Error { code, detail, .. } => {
                tracing::debug!(?code, detail, "the input method refuses");
                self.heard(desktop)?;
            }
            other => tracing::trace!(name = other.name(), "the input method"),
        }
        Ok(())
    }

    /// The server has heard where the cursor is. With the last of that it is done with the key that it had, whatever it made of it, and with all that it was told before.
    fn heard(&mut self, desktop: &Desktop) -> Result<(), ServerError> {
        if let Some(link) = &mut self.link {
            link.places = link.places.saturating_sub(1);
            if link.places == 0 {
                link.resetting = false;
                self.waiting = None;
            }
        }
        self.hand_over(desktop)
    }

    /// Something came of the key that the server has.
    fn answered(&mut self) {
        if let Some(waiting) = &mut self.waiting {
            waiting.is_answered = true;
        }
    }

    /// A key that the server has no use for, or one that it has made up, which nobody will let go.
    fn give_back(&mut self, key: &XEvent) {
        if key.response_type & 0x7f != KEY_PRESS_EVENT {
            // We took note of that when it was let go.
            return;
        }
        let key = wire::received(key, self.window);
        let waiting = self.waiting.as_ref().filter(|waiting| !waiting.is_answered);
        let is_ours = waiting.is_some_and(|waiting| waiting.key.detail == key.detail);
        self.outcomes.push_back(Outcome::Key(key));
        if !is_ours {
            let response_type = KEY_RELEASE_EVENT;
            self.outcomes.push_back(Outcome::Key(KeyPressEvent { response_type, ..key }));
        }
        self.answered();
    }

    /// Hands over what waits, up to the next key that is to be answered.
    fn hand_over(&mut self, desktop: &Desktop) -> Result<(), ServerError> {
        while self.waiting.is_none()
            && let Some(key) = self.queue.pop_front()
        {
            let is_press = key.response_type & 0x7f == KEY_PRESS_EVENT;
            let mask = if is_press { EventMask::KEY_PRESS } else { EventMask::KEY_RELEASE };
            let link = self.link.as_mut().filter(|link| link.wanted.contains(mask));
            let writing = self.writing.filter(|_| self.is_focused);
            let context = link.as_ref().and_then(|link| link.context);
            let (Some(link), Some(context), Some(writing)) = (link, context, writing) else {
                self.outcomes.push_back(Outcome::Key(key));
                continue;
            };
            let in_step = link.in_step.contains(mask);
            link.wire.send(desktop, context.forward(&wire::sent(&key), in_step))?;
            if is_press {
                // Where the cursor is belongs to the key, and any server says that it has understood that.
                link.places += 1;
                link.wire.send(desktop, context.place(writing.spot))?;
                self.waiting = Some(Waiting { key, since: Instant::now(), is_answered: false });
            } else {
                // Whoever lets go does so, whoever has taken the key.
                self.outcomes.push_back(Outcome::Key(key));
            }
        }
        Ok(())
    }

    /// Tells the server whether the person writes somewhere.
    fn follow(&mut self, desktop: &Desktop) -> Result<(), ServerError> {
        let Some(link) = &mut self.link else { return Ok(()) };
        let Some(context) = link.context else { return Ok(()) };
        let writing = self.writing.filter(|_| self.is_focused);
        if link.is_focused != writing.is_some() {
            link.is_focused = writing.is_some();
            link.wire.send(desktop, context.focus(link.is_focused))?;
            if let Some(writing) = writing {
                link.places += 1;
                link.wire.send(desktop, context.place(writing.spot))?;
            }
        }
        Ok(())
    }

    /// Makes of what is composed plain text, and has the server forget it.
    fn settle(
        &mut self,
        desktop: &Desktop,
        outcomes: &mut VecDeque<Outcome>,
    ) -> Result<(), ServerError> {
        let Some(link) = &mut self.link else { return Ok(()) };
        let Some(context) = link.context else { return Ok(()) };
        if !link.composition.is_there() {
            return Ok(());
        }
        link.resetting = true;
        link.wire.send(desktop, context.reset())?;
        link.composition.settle(outcomes);
        Ok(())
    }

    /// Does without the server from here on. What it had is the window's.
    fn lose(&mut self, desktop: &Desktop, why: &str) -> Result<(), ServerError> {
        let Some(mut link) = self.link.take() else { return Ok(()) };
        tracing::warn!(why, "the input method is given up; keys are taken as they are");
        link.composition.settle(&mut self.outcomes);
        let waiting = self.waiting.take().filter(|waiting| !waiting.is_answered);
        let keys = waiting.map(|waiting| waiting.key).into_iter().chain(self.queue.drain(..));
        self.outcomes.extend(keys.map(Outcome::Key));
        link.wire.close(desktop)
    }
}

impl From<ImeEvent> for Outcome {
    fn from(event: ImeEvent) -> Self {
        Self::Composed(event)
    }
}

/// The text of a commit, and whether the server waits for an answer.
fn committed(data: CommitData) -> (String, bool) {
    match data {
        CommitData::Chars { commited, syncronous }
        | CommitData::Both { commited, syncronous, .. } => (text::of(&commited), syncronous),
        CommitData::Keysym { keysym, syncronous } => {
            (codes::character(keysym).map(String::from).unwrap_or_default(), syncronous)
        }
    }
}

/// The input method that a value of XMODIFIERS names.
fn named(modifiers: &str) -> Option<&str> {
    let name = modifiers.split('@').find_map(|part| part.strip_prefix("im="))?;
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_names_an_input_method_among_other_things() {
        for (modifiers, name) in [
            ("@im=ibus", Some("ibus")),
            ("@foo=bar@im=fcitx", Some("fcitx")),
            ("@im=", None),
            ("im", None),
            ("", None),
        ] {
            assert_eq!(named(modifiers), name, "{modifiers}");
        }
    }

    #[test]
    fn a_commit_is_text_or_the_name_of_a_key() {
        let keysym = CommitData::Keysym { keysym: xkeysym::key::odiaeresis, syncronous: true };
        assert_eq!(committed(keysym), ("ö".into(), true));
        let chars = CommitData::Chars { commited: b"so".into(), syncronous: false };
        assert_eq!(committed(chars), ("so".into(), false));
    }
}
