//! What is common to the messages of both sides, and what can be wrong with them.

use std::num::NonZeroU32;

use base64ct::{Base64, Encoding};

use super::{FEWEST, LONGEST_SALT, MOST};

/// Longest message that is looked at, in bytes. None that is meant well is half as long.
const LONGEST: usize = 2048;

/// Why an exchange, or keys for one, came to nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ScramError {
    /// The text is none that this server or `salotto hash-password --scram` has written.
    #[error("no keys for SCRAM, `SCRAM-SHA-256$…`; `salotto hash-password --scram` makes some")]
    NoKeys,
    /// A message is not one of this mechanism, or not the one that comes next.
    #[error("this is not what SCRAM-SHA-256 sends here")]
    Malformed,
    /// The client wants to bind the exchange to its channel.
    #[error("channel binding is not spoken here; begin with `n,,`")]
    ChannelBinding,
    /// The client asks for something that has to be understood and is not.
    #[error("an extension of SCRAM is asked for that is not spoken here")]
    Extension,
    /// The client wants to be somebody else than who they prove to be.
    #[error("who logs in is who has the password; leave the other name out")]
    OtherIdentity,
    /// The other side does not know the password.
    #[error("the password was not proven")]
    WrongProof,
    /// The system gave no random numbers.
    #[error("the system has no random numbers")]
    NoRandomNumbers,
}

/// A message as text; none has a control character or NUL in it.
pub(super) fn text(message: &[u8]) -> Result<&str, ScramError> {
    let text = std::str::from_utf8(message).map_err(|_| ScramError::Malformed)?;
    match text.len() > LONGEST || text.contains(char::is_control) {
        true => Err(ScramError::Malformed),
        false => Ok(text),
    }
}

/// The value of the next attribute, which has to be this one, and what follows.
pub(super) fn attribute(text: &str, name: char) -> Result<(&str, &str), ScramError> {
    // What both sides have to understand comes first.
    if text.starts_with("m=") {
        return Err(ScramError::Extension);
    }
    let value = text.strip_prefix(name).and_then(|rest| rest.strip_prefix('='));
    let value = value.ok_or(ScramError::Malformed)?;
    let (value, rest) = value.split_once(',').unwrap_or((value, ""));
    if value.is_empty() {
        return Err(ScramError::Malformed);
    }
    Ok((value, rest))
}

/// How many rounds, where they are neither too few to be worth anything nor too many to be waited for.
pub(super) fn iterations(text: &str) -> Option<NonZeroU32> {
    let count = text.parse::<u32>().ok()?;
    NonZeroU32::new(count).filter(|_| (FEWEST..=MOST).contains(&count))
}

/// A salt that is there and not endless.
pub(super) fn salt(text: &str) -> Option<Vec<u8>> {
    let salt = Base64::decode_vec(text).ok()?;
    (1..=LONGEST_SALT).contains(&salt.len()).then_some(salt)
}
