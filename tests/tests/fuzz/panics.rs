//! Whether anything panicked, in whatever thread and whoever caught it.

use std::sync::Once;
use std::sync::atomic::{AtomicUsize, Ordering};

static COUNT: AtomicUsize = AtomicUsize::new(0);

/// How many there were so far.
pub(crate) fn count() -> usize {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            COUNT.fetch_add(1, Ordering::SeqCst);
            usual(panic);
        }));
    });
    COUNT.load(Ordering::SeqCst)
}
