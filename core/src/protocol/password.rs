//! Passwords, kept as argon2id hashes. How one is compared with its hash stands above, in `state/verifier.rs`.

use std::fmt;
use std::str::FromStr;

use argon2::password_hash::{phc, try_generate_salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What a hash in a configuration may cost at most: 1 GiB and a hundred rounds; more is a slip of the pen, and would stop the server.
const MAX_MEMORY_KIB: u32 = 1024 * 1024;
const MAX_ROUNDS: u32 = 100;
/// Blocks of 1 KiB for which memory is asked at least. What is not touched costs nothing, and what is larger than 32 MiB the C library gives back to the system
/// when it is freed: 19 MiB it would keep for each thread that ever had them.
const GIVEN_BACK: usize = 33 * 1024;

/// A password as it is kept: a salted argon2id hash, written as a PHC string (`$argon2id$v=19$…`). `salotto hash-password` makes one.
///
/// Whoever reads it cannot say the password, but can try many in peace: it belongs in a file that not everybody reads.
///
/// ```
/// use salotto::PasswordHash;
///
/// # smol::block_on(async {
/// let hash = PasswordHash::new("swordfish")?;
/// assert!(hash.verify("swordfish".into()).await?);
/// assert!(!hash.verify("sword fish".into()).await?);
/// let read_back: PasswordHash = hash.to_string().parse()?;
/// assert_eq!(read_back, hash);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(pub(crate) phc::PasswordHash);

/// Why a hash could not be made or read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PasswordError {
    /// There is nothing in the password.
    #[error("the password is empty; choose one of several words")]
    Empty,
    /// The text is no hash of this kind. It is not quoted: it may be the password itself.
    #[error(
        "not a password but its hash belongs here, `$argon2id$…`; `salotto hash-password` makes one"
    )]
    NoHash,
    /// It asks for more than a server can give.
    #[error(
        "the hash takes {memory_kib} KiB and {rounds} rounds; at most {MAX_MEMORY_KIB} and {MAX_ROUNDS} are allowed"
    )]
    TooCostly {
        /// Memory, in KiB.
        memory_kib: u32,
        /// Rounds.
        rounds: u32,
    },
    /// The system gave no random numbers for the salt, or not the memory.
    #[error("the password could not be hashed: {0}")]
    Failed(String),
    /// Too many are hashed and looked at already.
    #[error(transparent)]
    Busy(TooBusy),
}

/// So many passwords wait to be looked at that this one was not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many passwords are tried at this moment; wait a little and try again")]
pub struct TooBusy;

impl PasswordHash {
    /// Hashes a password, with the parameters that OWASP recommends (19 MiB, two rounds). Takes some ten milliseconds of the calling thread.
    ///
    /// # Errors
    /// When the password is empty, or the system has no random numbers or no memory.
    pub fn new(password: &str) -> Result<Self, PasswordError> {
        if password.is_empty() {
            return Err(PasswordError::Empty);
        }
        let failed = |error: &dyn fmt::Display| PasswordError::Failed(error.to_string());
        let salt = try_generate_salt().map_err(|error| failed(&error))?;
        let params = Params::DEFAULT;
        let Some(mut memory) = memory_for(&params) else {
            let mebibytes = params.m_cost() / 1024;
            return Err(failed(&format!("there are no {mebibytes} MiB of memory for it")));
        };
        Self::with(params, password.as_bytes(), &salt, &mut memory).map_err(|error| failed(&error))
    }

    fn with(
        params: Params,
        password: &[u8],
        salt: &[u8],
        memory: &mut [Block],
    ) -> Result<Self, argon2::password_hash::Error> {
        let (algorithm, version) = (Algorithm::Argon2id, Version::V0x13);
        let mut output = [0; Params::DEFAULT_OUTPUT_LEN];
        let written = phc::ParamsString::try_from(&params)?;
        Argon2::new(algorithm, version, params).hash_password_into_with_memory(
            password,
            salt,
            &mut output,
            memory,
        )?;
        Ok(Self(phc::PasswordHash {
            algorithm: algorithm.ident(),
            version: Some(version.into()),
            params: written,
            salt: Some(phc::Salt::new(salt)?),
            hash: Some(phc::Output::new(&output)?),
        }))
    }
}

