//! Codes that the operator hands out: invitations to register, and passwords that are used once.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use salotto::Context;
use salotto::protocol::{Timestamp, digest};

use super::accounts::Accounts;
use crate::common::values;

/// The namespace of the values in which invitations are kept, by the digests of their codes, with when they end.
const NAMESPACE: &str = "account-invitations";
/// That of what is secret and of no account, and its one key.
const SECRETS: &str = "account-secrets";
const PRETENCE: &str = "pretence";
/// For so long an invitation can be used.
const VALID_FOR: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// Most that can be open at a time.
const MOST: usize = 500;
/// What a code is made of: no letter that could be read as another, nor as a digit.
const LETTERS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz234567892";
/// Letters of a code, in groups of four: sixty bits, which nobody guesses a few times a minute.
const LENGTH: usize = 12;

/// A code that nobody can guess: SipHash under keys that the system made at random.
pub(super) fn random() -> String {
    let bits = RandomState::new().hash_one(0);
    let letter = |place: usize| char::from(LETTERS[(bits >> (5 * place)) as usize % LETTERS.len()]);
    let mut code = String::new();
    for place in 0..LENGTH {
        if place > 0 && place.is_multiple_of(4) {
            code.push('-');
        }
        code.push(letter(place));
    }
    code
}

/// What the salts of accounts that there are not come from, so that nobody can tell these from others: the same for as long as the accounts are kept.
pub(super) fn pretence(context: &mut Context<'_>, accounts: &Accounts) -> String {
    let kept: Option<String> = values::get(context, SECRETS, PRETENCE);
    kept.unwrap_or_else(|| {
        let hashes = accounts.iter().map(|account| account.password.to_string());
        let made = match context.store() {
            // Without a store none but those of the configuration are the same after a restart.
            None if !accounts.is_empty() => hashes.collect(),
            _ => [random(), random(), random()].concat(),
        };
        let made = digest(&made);
        values::put(context, SECRETS, PRETENCE, &made);
        made
    })
}

/// A new invitation, or why there is none.
pub(super) fn invite(context: &mut Context<'_>) -> Result<String, String> {
    tidy(context);
    if context.shared().count(NAMESPACE) >= MOST {
        return Err(format!("{MOST} invitations wait to be used; the oldest end within a week"));
    }
    let code = random();
    let until = Timestamp::from(context.now().system_time() + VALID_FOR);
    values::put(context, NAMESPACE, &key(&code), &until);
    Ok(code)
}

/// Whether a code is an invitation that can be used.
pub(super) fn is_open(context: &Context<'_>, code: &str) -> bool {
    let until: Option<Timestamp> = values::get(context, NAMESPACE, &key(code));
    until.is_some_and(|until| until > context.now())
}

/// Uses an invitation. Says whether it could be used.
pub(super) fn take(context: &Context<'_>, code: &str) -> bool {
    is_open(context, code) && context.shared().remove(NAMESPACE, &key(code))
}

fn tidy(context: &Context<'_>) {
    for (key, until) in values::all::<Timestamp>(context, NAMESPACE) {
        if until <= context.now() {
            values::remove(context, NAMESPACE, &key);
        }
    }
}

/// What is kept of a code, however it was typed.
fn key(code: &str) -> String {
    digest(&code.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_easy_to_read_and_never_the_same() {
        let codes: std::collections::HashSet<String> = (0..1000).map(|_| random()).collect();
        assert_eq!(codes.len(), 1000);
        for code in codes {
            assert_eq!((code.len(), code.matches('-').count()), (14, 2), "{code}");
            assert!(!code.contains(['0', '1', 'i', 'l', 'o']), "{code}");
        }
    }
}
