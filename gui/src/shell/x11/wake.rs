//! Gets the window's loop to look up.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::event::{EventfdFlags, eventfd};

use crate::net::Waker;

/// Shared by everybody who has something to show.
pub(super) struct Wake {
    signal: OwnedFd,
    /// The signal is given. Cleared by the loop right before it looks at what there is to show: until then nobody need give another.
    waking: AtomicBool,
}

impl Wake {
    pub(super) fn new() -> io::Result<Self> {
        let signal = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        Ok(Self { signal, waking: AtomicBool::new(false) })
    }

    /// Whether somebody asked since the loop last looked at what there is to show.
    pub(super) fn is_up(&self) -> bool {
        let mut count = [0; 8];
        // Nothing is there to be read where nobody asked.
        let _ = rustix::io::read(&self.signal, &mut count);
        self.waking.load(Ordering::SeqCst)
    }

    /// The loop is about to look: who asks from here on wants it to look once more.
    pub(super) fn listen(&self) {
        self.waking.store(false, Ordering::SeqCst);
    }
}

impl Waker for Wake {
    fn wake(&self) {
        if !self.waking.swap(true, Ordering::SeqCst) {
            // It can only fail when it is given a number of times that nobody lives to see.
            let _ = rustix::io::write(&self.signal, &1_u64.to_ne_bytes());
        }
    }
}

impl AsFd for Wake {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.signal.as_fd()
    }
}
