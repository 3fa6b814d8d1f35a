//! What the operator can watch: everything that happens in the server, for consoles and for code.

mod watch;

use std::borrow::Cow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use tracing::field::display;

use crate::delivery::counters::Sparing;
use crate::protocol::action::Action;
use crate::protocol::entry::Entry;
use crate::protocol::event::Event;
use crate::protocol::hook::{Hook, Verdict};
use crate::protocol::ids::MemberId;
use crate::protocol::leave_reason::LeaveReason;
use crate::protocol::name::Name;
use crate::protocol::peer::Peer;
use crate::protocol::secrets::mask_secrets;
use crate::protocol::timestamp::Timestamp;

use watch::Queue;
pub use watch::Watch;

/// Something the operator may want to see.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Report {
    /// Something happened in a room.
    Entry(Entry),
    /// Something was said to one person; an [`Event::Direct`].
    Direct(Event),
    /// Somebody connected.
    Connected {
        /// Who.
        member: MemberId,
        /// From where.
        peer: Peer,
    },
    /// A connection is over.
    Disconnected {
        /// Who.
        member: MemberId,
        /// The name it had.
        name: Option<Name>,
        /// Why.
        reason: LeaveReason,
    },
    /// Somebody did something to others or to the server.
    Action(Action),
    /// A plugin has something to say.
    Plugin {
        /// Which.
        plugin: String,
        /// What.
        text: String,
        /// Whether something does not work as it should; otherwise it is information.
        #[serde(default)]
        is_trouble: bool,
    },
    /// A plugin panicked in a hook.
    PluginPanicked {
        /// Which.
        plugin: String,
        /// Where.
        hook: Hook,
        /// What the panic said.
        message: String,
        /// Whether it was turned off for it.
        disabled: bool,
    },
    /// A hook took longer than `server.slow_hook`.
    SlowHook {
        /// Whose.
        plugin: String,
        /// Which.
        hook: Hook,
        /// How long; in seconds where it is written as JSON.
        #[serde(with = "crate::protocol::durations::seconds")]
        took: Duration,
    },
    /// A hook was called; only while somebody traces.
    Trace {
        /// Whose.
        plugin: String,
        /// Which.
        hook: Hook,
        /// What a gate answered.
        verdict: Option<Verdict>,
        /// How long it took; in seconds where it is written as JSON.
        #[serde(with = "crate::protocol::durations::seconds")]
        took: Duration,
    },
    /// Something about the server itself.
    Server {
        /// When.
        time: Timestamp,
        /// What, in one line.
        text: String,
    },
    /// So many reports came faster than this watcher took them, and made way here. Told by its [`Watch`] alone.
    Lost(u64),
}

impl Report {
    /// What a plugin says or panics with may quote its settings.
    fn mask_secrets(&mut self) {
        if let Self::Plugin { text, .. } | Self::PluginPanicked { message: text, .. } = self
            && let Cow::Owned(masked) = mask_secrets(text)
        {
            *text = masked;
        }
    }

    /// Whether a connection was ended by a limit or by a plugin.
    fn is_cut_off(&self) -> bool {
        let Self::Disconnected { reason, .. } = self else { return false };
        matches!(reason, LeaveReason::TooSlow | LeaveReason::Idle | LeaveReason::Refused { .. })
    }

