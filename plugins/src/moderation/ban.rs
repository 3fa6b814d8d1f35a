//! A ban: whom it keeps out, until when and why. It stands in the file as it stands here.

use salotto::Name;
use salotto::protocol::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};

use crate::common::network::Network;
use crate::common::span;

/// A ban of a name, of an address or a network, or of both. At least one of them is there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Written")]
pub(super) struct Ban {
    /// Nobody has this name, or one that passes for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<Name>,
    /// Nobody comes from here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) address: Option<Network>,
    /// When it is over; `None` for good.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) until: Option<Timestamp>,
    /// Who said so.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) by: String,
    /// The reason; may be empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) why: String,
}

/// A ban as somebody may have written it with an editor.
#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
#[derive(Default)]
struct Written {
    name: Option<Name>,
    address: Option<Network>,
    #[serde(deserialize_with = "moment")]
    until: Option<Timestamp>,
    by: String,
    why: String,
}

impl TryFrom<Written> for Ban {
    type Error = &'static str;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        let Written { name, address, until, by, why } = written;
        if name.is_none() && address.is_none() {
            return Err("a ban needs a `name` or an `address`");
        }
        // People are told it, whoever wrote it.
        let clean = |text: String| salotto::protocol::sanitize::message(&text).into_owned();
        Ok(Self { name, address, until, by: clean(by), why: clean(why) })
    }
}

fn moment<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    let Some(text) = Option::<String>::deserialize(deserializer)? else {
        return Ok(None);
    };
    match humantime::parse_rfc3339_weak(&text) {
        Ok(time) => Ok(Some(time.into())),
        Err(_) => Err(serde::de::Error::custom(format!(
            "`{text}` is no time; write one in UTC, such as 2026-07-01T18:00:00Z"
        ))),
    }
}

impl Ban {
    /// Whether it is still in force.
    pub(super) fn holds(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|until| until > now)
    }

    /// Whether it keeps out exactly those whom another does.
    pub(super) fn is_of_the_same(&self, other: &Self) -> bool {
        let names = match (&self.name, &other.name) {
            (Some(one), Some(other)) => pass_for_one_another(one, other),
            (None, None) => true,
            _ => false,
        };
        names && self.address == other.address
    }

    /// Whom it keeps out, for people.
    pub(super) fn whom(&self) -> String {
        match (&self.name, self.address) {
            (Some(name), Some(address)) => format!("{name} ({address})"),
            (Some(name), None) => name.to_string(),
            (None, Some(address)) => address.to_string(),
            (None, None) => String::new(),
        }
    }

    /// For how much longer, and why, as whoever is kept out is told: `for another 2h (flooding)`.
    pub(super) fn terms(&self, now: Timestamp) -> String {
        terms(self.until, &self.why, now)
    }
}

/// For how much longer something holds, and why.
pub(super) fn terms(until: Option<Timestamp>, why: &str, now: Timestamp) -> String {
    let length = match until {
        Some(until) => format!("for another {}", span::left(until, now)),
        None => "for good".into(),
    };
    if why.is_empty() { length } else { format!("{length} ({why})") }
}

/// Whether two names cannot stand side by side.
pub(super) fn pass_for_one_another(one: &Name, other: &Name) -> bool {
    one == other || {
        let keys = other.keys();
        one.keys().iter().any(|key| keys.contains(key))
    }
}
