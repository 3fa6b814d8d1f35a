//! The limits, and the steps that follow.

use std::fmt;

use serde::Deserialize;

use super::bucket::Rate;
use super::text::{Capitals, Repeats};
use crate::common::duration::HumanDuration;

/// The limits, and the steps that follow.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FloodSettings {
    /// Messages of one person, in rooms and private. Default 30 at once, 30 a minute.
    pub messages: Option<Rate>,
    /// Rooms that one person joins. Default 30 at once, 20 a minute.
    pub joins: Option<Rate>,
    /// Renames of one person. Default 5 at once, 2 a minute.
    pub names: Option<Rate>,
    /// Connections from one address, or of IPv6 from one network of 64 bits. What is more is refused, and nothing follows. Default 150 at once, 60 a
    /// minute.
    pub connections: Option<Rate>,
    /// The same text repeated. Default `None`: allowed.
    pub repeats: Option<Repeats>,
    /// Texts in capitals. Default `None`: allowed.
    pub capitals: Option<Capitals>,
    /// The step for the first offence, the second, and so on; the last one is repeated. Default a warning, a mute for five minutes, a kick, a ban for
    /// an hour. Empty: what is too much is not sent, and nothing follows.
    pub steps: Vec<Step>,
    /// The time after a step in which nothing is sent and no further step is taken. Default 5 seconds.
    pub grace: HumanDuration,
    /// The time without offences after which the steps begin again. Default 2 hours.
    pub forget: HumanDuration,
}

/// What an offence leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Step {
    /// They are warned, with what would be next.
    Warn,
    /// They are muted for a time.
    Mute(HumanDuration),
    /// They are disconnected.
    Kick,
    /// Their name is banned for a time.
    Ban(HumanDuration),
    /// Their address is banned for a time, with everybody who shares it. Where limits by address do not hold (`limits.exempt`) it is the name.
    BanAddress(HumanDuration),
}

impl Default for FloodSettings {
    fn default() -> Self {
        Self {
            messages: Some(Rate { burst: 30, per_minute: 30.0 }),
            joins: Some(Rate { burst: 30, per_minute: 20.0 }),
            names: Some(Rate { burst: 5, per_minute: 2.0 }),
            connections: Some(Rate { burst: 150, per_minute: 60.0 }),
            repeats: None,
            capitals: None,
            steps: vec![
                Step::Warn,
                Step::Mute(HumanDuration::seconds(5 * 60)),
                Step::Kick,
                Step::Ban(HumanDuration::seconds(60 * 60)),
            ],
            grace: HumanDuration::seconds(5),
            forget: HumanDuration::seconds(2 * 60 * 60),
        }
    }
}

impl FloodSettings {
    /// The step of that number; the last one is repeated.
    pub(super) fn step(&self, number: usize) -> Option<Step> {
        self.steps.get(number).or(self.steps.last()).copied()
    }
}

impl fmt::Display for Step {
    /// What would happen to the user.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Warn => formatter.write_str("warned"),
            Self::Mute(duration) => write!(formatter, "muted for {duration}"),
            Self::Kick => formatter.write_str("disconnected"),
            Self::Ban(duration) | Self::BanAddress(duration) => {
                write!(formatter, "banned for {duration}")
            }
        }
    }
}
