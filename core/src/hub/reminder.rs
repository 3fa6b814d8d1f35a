//! What wakes the hub at a time. Each new timer wakes the thread that keeps timers, and the hub waits thousands of times a second for what is due in an hour: so one that is
//! set stays, also where it is no longer needed or something later is, and is set anew when it has gone off.

use std::future::pending;
use std::time::Instant;

use async_io::Timer;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Reminder(Option<(Instant, Timer)>);

impl Reminder {
    /// Sees to it that the hub is woken at this time. It may be woken before, once.
    pub(super) fn set(&mut self, due: Option<Instant>) {
        self.0 = self.0.take().filter(|(_, timer)| timer.will_fire());
        if let Some(due) = due
            && self.0.as_ref().is_none_or(|(at, _)| *at > due)
        {
            self.0 = Some((due, Timer::at(due)));
        }
    }

    /// Waits until then; for ever where nothing is set.
    pub(super) async fn goes_off(&mut self) {
        match &mut self.0 {
            Some((_, timer)) => drop(timer.await),
            None => pending().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures_lite::future::poll_once;

    use super::*;

    #[test]
    fn a_reminder_stays_for_what_is_later_and_makes_way_for_what_is_earlier() {
        let hour = Instant::now() + Duration::from_secs(3600);
        let mut reminder = Reminder::default();
        let at = |reminder: &Reminder| reminder.0.as_ref().map(|(at, _)| *at);
        reminder.set(Some(hour));
        for later in [Some(hour + Duration::from_secs(1)), None, Some(hour)] {
            reminder.set(later);
            assert_eq!(at(&reminder), Some(hour));
        }
        let soon = hour - Duration::from_secs(1800);
        reminder.set(Some(soon));
        assert_eq!(at(&reminder), Some(soon));
    }

    #[test]
    fn one_that_has_gone_off_is_set_anew() {
        smol::block_on(async {
            let mut reminder = Reminder::default();
            assert!(poll_once(reminder.goes_off()).await.is_none());
            for _ in 0..2 {
                reminder.set(Some(Instant::now()));
                reminder.goes_off().await;
                assert!(poll_once(reminder.goes_off()).await.is_none());
            }
            reminder.set(None);
            assert!(reminder.0.is_none());
        });
    }
}
