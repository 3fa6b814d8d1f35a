//! SCRAM-SHA-256 (RFC 5802 and 7677): somebody shows that they know a password, and the server that it does, without the password on the way. Both sides are
//! values that turn one message into the next; who carries the messages, in JSON or another protocol, is not known here.
//!
//! The server keeps [`ScramKeys`] for it. It computes a few hashes in an exchange and nothing slow: all that is slow, the client does.

mod client;
mod message;
mod server;

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

use base64ct::{Base64, Encoding};
use ring::rand::{SecureRandom, SystemRandom};
use ring::{digest, hmac, pbkdf2};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use unicode_normalization::UnicodeNormalization;

pub use client::ScramClient;
pub use message::ScramError;
pub use server::{ScramOpening, ScramServer};

/// What the mechanism is called.
pub const SCRAM: &str = "SCRAM-SHA-256";

/// Rounds for new keys, which is how long each guess takes whoever has stolen them, and each login the client.
const ITERATIONS: u32 = 200_000;
/// Fewest rounds that are taken, of a file or of a server: those of RFC 7677. Most: so many take a client some seconds.
const FEWEST: u32 = 4096;
const MOST: u32 = 10_000_000;
const SALT: usize = 16;
/// Longest salt that is taken, in bytes.
const LONGEST_SALT: usize = 64;

/// What comes of SHA-256.
type Hash = [u8; 32];

/// What a server keeps of a password, so that it can be proven by SCRAM-SHA-256 and never has to be sent. Written as RFC 5803 and PostgreSQL do,
/// `SCRAM-SHA-256$200000:SALT$STORED:SERVER`; `salotto hash-password --scram` makes one.
///
/// Whoever reads it can try passwords in peace, at less cost than those of a [`PasswordHash`](crate::PasswordHash), which takes memory besides; and can pass
/// for this server. It cannot be used to log in.
///
/// ```
/// use salotto::protocol::ScramKeys;
///
/// let keys = ScramKeys::new("swordfish")?;
/// assert_eq!(keys.to_string().parse(), Ok(keys));
/// # Ok::<(), salotto::protocol::ScramError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct ScramKeys {
    /// Within [`FEWEST`] and [`MOST`].
    iterations: NonZeroU32,
    salt: Vec<u8>,
    stored: Hash,
    server: Hash,
}

impl ScramKeys {
    /// Makes the keys of a password, with a salt of their own. Takes some fifty milliseconds of the calling thread.
    ///
    /// # Errors
    /// When the system has no random numbers.
    pub fn new(password: &str) -> Result<Self, ScramError> {
        let mut salt = [0; SALT];
        SystemRandom::new().fill(&mut salt).map_err(|_| ScramError::NoRandomNumbers)?;
        Ok(Self::with(password, &salt, iterations(ITERATIONS)))
    }

    fn with(password: &str, salt: &[u8], iterations: NonZeroU32) -> Self {
        let salted = salted(password, salt, iterations);
        let stored = sha256(&client_key(&salted));
        Self { iterations, salt: salt.to_vec(), stored, server: server_key(&salted) }
    }

    /// Keys that no password has, for an account that there is not. Under one secret a name has the same salt each time, as that of an account would be,
    /// so that asking for it tells nobody whether there is one.
    pub fn made_up(secret: &[u8], name: &str) -> Self {
        let secret = hmac::Key::new(hmac::HMAC_SHA256, secret);
        let made = |what: &str| sign(&secret, format!("{what} of {name}").as_bytes());
        Self {
            iterations: iterations(ITERATIONS),
            salt: made("salt")[..SALT].to_vec(),
            stored: made("stored key"),
            server: made("server key"),
        }
    }
}

impl fmt::Display for ScramKeys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { iterations, salt, stored, server } = self;
        let [salt, stored, server] = [&salt[..], stored, server].map(Base64::encode_string);
        write!(formatter, "{SCRAM}${iterations}:{salt}${stored}:{server}")
    }
}

impl FromStr for ScramKeys {
    type Err = ScramError;

    fn from_str(text: &str) -> Result<Self, ScramError> {
        let parts = || {
            let (count, rest) = text.strip_prefix(SCRAM)?.strip_prefix('$')?.split_once(':')?;
            let (salt, keys) = rest.split_once('$')?;
            let (stored, server) = keys.split_once(':')?;
            let hash = |text| Base64::decode_vec(text).ok()?.try_into().ok();
            Some(Self {
                iterations: message::iterations(count)?,
                salt: message::salt(salt)?,
                stored: hash(stored)?,
                server: hash(server)?,
            })
        };
        parts().ok_or(ScramError::NoKeys)
    }
}

impl fmt::Debug for ScramKeys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ScramKeys(…)")
    }
}