/// What hashing takes; `None` where the system has not the memory.
pub(crate) fn memory_for(params: &Params) -> Option<Vec<Block>> {
    let blocks = params.block_count();
    let mut memory = Vec::new();
    // Where there is little, what is needed will do.
    let asked = memory.try_reserve_exact(blocks.max(GIVEN_BACK));
    asked.or_else(|_| memory.try_reserve_exact(blocks)).ok()?;
    memory.resize(blocks, Block::new());
    Some(memory)
}

impl FromStr for PasswordHash {
    type Err = PasswordError;

    fn from_str(text: &str) -> Result<Self, PasswordError> {
        let hash = phc::PasswordHash::new(text).map_err(|_| PasswordError::NoHash)?;
        let is_whole = hash.salt.is_some() && hash.hash.is_some();
        if !is_whole || hash.algorithm != Algorithm::Argon2id.ident() {
            return Err(PasswordError::NoHash);
        }
        let params = Params::try_from(&hash).map_err(|_| PasswordError::NoHash)?;
        let (memory_kib, rounds) = (params.m_cost(), params.t_cost());
        if memory_kib > MAX_MEMORY_KIB || rounds > MAX_ROUNDS {
            return Err(PasswordError::TooCostly { memory_kib, rounds });
        }
        Ok(Self(hash))
    }
}

impl fmt::Display for PasswordHash {
    /// As a PHC string.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PasswordHash(…)")
    }
}

impl Serialize for PasswordHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PasswordHash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
pub(crate) mod testing {
    use super::*;

    /// `swordfish`, at the least cost that there is.
    pub(crate) fn quick() -> PasswordHash {
        let params = Params::new(8, 1, 1, None).unwrap();
        let mut memory = memory_for(&params).unwrap();
        PasswordHash::with(params, b"swordfish", b"salt enough", &mut memory).unwrap()
    }
}

#[cfg(test)]
mod tests {
    use super::testing::quick;
    use super::*;

    #[test]
    fn the_same_password_is_hashed_differently_each_time() {
        let (one, other) = (PasswordHash::new("x").unwrap(), PasswordHash::new("x").unwrap());
        assert_ne!(one, other);
        assert!(one.to_string().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{one}");
        assert_eq!(PasswordHash::new(""), Err(PasswordError::Empty));
    }

    #[test]
    fn what_is_no_hash_is_refused_and_not_quoted() {
        let whole = quick().to_string();
        let (without_hash, _) = whole.rsplit_once('$').unwrap();
        for text in [
            "swordfish",
            "",
            "$argon2id$",
            "$argon2i$v=19$m=16,t=2,p=1$c2FsdHNhbHQ$dOQsLqJcAJFOBBo5kBv1rA",
            "$2b$12$EixZaYVK1fsbw1ZfbX3OXePaWxn96p36WQoeG6Lruj3vjPGga31lW",
            without_hash,
        ] {
            let error = text.parse::<PasswordHash>().unwrap_err();
            assert_eq!(error, PasswordError::NoHash, "{text}");
            assert!(text.is_empty() || !error.to_string().contains(text) || text == "$argon2id$");
        }
        let json = serde_json::to_string(&quick()).unwrap();
        assert!(serde_json::from_str::<PasswordHash>(&json).is_ok());
        assert!(serde_json::from_str::<PasswordHash>("\"swordfish\"").is_err());
    }

    #[test]
    fn a_hash_that_would_stop_the_server_is_refused() {
        let costly = quick().to_string().replace("m=8,t=1", "m=4194304,t=1");
        let error = costly.parse::<PasswordHash>().unwrap_err();
        assert_eq!(error, PasswordError::TooCostly { memory_kib: 4_194_304, rounds: 1 });
        let costly = quick().to_string().replace("m=8,t=1", "m=8,t=4000000");
        assert!(matches!(
            costly.parse::<PasswordHash>(),
            Err(PasswordError::TooCostly { rounds: 4_000_000, .. })
        ));
    }
}
