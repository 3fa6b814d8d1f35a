//! Gets the window's loop, which sleeps until there is an event, to look up and draw.
//!
//! miniquad has a function for it, but on X11 it neither wakes the loop nor may be called from another thread: the loop panics when it
//! meets another thread at miniquad's lock. So other threads send the window an event through a connection of their own. And the loop
//! reads one event more than it found waiting: when ours was among those, it sleeps with the request to draw unread. So the request is
//! followed by a kick, an event that means nothing.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use super::second;
use crate::net::Waker;
use crate::shell::desktop::Desktop;

/// Shared by everybody who has something to show. At most one wake and one kick are on their way.
#[derive(Default)]
pub(super) struct Wake {
    /// Set once, by the first frame that finds the window. Until then frames are drawn without being asked for.
    desktop: OnceLock<Arc<Desktop>>,
    /// A wake is on its way. Cleared when the loop looks up, before it looks at what there is to show.
    waking: AtomicBool,
    /// A kick is on its way. Set and cleared on the window's thread.
    kicked: AtomicBool,
}

impl Wake {
    pub(super) fn found(&self, desktop: Arc<Desktop>) {
        // The window is found once.
        let _ = self.desktop.set(desktop);
    }

    fn desktop(&self) -> Option<&Desktop> {
        self.desktop.get().map(Arc::as_ref)
    }

    /// The loop has looked up: who asks from here on wants it to look up once more. Before it looks at what there is to show.
    pub(super) fn is_up(&self) -> bool {
        self.waking.swap(false, Ordering::SeqCst)
    }

    /// Begins an update: what is asked for from here on wants another one.
    pub(super) fn begin_update(&self) {
        self.kicked.store(false, Ordering::SeqCst);
    }

    /// Makes the loop draw. On the window's thread only, in callbacks other than `update` and `draw`.
    pub(super) fn poke(&self) {
        if !self.kicked.swap(true, Ordering::SeqCst) {
            miniquad::window::schedule_update();
            if let Some(desktop) = self.desktop() {
                second::kick(desktop);
            }
        }
    }
}

impl Waker for Wake {
    fn wake(&self) {
        if !self.waking.swap(true, Ordering::SeqCst)
            && let Some(desktop) = self.desktop()
        {
            second::wake(desktop);
        }
    }
}
