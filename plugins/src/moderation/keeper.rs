//! Keeps the bans on the disk: the hub's side, which knows what is not kept yet, and the task that has it kept.

use std::time::Duration;

use async_channel::{Receiver, Sender};
use salotto::{Context, Reporter, TaskMailbox};

use super::bans::{Bans, Change};
use super::file::{BanFile, Problem};
use crate::common::disk::DiskThread;

/// Jobs that may wait: there is one at a time, and a last one behind it when the plugin stops.
const WAITING: usize = 2;

/// How long the disk is left alone when it has refused.
const RETRY: Duration = Duration::from_secs(5);

/// The timer of the next try.
pub(super) const RETRY_TIMER: &str = "keep";

/// See the module.
#[derive(Debug)]
pub(super) struct Keeper {
    file: BanFile,
    /// What is not known to be on the disk yet, in the order in which it was done.
    unsaved: Vec<Change>,
    /// How many of these the task has, if it has a job.
    busy: Option<usize>,
    /// Whether the file is to be read again.
    stale: bool,
    /// Whether the disk refused the last time, and the operator was told.
    refused: bool,
    /// Whether it is left alone until the timer tells to try again.
    resting: bool,
    jobs: Option<Sender<Job>>,
}

/// What the task is to do: changes to make.
#[derive(Debug)]
struct Job {
    changes: Vec<Change>,
    /// Whether somebody may have changed the file.
    reread: bool,
}

/// What came of a job.
#[derive(Debug)]
pub(super) struct Kept {
    outcome: Result<Bans, Problem>,
    reread: bool,
}

impl Keeper {
    pub(super) fn new(file: BanFile) -> Self {
        Self {
            file,
            unsaved: Vec::new(),
            busy: None,
            stale: false,
            refused: false,
            resting: false,
            jobs: None,
        }
    }

    /// Spawns the task. It has a thread once there is something to do.
    pub(super) fn start(&mut self, context: &mut Context<'_>) {
        let (sender, jobs) = async_channel::bounded(WAITING);
        self.jobs = Some(sender);
        context.spawn(work(self.file.clone(), jobs, context.mailbox(), context.reporter()));
        self.give_work();
    }

    /// Has a change kept.
    pub(super) fn change(&mut self, change: Change) {
        if self.resting {
            self.condense(&change);
        }
        self.unsaved.push(change);
        self.give_work();
    }

    /// Has the file read again, which somebody may have changed.
    pub(super) fn reread(&mut self) {
        self.stale = true;
        self.give_work();
    }

    /// Tries again.
    pub(super) fn retry(&mut self) {
        self.resting = false;
        self.give_work();
    }

    /// Takes what came of a job: the bans that are in force now, and whether they may be others than before.
    pub(super) fn take(&mut self, kept: Kept, context: &mut Context<'_>) -> Option<(Bans, bool)> {
        let done = self.busy.take().unwrap_or_default();
        let taken = match kept.outcome {
            Ok(mut bans) => {
                self.unsaved.drain(..done.min(self.unsaved.len()));
                self.unsaved.iter().for_each(|change| bans.apply(change));
                if std::mem::take(&mut self.refused) {
                    context.report(format!(
                        "the bans are kept in `{}` again",
                        self.file.path().display()
                    ));
                }
                Some((bans, kept.reread))
            }
            Err(problem) if self.unsaved.is_empty() => {
                context.report(format!("{problem}; the bans stay as they were"));
                None
            }
            Err(problem) => {
                self.stale |= kept.reread;
                // One that is known needs no second report; the task has the last word.
                if !std::mem::replace(&mut self.refused, true) {
                    context.report(format!(
                        "{problem}; until then the new bans hold, but would be lost with the server"
                    ));
                }
                self.resting = true;
                context.set_timer(RETRY_TIMER, RETRY);
                None
            }
        };
        self.give_work();
        taken
    }

    /// Gives the task its last job, and what is not kept by then to whoever comes after.
    pub(super) fn stop(&mut self) {
        if !self.unsaved.is_empty()
            && let Some(jobs) = &self.jobs
        {
            let job = Job { changes: self.unsaved.clone(), reread: false };
            // There is room: at most one other job waits.
            let _ = jobs.try_send(job);
        }
        self.jobs = None;
    }

    /// What is not known to be kept.
    pub(super) fn unsaved(&self) -> &[Change] {
        &self.unsaved
    }

    /// Goes on from a keeper that has stopped. Its last job may be done or not: changes made twice are made once.
    pub(super) fn take_over(&mut self, unsaved: Vec<Change>) {
        self.unsaved = unsaved;
        // The file may have been changed since it was read.
        self.stale = true;
    }

    fn give_work(&mut self) {
        let idle = self.unsaved.is_empty() && !self.stale;
        if idle || self.busy.is_some() || self.resting {
            return;
        }
        if let Some(jobs) = &self.jobs {
            let job = Job { changes: self.unsaved.clone(), reread: self.stale };
            if jobs.try_send(job).is_ok() {
                self.busy = Some(self.unsaved.len());
                self.stale = false;
            }
        }
    }

    /// Drops what a change makes needless, so that a disk which refuses for months is no reason to grow for months. While it rests the
    /// task has none of it.
    fn condense(&mut self, next: &Change) {
        self.unsaved.retain(|earlier| match (earlier, next) {
            (Change::Add(ban), Change::Add(other)) => !ban.is_of_the_same(other),
            (Change::Add(ban), Change::Tidy(now)) => ban.holds(*now),
            (earlier, Change::Tidy(_)) => !matches!(earlier, Change::Tidy(_)),
            (earlier, next) => earlier != next,
        });
    }
}

/// Does one job after the other until the plugin stops.
async fn work(file: BanFile, jobs: Receiver<Job>, mailbox: TaskMailbox, reporter: Reporter) {
    let mut disk = DiskThread::default();
    while let Ok(Job { changes, reread }) = jobs.recv().await {
        let added: Vec<String> = changes.iter().filter_map(Change::whom).collect();
        let on_disk = file.clone();
        let outcome = match disk.run(move || on_disk.change(&changes)).await {
            Ok(outcome) => outcome,
            Err(error) => Err(Problem::Write { path: file.path().to_owned(), error }),
        };
        if let Err(problem) = &outcome
            && jobs.is_closed()
            && jobs.is_empty()
            && !added.is_empty()
        {
            // There is no plugin any more to try again.
            reporter.report(format!("{problem}; not kept are the bans of {}", added.join(", ")));
        }
        mailbox.send(Kept { outcome, reread }).await;
    }
}
