//! What is kept of a password: its hash, by which it is verified where it is sent, and keys for SCRAM, by which it is proven where it is not.

use salotto::protocol::ScramKeys;
use salotto::{PasswordError, PasswordHash, Standing};

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Secret {
    pub(super) hash: PasswordHash,
    /// None where SCRAM is off, or the server has not seen the password since it is on.
    pub(super) scram: Option<ScramKeys>,
}

impl Secret {
    /// Makes it of a password, off the hub and in the queue of those that are looked at.
    pub(super) async fn make(
        standing: Standing,
        password: String,
        with_keys: bool,
    ) -> Result<Self, PasswordError> {
        let scram = match with_keys {
            true => Some(ScramKeys::make_for(standing, password.clone()).await?),
            false => None,
        };
        Ok(Self { hash: PasswordHash::hash_for(standing, password).await?, scram })
    }
}
