//! How a certificate is told from others.

mod words;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The SHA-256 of a certificate (of its DER form), by which people and programs compare it. Shown in groups of four hexadecimal digits, and
/// read with or without spaces and colons, as other programs write it.
///
/// ```
/// # #[cfg(feature = "tls")] {
/// use salotto::protocol::Fingerprint;
///
/// let shown = Fingerprint::of(b"a certificate").to_string();
/// assert_eq!(shown.len(), 79);
/// assert_eq!(shown.replace(' ', ":").to_uppercase().parse::<Fingerprint>()?, Fingerprint::of(b"a certificate"));
/// # }
/// # Ok::<(), salotto::protocol::FingerprintError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Fingerprint([u8; 32]);

/// A text is no fingerprint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a fingerprint is 64 hexadecimal digits; copy it whole")]
pub struct FingerprintError;

impl Fingerprint {
    /// That of a certificate in DER form.
    #[cfg(feature = "tls")]
    pub fn of(certificate: &[u8]) -> Self {
        let digest = ring::digest::digest(&ring::digest::SHA256, certificate);
        let mut bytes = [0; 32];
        bytes.copy_from_slice(digest.as_ref());
        Self(bytes)
    }
}

impl Fingerprint {
    /// Its first ten bytes as words, to be compared over the telephone. Nobody makes another certificate with the same ten, but whoever can copy the whole
    /// fingerprint had better compare that.
    pub fn words(&self) -> String {
        let words = self.0[..10].iter().map(|byte| words::WORDS[usize::from(*byte)]);
        words.collect::<Vec<_>>().join(" ")
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, pair) in self.0.chunks(2).enumerate() {
            let space = if index == 0 { "" } else { " " };
            write!(formatter, "{space}{:02x}{:02x}", pair[0], pair[1])?;
        }
        Ok(())
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl FromStr for Fingerprint {
    type Err = FingerprintError;

    fn from_str(text: &str) -> Result<Self, FingerprintError> {
        let mut digits = text.chars().filter(|c| !matches!(c, ' ' | ':')).map(|c| c.to_digit(16));
        let mut next = || digits.next().flatten().ok_or(FingerprintError);
        let mut bytes = [0; 32];
        for byte in &mut bytes {
            *byte = (next()? << 4 | next()?) as u8;
        }
        match digits.next() {
            None => Ok(Self(bytes)),
            Some(_) => Err(FingerprintError),
        }
    }
}

impl From<[u8; 32]> for Fingerprint {
    /// Of the SHA-256 that was computed already.
    fn from(digest: [u8; 32]) -> Self {
        Self(digest)
    }
}

impl From<Fingerprint> for String {
    fn from(fingerprint: Fingerprint) -> Self {
        fingerprint.to_string()
    }
}

impl TryFrom<String> for Fingerprint {
    type Error = FingerprintError;

    fn try_from(text: String) -> Result<Self, FingerprintError> {
        text.parse()
    }
}

#[cfg(all(test, feature = "tls"))]
mod tests {
    use super::*;

    #[test]
    fn its_words_are_those_of_its_first_bytes() {
        let fingerprint: Fingerprint =
            format!("{}ff{}", "00".repeat(9), "ab".repeat(22)).parse().unwrap();
        assert_eq!(fingerprint.words(), format!("{}zipper", "acorn ".repeat(9)));
    }

    #[test]
    fn what_is_no_fingerprint_is_refused() {
        let good = Fingerprint::of(b"x").to_string();
        for text in ["", "ab", &good[1..], &format!("{good}0"), &good.replace(' ', "-"), "é"] {
            assert_eq!(text.parse::<Fingerprint>(), Err(FingerprintError), "{text:?}");
        }
    }

    #[test]
    fn it_is_the_one_that_other_programs_show() {
        // `printf abc | sha256sum`
        let known = "BA7816BF:8F01CFEA:414140DE:5DAE2223:B00361A3:96177A9C:B410FF61:F20015AD";
        assert_eq!(known.parse(), Ok(Fingerprint::of(b"abc")));
    }
}
