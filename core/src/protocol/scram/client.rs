//! The side that has the password.

use base64ct::{Base64, Encoding};
use ring::hmac;

use super::message::{self, ScramError, attribute, text};
use super::server::nonce;
use super::{Hash, client_key, salted, server_key, sha256, sign, xor};

/// An exchange in which somebody proves a password. Messages come in this order: [`first`](Self::first), [`answer`](Self::answer), [`check`](Self::check).
pub struct ScramClient {
    account: String,
    password: String,
    nonce: String,
    /// What a server has to sign that knows the password.
    expected: Option<Hash>,
}

impl ScramClient {
    /// Begins an exchange.
    ///
    /// # Errors
    /// When the system has no random numbers.
    pub fn new(account: &str, password: &str) -> Result<Self, ScramError> {
        Ok(Self::with_nonce(account, password, nonce()?))
    }

    pub(super) fn with_nonce(account: &str, password: &str, nonce: String) -> Self {
        let (account, password) = (account.to_owned(), password.to_owned());
        Self { account, password, nonce, expected: None }
    }

    /// What the server is sent at first.
    pub fn first(&self) -> String {
        format!("n,,{}", self.bare())
    }

    fn bare(&self) -> String {
        let account = self.account.replace('=', "=3D").replace(',', "=2C");
        format!("n={account},r={}", self.nonce)
    }

    /// What is sent as the answer to the challenge. Takes as long as the server asks for, but some seconds at most: not on a thread that others wait for.
    ///
    /// # Errors
    /// When it is no challenge, or not one to this exchange, or asks for rounds that are too few to protect the password or too many to be waited for.
    pub fn answer(&mut self, challenge: &[u8]) -> Result<String, ScramError> {
        let challenge = text(challenge)?;
        let (nonce, rest) = attribute(challenge, 'r')?;
        let (salt, rest) = attribute(rest, 's')?;
        let (iterations, _) = attribute(rest, 'i')?;
        let theirs = nonce.strip_prefix(self.nonce.as_str()).filter(|theirs| !theirs.is_empty());
        let parts = (theirs, message::salt(salt), message::iterations(iterations));
        let (Some(_), Some(salt), Some(iterations)) = parts else {
            return Err(ScramError::Malformed);
        };
        let salted = salted(&self.password, &salt, iterations);
        // `n,,`, as it was said.
        let without_proof = format!("c=biws,r={nonce}");
        let signed = format!("{},{challenge},{without_proof}", self.bare());
        let by = |key: &Hash| sign(&hmac::Key::new(hmac::HMAC_SHA256, key), signed.as_bytes());
        self.expected = Some(by(&server_key(&salted)));
        let client_key = client_key(&salted);
        let proof = xor(&client_key, &by(&sha256(&client_key)));
        Ok(format!("{without_proof},p={}", Base64::encode_string(&proof)))
    }

    /// Looks at what the server says in the end.
    ///
    /// # Errors
    /// [`ScramError::WrongProof`] where it does not know the password, and so is not the server that the account is of.
    pub fn check(&self, last: &[u8]) -> Result<(), ScramError> {
        let (signature, _) = attribute(text(last)?, 'v')?;
        let expected = self.expected.as_ref().map(|expected| Base64::encode_string(expected));
        match expected.is_some_and(|expected| expected == signature) {
            true => Ok(()),
            false => Err(ScramError::WrongProof),
        }
    }
}

impl std::fmt::Debug for ScramClient {
    /// Without the password.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("ScramClient")
            .field("account", &self.account)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_not_believed_that_asks_for_what_helps_a_thief_or_proves_nothing() {
        let mut client = ScramClient::with_nonce("ada", "pencil", "mine".into());
        for challenge in [
            "r=mine,s=c2FsdA==,i=4096",
            "r=other,s=c2FsdA==,i=4096",
            "r=mine+,s=c2FsdA==,i=1",
            "r=mine+,s=c2FsdA==,i=4294967295",
            "r=mine+,s=,i=4096",
            "r=mine+,s=c2FsdA==",
            "",
        ] {
            let answer = client.answer(challenge.as_bytes());
            assert_eq!(answer, Err(ScramError::Malformed), "{challenge:?}");
        }
        client.answer(b"r=mine+,s=c2FsdA==,i=4096").unwrap();
        for last in ["v=AAAA", "e=other-error", "", "v="] {
            assert!(client.check(last.as_bytes()).is_err(), "{last:?}");
        }
    }
}
