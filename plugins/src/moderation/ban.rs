//! A ban: of whom, until when and why. These are also its fields in the file.

use std::time::Duration;

use salotto::Name;
use salotto::protocol::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};

use crate::common::arguments::look_alike;
use crate::common::duration::{self, parse_moment, remaining, serialize_moment};
use salotto::Network;

/// A ban of a name, of an address or a network, or of both. At least one of them is given.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Written")]
pub(super) struct Ban {
    /// Nobody can use this name, or one that looks like it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<Name>,
    /// Nobody can connect from here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) address: Option<Network>,
    /// When it ends; `None` if it is permanent.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "serialize_moment")]
    pub(super) until: Option<Timestamp>,
    /// Who banned them.
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
        // It is shown to people, whoever wrote it.
        let clean = |text: String| salotto::protocol::sanitize::message(&text).into_owned();
        Ok(Self { name, address, until, by: clean(by), why: clean(why) })
    }
}

fn moment<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    let Some(text) = Option::<String>::deserialize(deserializer)? else {
        return Ok(None);
    };
    let time = parse_moment(&text).ok_or_else(|| {
        serde::de::Error::custom(format!(
            "`{text}` is not a time; write one in UTC, such as 2026-07-01T18:00:00Z"
        ))
    })?;
    Ok(Some(time))
}

impl Ban {
    /// Whether it is still in force.
    pub(super) fn is_in_force(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|until| until > now)
    }

    /// Whether it is of the same name and address as another.
    pub(super) fn has_same_target(&self, other: &Self) -> bool {
        let names = match (&self.name, &other.name) {
            (Some(one), Some(other)) => look_alike(one, other),
            (None, None) => true,
            _ => false,
        };
        names && self.address == other.address
    }

    /// Who is banned, for people.
    pub(super) fn whom(&self) -> String {
        match (&self.name, self.address) {
            (Some(name), Some(address)) => format!("{name} ({address})"),
            (Some(name), None) => name.to_string(),
            (None, Some(address)) => address.to_string(),
            (None, None) => String::new(),
        }
    }

    /// For how much longer, and why, as shown to the banned: `for 2 more hours (flooding)`.
    pub(super) fn terms(&self, now: Timestamp) -> String {
        terms(self.until.map(|until| duration::until(until, now)), &self.why)
    }
}

/// For how much longer something lasts, and why.
pub(super) fn terms(left: Option<Duration>, why: &str) -> String {
    let length = match left {
        Some(left) => format!("for {}", remaining(left)),
        None => "permanently".into(),
    };
    if why.is_empty() { length } else { format!("{length} ({why})") }
}
