//! What one front sees of the server: which reports it wants, and the channel through which they come, across restarts.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_channel::{Receiver, Sender};
use salotto::{EntryKind, Event, Handle, Name, NoticeKind, Reply, Report, Tracing};
use serde::{Deserialize, Serialize};
use smol::future::FutureExt;

use super::front::Front;

/// Servers that may wait for a front that reads nothing. More than a few are rare; the oldest are dropped.
const SERVERS: usize = 8;

/// How much of what happens is shown. Each level includes those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Watch {
    /// Only what the operator has to know: actions, plugins that broke, what plugins report.
    None,
    /// The messages in the rooms.
    Talk,
    /// Joins, leaves, topics and notices too.
    Rooms,
    /// Connections and private messages too.
    All,
}

/// What a front wants to see. When it is dropped its [`Feed`] ends.
#[derive(Debug)]
pub struct View {
    front: Front,
    subscriber: Arc<Subscriber>,
}

/// The reports that a [`View`] wants.
#[derive(Debug)]
pub struct Feed {
    subscriber: Arc<Subscriber>,
    servers: Receiver<Source>,
    reports: Option<salotto::Watch>,
    /// What came for the operator while nobody was there.
    kept: VecDeque<Report>,
}

/// What a view, its feed and the supervisor share.
#[derive(Debug)]
pub(super) struct Subscriber {
    servers: Sender<Source>,
    /// Whether somebody reads what is shown.
    attends: bool,
    /// The lock guards single steps and is never held while another is taken.
    filter: Mutex<Filter>,
}

#[derive(Debug)]
struct Filter {
    /// `None` shows nothing at all, until `watch` is called.
    watch: Option<Watch>,
    trace: bool,
    /// The name to which members write who write to the operator.
    operator_name: String,
    /// Makes the current server report its hook calls.
    tracing: Option<Tracing>,
}

/// A server that is open from here on.
#[derive(Debug)]
struct Source(salotto::Watch);

/// What a feed waits for.
enum Next {
    Report(Report),
    Supervised(Source),
    ServerStopped,
    Closed,
}

pub(super) fn open(front: Front, watch: Option<Watch>) -> (View, Feed) {
    let (sender, servers) = async_channel::bounded(SERVERS);
    let subscriber = Arc::new(Subscriber {
        servers: sender,
        attends: front.attends,
        filter: Mutex::new(Filter {
            watch,
            trace: false,
            operator_name: String::new(),
            tracing: None,
        }),
    });
    let kept = VecDeque::new();
    let feed = Feed { subscriber: subscriber.clone(), servers, reports: None, kept };
    (View { front, subscriber }, feed)
}

impl Watch {
    /// All levels, from the most to the least.
    pub const ALL: [Self; 4] = [Self::All, Self::Rooms, Self::Talk, Self::None];

    /// The word that is typed for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Rooms => "rooms",
            Self::Talk => "talk",
            Self::None => "none",
        }
    }

    /// Whether a report is shown; hook calls have a switch of their own.
    pub fn shows(self, report: &Report) -> bool {
        self >= match report {
            Report::Entry(entry) => match &entry.what {
                EntryKind::Message { .. } => Self::Talk,
                EntryKind::Notice { kind, .. } => match kind {
                    NoticeKind::Info => Self::Rooms,
                    // The operator sees joins and leaves as such; how plugins word them is for the room.
                    _ => Self::All,
                },
                _ => Self::Rooms,
            },
            Report::Direct(Event::Direct { .. })
            | Report::Connected { .. }
            | Report::Disconnected { .. } => Self::All,
            Report::SlowHook { .. } => Self::Talk,
            _ => Self::None,
        }
    }
}

impl View {
    /// Which front it is of, for the log.
    pub fn who(&self) -> &str {
        &self.front.who
    }

    /// Who acts through it.
    pub(super) fn operator(&self) -> Option<&Name> {
        self.front.operator.as_ref()
    }

    /// Whether somebody reads what is shown to it.
    pub(super) fn attends(&self) -> bool {
        self.front.attends
    }

    pub(super) fn subscriber(&self) -> &Arc<Subscriber> {
        &self.subscriber
    }

    /// Sets what is shown, or answers what is.
    pub(super) fn watch(&self, word: Option<&str>) -> Reply {
        let mut filter = lock(&self.subscriber.filter);
        let chosen = word.and_then(|word| Watch::ALL.into_iter().find(|w| w.word() == word));
        if chosen.is_some() {
            filter.watch = chosen;
            return Reply::Done;
        }
        let shown = filter.watch.unwrap_or(Watch::None);
        Reply::Text(format!("watching {}", shown.word()))
    }