    /// Leaves a trace in the diagnostics of the program: of what is done and what goes wrong, never of what people say. `cut_off` is how many were cut off
    /// since the last line about that, where this is worth one.
    fn diagnose(&self, cut_off: Option<u64>) {
        match self {
            Self::Entry(_) | Self::Direct(_) | Self::Lost(_) => {}
            Self::Connected { member, peer } => tracing::debug!(%member, %peer, "connected"),
            Self::Disconnected { member, name, reason } => {
                let name = name.as_ref().map(Name::as_str);
                let reason = reason.to_string();
                match cut_off {
                    Some(meanwhile) => {
                        tracing::info!(%member, name, reason, meanwhile, "cut off");
                    }
                    None => tracing::debug!(%member, name, reason, "disconnected"),
                }
            }
            Self::Action(Action { what, by, whom, room, why, until, .. }) => {
                let (room, until) = (room.as_ref().map(display), until.as_ref().map(display));
                tracing::info!(by, what, whom, room, until, why, "action");
            }
            Self::Plugin { plugin, text, is_trouble: true } => tracing::warn!(plugin, "{text}"),
            Self::Plugin { plugin, text, .. } => tracing::info!(plugin, "{text}"),
            Self::PluginPanicked { plugin, hook, message, disabled } => {
                tracing::error!(plugin, %hook, message, disabled, "a plugin panicked");
            }
            Self::SlowHook { plugin, hook, took } => {
                tracing::warn!(plugin, %hook, ?took, "slow hook");
            }
            Self::Trace { plugin, hook, verdict, took } => {
                tracing::trace!(plugin, %hook, ?verdict, ?took, "hook");
            }
            Self::Server { text, .. } => tracing::info!("{text}"),
        }
    }
}

/// Where reports go. Clones share the watchers.
#[derive(Debug, Clone, Default)]
pub(crate) struct Reports(Arc<Told>);

#[derive(Debug)]
struct Told {
    watchers: Mutex<Watchers>,
    /// What is told of connections that were cut off.
    cut_off: Sparing,
    since: Instant,
}

impl Default for Told {
    fn default() -> Self {
        Self { watchers: Mutex::default(), cut_off: Sparing::default(), since: Instant::now() }
    }
}

#[derive(Debug, Default)]
struct Watchers {
    queues: Vec<Watcher>,
    /// Whether there will be no reports any more.
    ended: bool,
}

#[derive(Debug)]
struct Watcher {
    queue: Weak<Queue>,
    /// Whether somebody reads what comes.
    attends: bool,
}

impl Reports {
    /// A new watcher, until it is dropped.
    pub(crate) fn watch(&self, attends: bool) -> Watch {
        let watch = Watch::new();
        let mut watchers = self.lock();
        match watchers.ended {
            true => watch.end(),
            false => watchers.queues.push(Watcher { queue: watch.queue(), attends }),
        }
        watch
    }

    /// Whether anybody watches.
    pub(crate) fn are_watched(&self) -> bool {
        self.lock().queues.iter().any(|watcher| watcher.queue.strong_count() > 0)
    }

    /// Whether somebody watches who reads what comes.
    pub(crate) fn are_attended(&self) -> bool {
        let attends = |watcher: &Watcher| watcher.attends && watcher.queue.strong_count() > 0;
        self.lock().queues.iter().any(attends)
    }

    /// Tells everybody who watches, and leaves a trace for those who look later.
    pub(crate) fn send(&self, mut report: Report) {
        report.mask_secrets();
        // Strangers can bring it about as often as they like.
        let cut_off =
            report.is_cut_off().then(|| self.0.cut_off.count(self.0.since.elapsed().as_secs()));
        report.diagnose(cut_off.flatten());
        for queue in self.watching() {
            queue.put(report.clone());
        }
    }

    /// There is nothing more to tell: the server has ended.
    pub(crate) fn end(&self) {
        self.lock().ended = true;
        for queue in self.watching() {
            queue.end();
        }
    }

