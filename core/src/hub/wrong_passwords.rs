//! Wrong passwords of the server, recorded so that an attack is seen: the first of each address at once, what follows within the minute as a sum.

use std::collections::HashMap;
use std::time::Duration;

use super::Hub;
use super::timers::Due;
use crate::protocol::network::Network;
use crate::protocol::peer::Peer;

/// How long wrong passwords are summed.
const SUMMED_FOR: Duration = Duration::from_secs(60);
/// Addresses that are recorded one by one in that time; the others are one sum.
const RECORDED: usize = 256;

/// Wrong passwords since the last sum.
#[derive(Debug, Default)]
pub(super) struct WrongPasswords {
    /// After the first one, which was recorded.
    by_address: HashMap<Option<Network>, u64>,
    /// Of all other addresses.
    others: u64,
}

impl WrongPasswords {
    /// One more. Says whether it is to be recorded by itself.
    fn count(&mut self, address: Option<Network>) -> bool {
        if let Some(more) = self.by_address.get_mut(&address) {
            *more += 1;
            return false;
        }
        let has_room = self.by_address.len() < RECORDED;
        if has_room {
            self.by_address.insert(address, 0);
        } else {
            self.others += 1;
        }
        has_room
    }

    /// The sums that are to be recorded, by who gave them, and begins anew.
    fn take(&mut self) -> Vec<(String, u64)> {
        let Self { by_address, others } = std::mem::take(self);
        let mut sums: Vec<_> = by_address.into_iter().filter(|&(_, more)| more > 0).collect();
        sums.sort_unstable();
        let others = (others > 0).then(|| ("other addresses".to_owned(), others));
        sums.into_iter().map(|(address, more)| (shown(address), more)).chain(others).collect()
    }
}

impl Hub {
    /// A connection gave a wrong password.
    pub(super) fn record_wrong_password(&mut self, peer: Peer) {
        let address = peer.network();
        if !self.timers.is_set(&Due::WrongPasswords) {
            self.timers.set(self.state.clock.now() + SUMMED_FOR, Due::WrongPasswords);
        }
        if self.wrong_passwords.count(address) {
            self.record(self.act("wrong-password", &shown(address)));
        }
    }

    /// The time for which wrong passwords are summed is over.
    pub(super) fn record_sums_of_wrong_passwords(&mut self) {
        for (by, more) in self.wrong_passwords.take() {
            let why = format!("{more} more in {} s", SUMMED_FOR.as_secs());
            self.record(self.act("wrong-password", &by).why(why));
        }
    }
}

fn shown(address: Option<Network>) -> String {
    address.map_or_else(|| "local".into(), |address| address.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_address_is_recorded_once_and_the_rest_is_summed() {
        let mut wrong = WrongPasswords::default();
        let address = |last: u32| Some(Network::of(std::net::Ipv4Addr::from(last).into()));
        assert!((0..200).all(|last| wrong.count(address(last))));
        assert!((0..3).all(|_| !wrong.count(address(7))));
        let recorded = (200..1000).filter(|&last| wrong.count(address(last))).count();
        assert_eq!(recorded, RECORDED - 200);
        let sums = [("0.0.0.7".to_owned(), 3), ("other addresses".to_owned(), 744)];
        assert_eq!(wrong.take(), sums);
        assert!(wrong.take().is_empty() && wrong.count(address(7)));
    }
}