impl Serialize for ScramKeys {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ScramKeys {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// A count that is known not to be zero.
fn iterations(count: u32) -> NonZeroU32 {
    NonZeroU32::new(count).unwrap_or(NonZeroU32::MIN)
}

/// The slow part: what all keys of a password come from.
fn salted(password: &str, salt: &[u8], iterations: NonZeroU32) -> Hash {
    let mut salted = [0; 32];
    let password = prepared(password);
    let algorithm = pbkdf2::PBKDF2_HMAC_SHA256;
    pbkdf2::derive(algorithm, iterations, salt, password.as_bytes(), &mut salted);
    salted
}

fn client_key(salted: &Hash) -> Hash {
    sign(&hmac::Key::new(hmac::HMAC_SHA256, salted), b"Client Key")
}

fn server_key(salted: &Hash) -> Hash {
    sign(&hmac::Key::new(hmac::HMAC_SHA256, salted), b"Server Key")
}

fn sign(key: &hmac::Key, message: &[u8]) -> Hash {
    to_hash(hmac::sign(key, message).as_ref())
}

fn sha256(bytes: &[u8]) -> Hash {
    to_hash(digest::digest(&digest::SHA256, bytes).as_ref())
}

fn to_hash(bytes: &[u8]) -> Hash {
    let mut hash = [0; 32];
    hash.copy_from_slice(bytes);
    hash
}

fn xor(one: &Hash, other: &Hash) -> Hash {
    std::array::from_fn(|index| one[index] ^ other[index])
}

/// A password as both sides have to write it, so that it is the same on every keyboard: what SASLprep (RFC 4013) makes of it. What that forbids is taken as it is.
fn prepared(password: &str) -> String {
    let is_space = |c: char| {
        matches!(
            c,
            '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200b}' | '\u{202f}' | '\u{205f}' | '\u{3000}'
        )
    };
    let is_nothing = |c: &char| {
        matches!(
            c,
            '\u{ad}' | '\u{34f}' | '\u{1806}' | '\u{180b}'..='\u{180d}' | '\u{200c}' | '\u{200d}'
        ) || matches!(c, '\u{2060}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}')
    };
    let mapped = password.chars().map(|c| if is_space(c) { ' ' } else { c });
    mapped.filter(|c| !is_nothing(c)).nfkc().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Keys that take no time, of `pencil`.
    fn quick() -> ScramKeys {
        ScramKeys::with("pencil", b"a salt of its own", iterations(FEWEST))
    }

    /// One exchange from beginning to end, of a client with this password; what the server and the client make of it.
    fn exchange(keys: ScramKeys, password: &str) -> Result<(), ScramError> {
        let mut client = ScramClient::new("ada", password)?;
        let opening: ScramOpening = client.first().parse()?;
        assert_eq!(opening.account(), "ada");
        let server = ScramServer::new(opening, keys)?;
        let last = server.finish(client.answer(&server.challenge())?.as_bytes())?;
        client.check(last.as_bytes())
    }

    #[test]
    fn the_exchange_of_the_rfc_is_spoken_word_for_word() {
        // From RFC 7677, section 3.
        let salt = Base64::decode_vec("W22ZaJ0SNY7soEsUEjb6gQ==").unwrap();
        let mut client = ScramClient::with_nonce("user", "pencil", "rOprNGfwEbeRWgbNEkqO".into());
        assert_eq!(client.first(), "n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
        let keys = ScramKeys::with("pencil", &salt, iterations(4096));
        let opening = client.first().parse().unwrap();
        let nonce = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
        let server = ScramServer::with_nonce(opening, keys, nonce);
        let challenge = "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
        assert_eq!(server.challenge(), challenge.as_bytes());
        let proof = client.answer(challenge.as_bytes()).unwrap();
        let expected = "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";
        assert_eq!(proof, expected);
        let last = server.finish(proof.as_bytes()).unwrap();
        assert_eq!(last, "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
        assert_eq!(client.check(last.as_bytes()), Ok(()));
    }

    #[test]
    fn the_right_password_is_proven_and_no_other() {
        assert_eq!(exchange(quick(), "pencil"), Ok(()));
        for wrong in ["", "Pencil", "pencil ", "pen cil"] {
            assert_eq!(exchange(quick(), wrong), Err(ScramError::WrongProof), "{wrong:?}");
        }
    }

    #[test]
    fn a_password_is_the_same_however_a_keyboard_writes_it() {
        for (kept, typed) in [
            ("Gr\u{fc}\u{df}e", "Gru\u{308}\u{df}e"),
            ("a b", "a\u{a0}b"),
            ("IX", "\u{2168}\u{ad}"),
        ] {
            let keys = ScramKeys::with(kept, b"salt", iterations(FEWEST));
            assert_eq!(exchange(keys, typed), Ok(()), "{typed:?}");
        }
    }

    #[test]
    fn nobody_learns_from_an_exchange_whether_there_is_an_account() {
        let made_up = |name| ScramKeys::made_up(b"a secret", name);
        assert_eq!(made_up("bob"), made_up("bob"));
        assert_ne!(made_up("bob").salt, made_up("eve").salt);
        assert_ne!(made_up("bob").salt, ScramKeys::made_up(b"another", "bob").salt);
        let real = ScramKeys::new("pencil").unwrap();
        let shape = |keys: &ScramKeys| (keys.salt.len(), keys.iterations);
        assert_eq!(shape(&real), shape(&made_up("bob")));
    }

    #[test]
    fn keys_are_read_as_they_are_written_and_what_is_none_is_refused() {
        let text = quick().to_string();
        assert_eq!(text.parse(), Ok(quick()));
        assert!(text.starts_with("SCRAM-SHA-256$4096:"), "{text}");
        let none = [
            String::new(),
            "swordfish".into(),
            text.replace("4096", "4095"),
            text.replace("4096", "99999999"),
            text.replace("SHA-256", "SHA-1"),
            text[..text.len() - 4].into(),
            text.replace('$', ":"),
        ];
        for text in none {
            assert_eq!(text.parse::<ScramKeys>(), Err(ScramError::NoKeys), "{text:?}");
        }
        assert_eq!(format!("{:?}", quick()), "ScramKeys(…)");
    }
}
