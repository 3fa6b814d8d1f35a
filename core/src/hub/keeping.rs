//! What is kept beyond a restart: the hub waits for the store where it must, hears how it does, and tells people when nothing is kept.

use std::time::Instant;

use futures_lite::future::FutureExt;

use super::Hub;
use super::reminder::Reminder;
use crate::delivery::fanout::Amount;
use crate::protocol::entry::NoticeKind;
use crate::protocol::ids::SlotId;
use crate::protocol::name::RoomName;
use crate::state::store::{Acknowledge, News};
use crate::state::unpublished::STALLED;

/// What the hub is to hear from its store.
#[derive(Debug)]
pub(super) struct StoreWord {
    acknowledge: Acknowledge,
    /// When it is next looked whether the store keeps anything.
    watch: Reminder,
}

impl StoreWord {
    pub(super) fn new(acknowledge: Acknowledge) -> Self {
        Self { acknowledge, watch: Reminder::default() }
    }

    /// Waits until the store has told something, or should have.
    pub(super) async fn wait(&mut self) {
        self.acknowledge.told().or(self.watch.goes_off()).await;
    }
}

impl Hub {
    /// Looks at the time when the store will have kept nothing for too long, if it goes on so.
    pub(super) fn watch_store(&mut self) {
        self.word.watch.set(self.state.unpublished.stalls_at());
    }

    async fn wait_for_store(&mut self) {
        self.watch_store();
        self.word.wait().await;
        self.hear_store();
    }

    /// Waits while the store is further behind than this, and with it those who talk. One that keeps nothing is not waited for.
    pub(super) async fn store_caught_up(&mut self, within: Amount) {
        // What was committed since the last turn counts.
        if self.state.unpublished.is_behind(within) {
            self.hear_store();
        }
        while self.state.unpublished.is_behind(within) {
            self.wait_for_store().await;
        }
    }

    /// The server stops: everything that was given to the store is kept, or the store fails, before the last lines are shown.
    pub(super) async fn store_finished(&mut self) {
        while !self.state.unpublished.is_empty() {
            self.wait_for_store().await;
            self.state.publish();
        }
    }

    /// Lets what is kept be seen, and takes note of how the store does.
    pub(super) fn hear_store(&mut self) {
        match self.state.acknowledge.take_news() {
            Some(News::Failing(reason)) => self.store_fails(&reason),
            Some(News::Working(lost)) => self.store_works(lost),
            None => {}
        }
        self.state.release();
        if self.state.unpublished.stalls_at().is_some_and(|at| at <= Instant::now()) {
            let reason = format!("nothing was written for {} s; check the disk", STALLED.as_secs());
            self.store_fails(&reason);
            self.state.release();
        } else if self.state.unpublished.has_caught_up() {
            self.store_works(0);
        }
    }

    fn store_fails(&mut self, reason: &str) {
        if self.state.unpublished.is_failing() {
            return;
        }
        self.state.unpublished.fail();
        tracing::error!(reason, "nothing is kept");
        self.report(format!("what is said is not kept from here on: {reason}"));
        self.tell_kept_rooms(
            "what is said from here on may not be kept: the disk of the server fails",
        );
    }

    fn store_works(&mut self, lost: u64) {
        if !self.state.unpublished.is_failing() {
            return;
        }
        self.state.unpublished.recover();
        let text = match lost {
            0 => "what is said is kept again, and nothing was lost".to_owned(),
            lost => format!("what is said is kept again; {lost} entries of between are lost"),
        };
        tracing::warn!(lost, "what is said is kept again");
        self.report(text.clone());
        self.tell_kept_rooms(&text);
    }

    fn tell_kept_rooms(&mut self, text: &str) {
        let kept = self.state.rooms.iter().filter(|room| room.is_kept);
        let kept: Vec<RoomName> = kept.map(|room| room.name.clone()).collect();
        for room in kept {
            self.notice(&room, text, NoticeKind::Info);
        }
    }

    /// A plugin is over: what it had kept is kept no more.
    pub(super) fn forget_keeping(&mut self, slot: SlotId) {
        if self.state.keeping.as_ref().is_some_and(|(owner, _)| *owner == slot) {
            self.state.set_keeping(None);
        }
    }
}
