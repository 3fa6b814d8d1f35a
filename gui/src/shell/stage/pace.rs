//! When egui is run: at once for what a person does, as often as it asks for, and no more often than a frame is worth for all else.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::shell::keys::Haste;

/// No two frames are nearer to each other, unless the person has done something.
const FRAME: Duration = Duration::from_millis(16);
/// A frame may be this part of the time, so that a slow one leaves time for what comes in.
const FRAME_SHARE: u32 = 4;
/// But nobody waits longer than this for it.
const LONGEST_PAUSE: Duration = Duration::from_millis(100);
/// How often a pointer is followed that changes nothing.
const HOVER: Duration = Duration::from_millis(50);
/// How often a window that nobody sees takes in what has come.
const UNSEEN: Duration = Duration::from_millis(250);
/// egui wants to be run a predicted frame too early, and then asks again and again for the rest; a little later is once.
const LATER: Duration = Duration::from_millis(20);

/// What there is to be looked at, when egui was run last, and how long until it may be run again without haste.
pub(super) struct Pace {
    asked: Arc<Asked>,
    /// Something happened that is to be looked at now, or as soon as the next frame may come.
    pressing: bool,
    woken: bool,
    last: Option<Instant>,
    pause: Duration,
    hover_pause: Duration,
    /// What the last frame cost the window to show.
    cost: Duration,
}

/// What egui asks for, by a callback in the middle of a run.
#[derive(Default)]
struct Asked {
    now: AtomicBool,
    /// Held for an assignment only.
    later: Mutex<Option<Instant>>,
}

impl Pace {
    /// Hears what this egui asks for.
    pub(super) fn new(context: &egui::Context) -> Self {
        let asked = Arc::new(Asked::default());
        let asks = Arc::clone(&asked);
        context.set_request_repaint_callback(move |info| asks.ask(info.delay));
        Self {
            asked,
            pressing: true,
            woken: true,
            last: None,
            pause: FRAME,
            hover_pause: FRAME,
            cost: Duration::ZERO,
        }
    }

    /// Something happened that is to be looked at now.
    pub(super) fn press(&mut self) {
        self.pressing = true;
    }

    /// Something happened that can wait for the next frame.
    pub(super) fn wake(&mut self) {
        self.woken = true;
    }

    /// Whether nothing happened, beside what the keys know.
    pub(super) fn is_calm(&self) -> bool {
        !self.woken && !self.pressing
    }

    /// Whether egui wants to be run again at once.
    pub(super) fn is_asked(&self) -> bool {
        self.asked.now.load(Ordering::SeqCst)
    }

    /// When the next step is due in a window that somebody sees; `None` if only when something happens.
    pub(super) fn due(
        &self,
        now: Instant,
        haste: Option<Haste>,
        dragging: bool,
    ) -> Option<Instant> {
        let mut due = Earliest(None);
        due.add(self.pressing.then_some(now));
        due.add(self.woken.then(|| self.after(now, self.pause)));
        due.add(self.is_asked().then(|| self.after(now, self.pause)));
        due.add(self.asked.later());
        due.add(haste.map(|haste| match haste {
            Haste::Now => now,
            Haste::Frame => self.after(now, FRAME),
            Haste::Hover if dragging => self.after(now, FRAME),
            Haste::Hover => self.after(now, self.hover_pause),
        }));
        due.0
    }

    /// The same in a window that nobody sees.
    pub(super) fn due_unseen(&self, now: Instant) -> Option<Instant> {
        self.woken.then(|| self.after(now, UNSEEN))
    }

    /// The soonest that a step is taken of which nobody is in need.
    pub(super) fn soonest(&self, now: Instant, hidden: bool) -> Instant {
        self.after(now, if hidden { UNSEEN } else { FRAME })
    }

    fn after(&self, now: Instant, pause: Duration) -> Instant {
        self.last.map_or(now, |last| last + pause)
    }

    /// A step begins, which looks at all that has happened.
    pub(super) fn begin(&mut self, now: Instant) {
        self.last = Some(now);
        (self.woken, self.pressing) = (false, false);
    }

    /// egui is about to be run: what it still wants it says again.
    pub(super) fn forget(&self) {
        self.ignore();
        *self.asked.later.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// egui is not run again at once, though it has asked for it.
    pub(super) fn ignore(&self) {
        self.asked.now.store(false, Ordering::SeqCst);
    }

    /// The step that began then is over. `in_vain` if the pointer has moved and nothing looks different.
    pub(super) fn end(&mut self, began: Instant, in_vain: bool) {
        let cost = began.elapsed() + self.cost;
        self.pause = (cost * FRAME_SHARE).clamp(FRAME, LONGEST_PAUSE);
        self.hover_pause = if in_vain { HOVER } else { FRAME };
    }

    /// A frame was shown, which took so long.
    pub(super) fn painted(&mut self, cost: Duration) {
        self.cost = cost;
    }
}

impl Asked {
    fn ask(&self, delay: Duration) {
        if delay.is_zero() {
            self.now.store(true, Ordering::SeqCst);
        } else if let Some(at) = Instant::now().checked_add(delay.saturating_add(LATER)) {
            let mut later = self.later.lock().unwrap_or_else(PoisonError::into_inner);
            *later = Some(later.map_or(at, |later| later.min(at)));
        }
    }

    fn later(&self) -> Option<Instant> {
        *self.later.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The earliest of several moments that may be.
pub(super) struct Earliest(pub(super) Option<Instant>);

impl Earliest {
    pub(super) fn add(&mut self, at: Option<Instant>) {
        self.0 = match (self.0, at) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
    }
}