    /// Those who still watch.
    fn watching(&self) -> Vec<Arc<Queue>> {
        let mut watchers = self.lock();
        watchers.queues.retain(|watcher| watcher.queue.strong_count() > 0);
        watchers.queues.iter().filter_map(|watcher| watcher.queue.upgrade()).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Watchers> {
        self.0.watchers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::watch::WAITING;
    use super::*;
    use crate::protocol::entry::EntryKind;
    use crate::protocol::error::TryNextError;
    use crate::protocol::name::RoomName;

    #[test]
    fn every_kind_of_report_is_read_back_as_it_was_written() {
        let limits = crate::protocol::settings::Limits::default();
        let (ada, lobby) = (
            Name::new("ada", limits.name_bounds()).unwrap(),
            RoomName::new("lobby", limits.room_name_bounds()).unwrap(),
        );
        let (time, took) = (Timestamp::now(), Duration::from_micros(1234));
        let (plugin, hook) = ("hush".to_owned(), Hook::BeforeMessage);
        let reason = LeaveReason::Kicked { by: Some(ada.clone()), why: "flooding".into() };
        let member = MemberId(7);
        let direct = Event::Direct {
            from: ada.clone(),
            to: ada.clone(),
            text: "hi".into(),
            time,
            tags: Default::default(),
            nonce: None,
        };
        let left = EntryKind::Left { who: ada.clone(), reason: reason.clone() };
        for report in [
            Report::Entry(Entry { room: lobby, id: 3, time, what: left }),
            Report::Direct(direct),
            Report::Connected { member, peer: Peer::Network("[::1]:7".parse().unwrap()) },
            Report::Connected { member, peer: Peer::Local },
            Report::Disconnected { member, name: Some(ada), reason },
            Report::Action(Action::new(time, "kick", "ada").whom("bob")),
            Report::Plugin { plugin: plugin.clone(), text: "full".into(), is_trouble: true },
            Report::PluginPanicked {
                plugin: plugin.clone(),
                hook,
                message: "oh".into(),
                disabled: true,
            },
            Report::SlowHook { plugin: plugin.clone(), hook, took },
            Report::Trace { plugin, hook, verdict: Some(Verdict::Deny("no".into())), took },
            Report::Server { time, text: "open".into() },
            Report::Lost(7),
        ] {
            let json = serde_json::to_string(&report).unwrap();
            assert_eq!(serde_json::from_str::<Report>(&json).unwrap(), report, "{json}");
        }
        let slow = Report::SlowHook { plugin: "hush".into(), hook, took };
        assert_eq!(
            serde_json::to_string(&slow).unwrap(),
            r#"{"slow_hook":{"plugin":"hush","hook":"before_message","took":0.001234}}"#
        );
    }

    fn number(text: usize) -> Report {
        Report::Server { time: Timestamp::now(), text: text.to_string() }
    }

    fn told(watch: &mut Watch) -> Vec<String> {
        let told = std::iter::from_fn(|| watch.try_next().ok());
        told.map(|report| match report {
            Report::Server { text, .. } => text,
            Report::Lost(count) => format!("lost {count}"),
            other => panic!("{other:?}"),
        })
        .collect()
    }

    #[test]
    fn who_is_too_slow_is_told_how_much_is_missing_and_where() {
        let reports = Reports::default();
        let (mut slow, mut quick) = (reports.watch(true), reports.watch(true));
        for text in 0..WAITING + 7 {
            reports.send(number(text));
            assert_eq!(told(&mut quick), [text.to_string()]);
        }
        assert_eq!(slow.try_next(), Ok(Report::Lost(7)));
        let rest: Vec<_> = (7..WAITING + 7).map(|text| text.to_string()).collect();
        assert_eq!(told(&mut slow), rest);
        assert_eq!(slow.try_next(), Err(TryNextError::Empty));
        // While it was being told, more came and went.
        (0..WAITING).for_each(|text| reports.send(number(text)));
        assert!(matches!(slow.try_next(), Ok(Report::Server { text, .. }) if text == "0"));
        (0..3).for_each(|text| reports.send(number(text)));
        assert_eq!(told(&mut slow)[..2], ["lost 2", "3"]);
    }

    #[test]
    fn a_watch_ends_after_all_was_told_and_who_comes_later_is_told_nothing() {
        let reports = Reports::default();
        let mut watch = reports.watch(true);
        assert!(reports.are_watched());
        reports.send(number(1));
        reports.end();
        reports.send(number(2));
        assert_eq!(told(&mut watch), ["1"]);
        assert_eq!(watch.try_next(), Err(TryNextError::Ended));
        assert_eq!(reports.watch(true).try_next(), Err(TryNextError::Ended));
        drop(watch);
        assert!(!reports.are_watched());
    }
}
