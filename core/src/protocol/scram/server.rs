//! The side that has the keys.

use std::str::FromStr;

use base64ct::{Base64, Encoding};
use ring::hmac;
use ring::rand::{SecureRandom, SystemRandom};

use super::message::{ScramError, attribute, text};
use super::{ScramKeys, sha256, sign, xor};

/// What a client begins with. By its account the server finds the keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScramOpening {
    /// What it said of channel binding and of another identity, as it comes back in its last message.
    header: String,
    account: String,
    nonce: String,
    /// What was said after the header, which both sides sign.
    bare: String,
}

/// An exchange that waits for the proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScramServer {
    keys: ScramKeys,
    opening: ScramOpening,
    /// That of the client, followed by ours.
    nonce: String,
}

impl ScramOpening {
    /// Whose password is to be proven; any text.
    pub fn account(&self) -> &str {
        &self.account
    }
}

impl FromStr for ScramOpening {
    type Err = ScramError;

    fn from_str(message: &str) -> Result<Self, ScramError> {
        let message = text(message.as_bytes())?;
        let (binding, rest) = message.split_once(',').ok_or(ScramError::Malformed)?;
        match binding {
            // It could bind and thinks that we cannot, which is so.
            "n" | "y" => {}
            other if other.starts_with("p=") => return Err(ScramError::ChannelBinding),
            _ => return Err(ScramError::Malformed),
        }
        let (identity, bare) = rest.split_once(',').ok_or(ScramError::Malformed)?;
        let (account, rest) = attribute(bare, 'n')?;
        let (nonce, _) = attribute(rest, 'r')?;
        if !identity.is_empty() && identity.strip_prefix("a=") != Some(account) {
            return Err(ScramError::OtherIdentity);
        }
        let account = unescaped(account)?;
        let header = message[..message.len() - bare.len()].to_owned();
        Ok(Self { header, account, nonce: nonce.to_owned(), bare: bare.to_owned() })
    }
}

impl ScramServer {
    /// Goes on with an exchange that somebody has begun, with the keys of their account or with [made up](ScramKeys::made_up) ones.
    ///
    /// # Errors
    /// When the system has no random numbers.
    pub fn new(opening: ScramOpening, keys: ScramKeys) -> Result<Self, ScramError> {
        Ok(Self::with_nonce(opening, keys, &nonce()?))
    }

    pub(super) fn with_nonce(opening: ScramOpening, keys: ScramKeys, ours: &str) -> Self {
        let nonce = format!("{}{ours}", opening.nonce);
        Self { keys, opening, nonce }
    }

    /// What the client is sent.
    pub fn challenge(&self) -> Vec<u8> {
        let ScramKeys { iterations, salt, .. } = &self.keys;
        let salt = Base64::encode_string(salt);
        format!("r={},s={salt},i={iterations}", self.nonce).into_bytes()
    }

    /// Looks at the proof. Returns what shows the client that the server knows the password, too.
    ///
    /// # Errors
    /// [`ScramError::WrongProof`], or that it is none.
    pub fn finish(&self, message: &[u8]) -> Result<String, ScramError> {
        let message = text(message)?;
        let (without_proof, proof) = message.rsplit_once(",p=").ok_or(ScramError::Malformed)?;
        let (header, rest) = attribute(without_proof, 'c')?;
        let (nonce, _) = attribute(rest, 'r')?;
        if header != Base64::encode_string(self.opening.header.as_bytes()) || nonce != self.nonce {
            return Err(ScramError::Malformed);
        }
        let proof = Base64::decode_vec(proof).ok().and_then(|proof| proof.try_into().ok());
        let proof = proof.ok_or(ScramError::Malformed)?;
        let challenge = self.challenge();
        let signed =
            [self.opening.bare.as_bytes(), &challenge, without_proof.as_bytes()].join(&b',');
        let by = |key: &[u8]| sign(&hmac::Key::new(hmac::HMAC_SHA256, key), &signed);
        let client_key = xor(&proof, &by(&self.keys.stored));
        // Compared in a time that tells nothing.
        let difference = xor(&sha256(&client_key), &self.keys.stored);
        if difference.iter().fold(0, |all, byte| all | byte) != 0 {
            return Err(ScramError::WrongProof);
        }
        Ok(format!("v={}", Base64::encode_string(&by(&self.keys.server))))
    }
}