    /// Shows hook calls or not, or answers whether they are shown.
    pub(super) fn trace(&self, switch: Option<&str>, handle: Option<&Handle>) -> Reply {
        let mut filter = lock(&self.subscriber.filter);
        match switch {
            Some(switch) => {
                filter.trace = switch == "on";
                filter.tracing = handle.filter(|_| filter.trace).map(Handle::trace);
                Reply::Done
            }
            None if filter.trace => Reply::text("trace is on"),
            None => Reply::text("trace is off"),
        }
    }
}

impl Drop for View {
    fn drop(&mut self) {
        self.subscriber.close();
    }
}

impl Subscriber {
    /// From here on the reports of this server come.
    pub(super) fn connect(&self, handle: &Handle) {
        let mut filter = lock(&self.filter);
        filter.tracing = filter.trace.then(|| handle.trace());
        filter.operator_name = handle.settings().server.operator_name.clone();
        drop(filter);
        let reports = match self.attends {
            true => handle.watch(),
            false => handle.watch_unattended(),
        };
        // A front that is gone needs no server.
        let _ = self.servers.force_send(Source(reports));
    }

    pub(super) fn close(&self) {
        lock(&self.filter).tracing = None;
        self.servers.close();
    }

    pub(super) fn is_closed(&self) -> bool {
        self.servers.is_closed()
    }

    fn wants(&self, report: &Report) -> bool {
        let filter = lock(&self.filter);
        match report {
            Report::Trace { .. } => filter.trace,
            // It is for whoever sits here.
            Report::Direct(Event::Direct { to, .. }) if to.as_str() == filter.operator_name => {
                filter.watch.is_some()
            }
            report => filter.watch.is_some_and(|watch| watch.shows(report)),
        }
    }
}

impl Feed {
    /// What came while nobody was there is told first.
    pub(super) fn tell_kept(&mut self, kept: Vec<Report>) {
        self.kept.extend(kept);
    }

    /// The next report that is wanted, or `None` when there will be none any more.
    pub async fn next(&mut self) -> Option<Report> {
        if let Some(kept) = self.kept.pop_front() {
            return Some(kept);
        }
        loop {
            match self.wait().await {
                Next::Report(report) if self.subscriber.wants(&report) => return Some(report),
                Next::Report(_) => {}
                Next::Supervised(Source(reports)) => self.reports = Some(reports),
                Next::ServerStopped => self.reports = None,
                Next::Closed => return None,
            }
        }
    }

    /// The next report that is wanted, if it is here already.
    pub fn try_next(&mut self) -> Option<Report> {
        if let Some(kept) = self.kept.pop_front() {
            return Some(kept);
        }
        loop {
            let report = self.reports.as_mut().and_then(|reports| reports.try_next().ok());
            let report = match report {
                Some(report) => report,
                None => {
                    let Source(reports) = self.servers.try_recv().ok()?;
                    self.reports = Some(reports);
                    continue;
                }
            };
            if self.subscriber.wants(&report) {
                return Some(report);
            }
        }
    }

    /// What is left of one server comes before the next.
    async fn wait(&mut self) -> Next {
        let Self { servers, reports, .. } = self;
        let supervised = async {
            match servers.recv().await {
                Ok(source) => Next::Supervised(source),
                Err(_) => Next::Closed,
            }
        };
        let Some(reports) = reports else {
            return supervised.await;
        };
        let report = async {
            match reports.next().await {
                Some(report) => Next::Report(report),
                None => Next::ServerStopped,
            }
        };
        report.or(supervised).await
    }
}

/// Takes a lock, also when a thread panicked while it held it.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use salotto::{Reply, Server};

    #[test]
    fn a_feed_goes_on_from_server_to_server_and_ends_with_its_view() {
        smol::block_on(async {
            let (view, mut feed) = open(Front::new("a test"), Some(Watch::Talk));
            for text in ["one", "two"] {
                let server = Server::builder().listen(Vec::<String>::new()).start();
                let server = server.unwrap();
                view.subscriber().connect(&server.handle());
                server.handle().say("lobby", text).await.unwrap();
                let Some(Report::Entry(entry)) = feed.next().await else {
                    panic!("nothing was said");
                };
                assert!(
                    matches!(entry.what, EntryKind::Message { text: said, .. } if said == text)
                );
                server.stop().await;
            }
            drop(view);
            assert_eq!(feed.next().await, None);
        });
    }

    #[test]
    fn a_view_shows_nothing_until_it_watches() {
        let (view, _feed) = open(Front::new("a test"), None);
        assert_eq!(view.watch(None), Reply::text("watching none"));
        assert_eq!(view.watch(Some("talk")), Reply::Done);
        assert_eq!(view.watch(None), Reply::text("watching talk"));
        assert_eq!(view.trace(None, None), Reply::text("trace is off"));
        assert_eq!(view.trace(Some("on"), None), Reply::Done);
        assert_eq!(view.trace(None, None), Reply::text("trace is on"));
    }
}
