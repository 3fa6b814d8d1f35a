//! What a client may choose to be told beyond plain IRC: <https://ircv3.net/irc/>.

pub(super) mod negotiation;

use std::sync::atomic::{AtomicU32, Ordering};

use super::metadata;

macro_rules! capabilities {
    ($($name:ident = $word:literal,)*) => {
        /// One that a client may choose, where it is offered.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[repr(u32)]
        pub(super) enum Capability {
            $($name,)*
        }

        /// All there are, by their names.
        const ALL: &[(&str, Capability)] = &[$(($word, Capability::$name),)*];
    };
}

capabilities! {
    AccountNotify = "account-notify",
    AccountTag = "account-tag",
    AwayNotify = "away-notify",
    Batch = "batch",
    CapNotify = "cap-notify",
    EchoMessage = "echo-message",
    ExtendedJoin = "extended-join",
    ExtendedMonitor = "extended-monitor",
    InviteNotify = "invite-notify",
    LabeledResponse = "labeled-response",
    MessageTags = "message-tags",
    MultiPrefix = "multi-prefix",
    Sasl = "sasl",
    ServerTime = "server-time",
    Setname = "setname",
    StandardReplies = "standard-replies",
    UserhostInNames = "userhost-in-names",
    AccountRegistration = "draft/account-registration",
    ChatHistory = "draft/chathistory",
    EventPlayback = "draft/event-playback",
    MessageRedaction = "draft/message-redaction",
    Metadata2 = "draft/metadata-2",
    Metadata3 = "draft/metadata-3",
    NoImplicitNames = "draft/no-implicit-names",
    ReadMarker = "draft/read-marker",
    Search = "soju.im/search",
}

/// What this server offers at the moment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Offer {
    /// Those that depend on how the server is set up, and are not there.
    missing: u32,
    /// By which mechanisms one can log in.
    pub(super) mechanisms: Vec<String>,
    /// Where TLS is to be used from now on, and for how many seconds.
    pub(super) sts: Option<Sts>,
}

/// That a client is to use TLS from now on: <https://ircv3.net/specs/extensions/sts>.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sts {
    pub(super) port: u16,
    /// In seconds.
    pub(super) duration: u64,
}

impl Offer {
    /// Offers one, or does not.
    pub(super) fn set(&mut self, capability: Capability, is_offered: bool) {
        match is_offered {
            true => self.missing &= !bit(capability),
            false => self.missing |= bit(capability),
        }
    }

    pub(super) fn has(&self, capability: Capability) -> bool {
        self.missing & bit(capability) == 0
    }

    /// All that is offered, as it is listed to a client: with values where it knows of them.
    pub(super) fn listed(&self, with_values: bool, is_encrypted: bool) -> Vec<String> {
        let offered = ALL.iter().filter(|(_, capability)| self.has(*capability));
        let mut listed: Vec<String> = offered
            .map(|(word, capability)| match (with_values, capability) {
                (true, Capability::Sasl) => format!("{word}={}", self.mechanisms.join(",")),
                (true, Capability::Metadata2 | Capability::Metadata3) => format!(
                    "{word}=before-connect,max-subs={},max-keys={},max-value-bytes={}",
                    metadata::MOST_SUBSCRIPTIONS,
                    metadata::MOST_KEYS,
                    metadata::LONGEST_VALUE
                ),
                _ => (*word).to_owned(),
            })
            .collect();
        // Who does not know of values can do nothing with it.
        if let (true, Some(Sts { port, duration })) = (with_values, self.sts) {
            listed.push(match is_encrypted {
                true => format!("sts=duration={duration}"),
                false => format!("sts=port={port},duration={duration}"),
            });
        }
        listed
    }
}

/// Those that a client has chosen. Changed by its session, read by whoever writes to it.
#[derive(Debug, Default)]
pub(super) struct Chosen(AtomicU32);

impl Chosen {
    pub(super) fn has(&self, capability: Capability) -> bool {
        self.0.load(Ordering::Relaxed) & bit(capability) != 0
    }

    /// Takes over what is asked for, `name` or `-name` each; all of it or, where something is not offered, nothing. Says which.
    pub(super) fn change(&self, asked: &str, offer: &Offer) -> bool {
        let mut chosen = self.0.load(Ordering::Relaxed);
        for word in asked.split_ascii_whitespace() {
            let (is_on, name) = match word.strip_prefix('-') {
                Some(name) => (false, name),
                None => (true, word),
            };
            match find(name) {
                Some(capability) if is_on && offer.has(capability) => chosen |= bit(capability),
                Some(capability) if !is_on => chosen &= !bit(capability),
                _ => return false,
            }
        }
        self.0.store(chosen, Ordering::Relaxed);
        true
    }

    /// The client understands everything that belongs to the second version of the negotiation.
    pub(super) fn choose_notices(&self) {
        self.0.fetch_or(bit(Capability::CapNotify), Ordering::Relaxed);
    }

    /// What is not offered any more is chosen no more.
    pub(super) fn keep_only(&self, offer: &Offer) {
        self.0.fetch_and(!offer.missing, Ordering::Relaxed);
    }

    /// Their names.
    pub(super) fn names(&self) -> Vec<String> {
        let names = ALL.iter().filter(|(_, capability)| self.has(*capability));
        names.map(|(name, _)| (*name).to_owned()).collect()
    }
}

fn find(name: &str) -> Option<Capability> {
    ALL.iter().find(|(offered, _)| *offered == name).map(|(_, capability)| *capability)
}

fn bit(capability: Capability) -> u32 {
    1 << capability as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_is_taken_over_whole_or_not_at_all() {
        let (chosen, mut offer) = (Chosen::default(), Offer::default());
        assert!(chosen.change("server-time echo-message", &offer));
        assert!(!chosen.change("-server-time telepathy", &offer));
        assert_eq!(chosen.names(), ["echo-message", "server-time"]);
        offer.set(Capability::ServerTime, false);
        assert!(!chosen.change("server-time", &offer));
        chosen.keep_only(&offer);
        assert!(!chosen.has(Capability::ServerTime) && chosen.has(Capability::EchoMessage));
    }

    #[test]
    fn values_are_for_those_who_know_of_them() {
        let sts = Some(Sts { port: 53000, duration: 60 });
        let offer = Offer { mechanisms: vec!["PLAIN".into()], sts, ..Offer::default() };
        let listed = |with_values, is_encrypted| offer.listed(with_values, is_encrypted).join(" ");
        assert!(listed(true, false).contains("sasl=PLAIN "));
        assert!(listed(true, false).ends_with("sts=port=53000,duration=60"));
        assert!(listed(true, true).ends_with("sts=duration=60"));
        assert!(!listed(false, false).contains('='));
        let one_line = format!(":chat.example.org CAP * LS :{}\r\n", listed(false, false));
        assert!(one_line.len() <= 512, "{}", one_line.len());
    }
}
