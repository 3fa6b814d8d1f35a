//! What a client may choose to be told beyond plain IRC: <https://ircv3.net/irc/>.

use std::sync::atomic::{AtomicU32, Ordering};

/// One that is offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub(super) enum Capability {
    EchoMessage,
    MessageTags,
    MultiPrefix,
    ServerTime,
    StandardReplies,
    UserhostInNames,
}

/// All that are offered, by their names.
const OFFERED: [(&str, Capability); 6] = [
    ("echo-message", Capability::EchoMessage),
    ("message-tags", Capability::MessageTags),
    ("multi-prefix", Capability::MultiPrefix),
    ("server-time", Capability::ServerTime),
    ("standard-replies", Capability::StandardReplies),
    ("userhost-in-names", Capability::UserhostInNames),
];

/// Those that a client has chosen. Changed by its session, read by whoever writes to it.
#[derive(Debug, Default)]
pub(super) struct Chosen(AtomicU32);

impl Chosen {
    pub(super) fn has(&self, capability: Capability) -> bool {
        self.0.load(Ordering::Relaxed) & bit(capability) != 0
    }

    /// Takes over what is asked for, `name` or `-name` each; all of it or, where something is not offered, nothing. Says which.
    pub(super) fn change(&self, asked: &str) -> bool {
        let mut chosen = self.0.load(Ordering::Relaxed);
        for word in asked.split_ascii_whitespace() {
            let (is_on, name) = match word.strip_prefix('-') {
                Some(name) => (false, name),
                None => (true, word),
            };
            match find(name) {
                Some(capability) if is_on => chosen |= bit(capability),
                Some(capability) => chosen &= !bit(capability),
                None => return false,
            }
        }
        self.0.store(chosen, Ordering::Relaxed);
        true
    }

    /// Their names, with spaces between.
    pub(super) fn names(&self) -> String {
        let names = OFFERED.iter().filter(|(_, capability)| self.has(*capability));
        names.map(|(name, _)| *name).collect::<Vec<_>>().join(" ")
    }
}

/// The names of all that are offered, with spaces between.
pub(super) fn offered() -> String {
    OFFERED.map(|(name, _)| name).join(" ")
}

fn find(name: &str) -> Option<Capability> {
    OFFERED.iter().find(|(offered, _)| *offered == name).map(|(_, capability)| *capability)
}

fn bit(capability: Capability) -> u32 {
    1 << capability as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_is_taken_over_whole_or_not_at_all() {
        let chosen = Chosen::default();
        assert!(chosen.change("server-time echo-message"));
        assert!(!chosen.change("-server-time telepathy"));
        assert_eq!(chosen.names(), "echo-message server-time");
        assert!(chosen.change("-server-time"));
        assert!(!chosen.has(Capability::ServerTime) && chosen.has(Capability::EchoMessage));
    }
}