/// What nobody can guess, and nobody has sent before.
pub(super) fn nonce() -> Result<String, ScramError> {
    let mut bytes = [0; 18];
    SystemRandom::new().fill(&mut bytes).map_err(|_| ScramError::NoRandomNumbers)?;
    Ok(Base64::encode_string(&bytes))
}

/// A name in which a comma and an equals sign had to be written otherwise.
fn unescaped(name: &str) -> Result<String, ScramError> {
    let mut parts = name.split('=');
    let mut whole = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (sign, rest) = match (part.strip_prefix("2C"), part.strip_prefix("3D")) {
            (Some(rest), _) => (',', rest),
            (_, Some(rest)) => ('=', rest),
            _ => return Err(ScramError::Malformed),
        };
        whole.push(sign);
        whole += rest;
    }
    Ok(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opening(text: &str) -> Result<ScramOpening, ScramError> {
        text.parse()
    }

    #[test]
    fn what_does_not_open_an_exchange_is_refused_with_the_reason() {
        assert_eq!(opening("n,,n=a=2Cb=3Dc,r=x").unwrap().account(), "a,b=c");
        assert_eq!(opening("y,a=ada,n=ada,r=x").unwrap().account(), "ada");
        for (text, error) in [
            ("", ScramError::Malformed),
            ("n", ScramError::Malformed),
            ("n,,", ScramError::Malformed),
            ("n,,n=ada", ScramError::Malformed),
            ("n,,n=ada,r=", ScramError::Malformed),
            ("n,,n=,r=x", ScramError::Malformed),
            ("n,,r=x,n=ada", ScramError::Malformed),
            ("n,,n=a=2Xb,r=x", ScramError::Malformed),
            ("n,,n=a\0b,r=x", ScramError::Malformed),
            ("x,,n=ada,r=x", ScramError::Malformed),
            ("p=tls-exporter,,n=ada,r=x", ScramError::ChannelBinding),
            ("n,,m=new,n=ada,r=x", ScramError::Extension),
            ("n,a=bob,n=ada,r=x", ScramError::OtherIdentity),
        ] {
            assert_eq!(opening(text), Err(error), "{text:?}");
        }
        let long = format!("n,,n=ada,r={}", "x".repeat(4000));
        assert_eq!(opening(&long), Err(ScramError::Malformed));
    }

    #[test]
    fn a_proof_for_another_exchange_is_none_for_this() {
        let keys = ScramKeys::made_up(b"secret", "ada");
        let begin = || ScramServer::new(opening("n,,n=ada,r=x").unwrap(), keys.clone()).unwrap();
        let (one, other) = (begin(), begin());
        assert_ne!(one.challenge(), other.challenge());
        let proof =
            |header: &str, nonce: &str, proof: &str| format!("c={header},r={nonce},p={proof}");
        let of_nobody = Base64::encode_string(&[0; 32]);
        for (message, error) in [
            (proof("biws", &one.nonce, &of_nobody), ScramError::WrongProof),
            (proof("biws", &other.nonce, &of_nobody), ScramError::Malformed),
            (proof("eSws", &one.nonce, &of_nobody), ScramError::Malformed),
            (proof("biws", &one.nonce, "AAAA"), ScramError::Malformed),
            (proof("biws", &one.nonce, "?"), ScramError::Malformed),
            (String::new(), ScramError::Malformed),
        ] {
            assert_eq!(one.finish(message.as_bytes()), Err(error), "{message}");
        }
    }
}
