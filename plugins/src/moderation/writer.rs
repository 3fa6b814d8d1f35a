//! Writes the bans to their file: the side of the hub, which knows the changes that are not written yet, and the task that writes them.

use std::time::Duration;

use async_channel::{Receiver, Sender};
use salotto::{Context, Reporter, TaskMailbox};

use super::bans::{Bans, Change};
use super::file::{BanFile, Problem};
use crate::common::disk::DiskThread;

/// Jobs that may wait: there is one at a time, and a last one behind it when the plugin stops.
const WAITING: usize = 2;

/// How long to wait before writing is tried again.
const RETRY: Duration = Duration::from_secs(5);

/// The timer of the next attempt.
pub(super) const RETRY_TIMER: &str = "write bans";

/// See the module.
#[derive(Debug)]
pub(super) struct BanWriter {
    file: BanFile,
    /// The changes that are not known to be on the disk yet, in their order.
    unsaved: Vec<Change>,
    /// How many of these are in the job that the task is doing, if there is one.
    in_job: Option<usize>,
    /// Whether the file must be read again.
    stale: bool,
    /// Whether the last attempt failed, which was reported to the operator.
    failed: bool,
    /// Whether it waits for the timer to try again.
    is_waiting: bool,
    jobs: Option<Sender<Job>>,
}

/// A job of the task: changes to write.
#[derive(Debug)]
struct Job {
    changes: Vec<Change>,
    /// Whether somebody may have changed the file.
    reread: bool,
    /// Whether the plugin ends, so that nobody can try again.
    is_last: bool,
}

/// The result of a job.
#[derive(Debug)]
pub(super) struct Written {
    outcome: Result<Bans, Problem>,
    reread: bool,
}

impl BanWriter {
    pub(super) fn new(file: BanFile) -> Self {
        Self {
            file,
            unsaved: Vec::new(),
            in_job: None,
            stale: false,
            failed: false,
            is_waiting: false,
            jobs: None,
        }
    }

    /// Spawns the task. Its thread starts with the first job.
    pub(super) fn start(&mut self, context: &mut Context<'_>) {
        let (sender, jobs) = async_channel::bounded(WAITING);
        self.jobs = Some(sender);
        // That the bans cannot be kept is known before the first one.
        self.stale = true;
        context.spawn(work(self.file.clone(), jobs, context.mailbox(), context.reporter()));
        self.start_job();
    }

    /// Adds a change to be written.
    pub(super) fn push(&mut self, change: Change) {
        if self.is_waiting {
            self.condense(&change);
        }
        self.unsaved.push(change);
        self.start_job();
    }

    /// Has the file read again, in case somebody has changed it.
    pub(super) fn reread(&mut self) {
        self.stale = true;
        self.start_job();
    }

    /// Tries again now.
    pub(super) fn retry(&mut self) {
        self.is_waiting = false;
        self.start_job();
    }

    /// Takes the result of a job. Returns the bans that are now in force, and whether others than the written ones may have changed.
    pub(super) fn finish(
        &mut self,
        written: Written,
        context: &mut Context<'_>,
    ) -> Option<(Bans, bool)> {
        let done = self.in_job.take().unwrap_or_default();
        let taken = match written.outcome {
            Ok(mut bans) => {
                self.unsaved.drain(..done.min(self.unsaved.len()));
                self.unsaved.iter().for_each(|change| bans.apply(change));
                context.working();
                if std::mem::take(&mut self.failed) {
                    context.report(format!(
                        "the bans are saved to `{}` again",
                        self.file.path().display()
                    ));
                }
                Some((bans, written.reread))
            }
            Err(problem) if self.unsaved.is_empty() => {
                context.failing(match problem {
                    Problem::Write { .. } => lost_at_the_end(&problem),
                    problem => format!("{problem}; the bans are unchanged"),
                });
                self.failed = true;
                self.stale = true;
                self.is_waiting = true;
                context.set_timer(RETRY_TIMER, RETRY);
                None
            }
            Err(problem) => {
                self.stale |= written.reread;
                // It is reported once; what is left at the end is reported by the task.
                self.failed = true;
                context.failing(lost_at_the_end(&problem));
                self.is_waiting = true;
                context.set_timer(RETRY_TIMER, RETRY);
                None
            }
        };
        self.start_job();
        taken
    }

    /// Gives the task its last job. What is not written by then is left to the next writer.
    pub(super) fn stop(&mut self) {
        if !self.unsaved.is_empty()
            && let Some(jobs) = &self.jobs
        {
            let job = Job { changes: self.unsaved.clone(), reread: false, is_last: true };
            // There is space: at most one other job waits.
            let _ = jobs.try_send(job);
        }
        self.jobs = None;
    }

    /// Whether what is changed now cannot be written, as far as is known.
    pub(super) fn is_failing(&self) -> bool {
        self.failed
    }

    /// The changes that are not known to be written.
    pub(super) fn unsaved(&self) -> &[Change] {
        &self.unsaved
    }

    /// Continues for a writer that has stopped. Its last job may be done or not: applying a change twice does no harm.
    pub(super) fn take_over(&mut self, unsaved: Vec<Change>) {
        self.unsaved = unsaved;
        // The file may have been changed since it was read.
        self.stale = true;
    }

    fn start_job(&mut self) {
        let idle = self.unsaved.is_empty() && !self.stale;
        if idle || self.in_job.is_some() || self.is_waiting {
            return;
        }
        if let Some(jobs) = &self.jobs {
            let job = Job { changes: self.unsaved.clone(), reread: self.stale, is_last: false };
            if jobs.try_send(job).is_ok() {
                self.in_job = Some(self.unsaved.len());
                self.stale = false;
            }
        }
    }

    /// Drops the changes that a new one makes obsolete, so that the list does not grow while a disk fails for months. The task has none of them
    /// while this waits.
    fn condense(&mut self, next: &Change) {
        self.unsaved.retain(|earlier| match (earlier, next) {
            (Change::Add(ban), Change::Add(other)) => !ban.has_same_target(other),
            (Change::Add(ban), Change::Tidy(now)) => ban.is_in_force(*now),
            (earlier, Change::Tidy(_)) => !matches!(earlier, Change::Tidy(_)),
            (earlier, next) => earlier != next,
        });
    }
}

fn lost_at_the_end(problem: &Problem) -> String {
    format!("{problem}; until then new bans are in force, but they are lost when the server stops")
}

/// Does one job after the other until the plugin stops.
async fn work(file: BanFile, jobs: Receiver<Job>, mailbox: TaskMailbox, reporter: Reporter) {
    let mut disk = DiskThread::default();
    while let Ok(Job { changes, reread, is_last }) = jobs.recv().await {
        let added: Vec<String> = changes.iter().filter_map(Change::whom).collect();
        let on_disk = file.clone();
        let outcome = match disk.run(move || on_disk.change(&changes)).await {
            Ok(outcome) => outcome,
            Err(error) => Err(Problem::Write { path: file.path().to_owned(), error }),
        };
        if let Err(problem) = &outcome
            && is_last
            && !added.is_empty()
        {
            // The plugin is gone and cannot try again.
            reporter.warn(format!("{problem}; these bans are not saved: {}", added.join(", ")));
        }
        mailbox.send(Written { outcome, reread }).await;
    }
}
