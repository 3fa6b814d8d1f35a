//! How far somebody has read, by target: <https://ircv3.net/specs/extensions/read-marker>. That of an account is kept where there is a store; that of others goes with them.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use salotto::{Context, MemberId, Timestamp};

use crate::common::values;

/// The namespace of the values in which they are kept, by account.
const NAMESPACE: &str = "irc-read-markers";
/// So many targets of one are remembered; the one that was read least lately makes way.
const MOST: usize = 200;
/// How long what was read waits to be kept, as clients tell of every message.
pub(super) const KEPT_AFTER: Duration = Duration::from_secs(10);

/// By target, in lower case.
type Markers = BTreeMap<String, Timestamp>;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct ReadMarkers {
    of_guests: HashMap<MemberId, Markers>,
    /// Those of accounts that have yet to be kept.
    unkept: HashMap<String, Markers>,
}

impl ReadMarkers {
    /// How far somebody has read.
    pub(super) fn get(
        &self,
        context: &Context<'_>,
        member: MemberId,
        target: &str,
    ) -> Option<Timestamp> {
        let target = target.to_lowercase();
        match context.account(member) {
            None => self.of_guests.get(&member)?.get(&target).copied(),
            Some(account) => match self.unkept.get(account) {
                Some(markers) => markers.get(&target).copied(),
                None => kept(context, account).get(&target).copied(),
            },
        }
    }

    /// Somebody has read so far, or further already. Returns how far, and whether there is something to be [kept](Self::keep) now.
    pub(super) fn set(
        &mut self,
        context: &Context<'_>,
        member: MemberId,
        target: &str,
        time: Timestamp,
    ) -> (Timestamp, bool) {
        let Some(account) = context.account(member) else {
            return (advance(self.of_guests.entry(member).or_default(), target, time), false);
        };
        let was_kept = self.unkept.is_empty();
        let of_account = self.unkept.entry(account.to_owned());
        let markers = of_account.or_insert_with(|| kept(context, account));
        (advance(markers, target, time), was_kept)
    }

    /// Keeps those of accounts.
    pub(super) fn keep(&mut self, context: &mut Context<'_>) {
        for (account, markers) in self.unkept.drain() {
            values::put(context, NAMESPACE, &account, &markers);
        }
    }

    pub(super) fn forget(&mut self, member: MemberId) {
        self.of_guests.remove(&member);
    }

    /// There is no such account any more.
    pub(super) fn forget_account(&mut self, context: &Context<'_>, account: &str) {
        self.unkept.remove(account);
        values::remove(context, NAMESPACE, account);
    }
}

fn kept(context: &Context<'_>, account: &str) -> Markers {
    values::get(context, NAMESPACE, account).unwrap_or_default()
}

fn advance(markers: &mut Markers, target: &str, time: Timestamp) -> Timestamp {
    let marker = markers.entry(target.to_lowercase()).or_insert(time);
    *marker = (*marker).max(time);
    let reached = *marker;
    if markers.len() > MOST {
        let oldest =
            markers.iter().min_by_key(|(_, time)| **time).map(|(target, _)| target.clone());
        oldest.map(|oldest| markers.remove(&oldest));
    }
    reached
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marker_only_goes_forward_and_the_oldest_makes_way() {
        let at = |second: u64| {
            Timestamp::from(std::time::SystemTime::UNIX_EPOCH + Duration::from_secs(second))
        };
        let mut markers = Markers::new();
        assert_eq!(advance(&mut markers, "#Lobby", at(5)), at(5));
        assert_eq!(advance(&mut markers, "#lobby", at(3)), at(5));
        for number in 0..MOST as u64 {
            advance(&mut markers, &format!("#{number}"), at(10 + number));
        }
        assert!(markers.len() == MOST && !markers.contains_key("#lobby"));
    }
}
