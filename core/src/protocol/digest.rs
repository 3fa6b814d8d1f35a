//! What is kept of a secret that is its own proof, as a token or a code is: enough to know it again, and nothing that somebody could use who reads it in a file or a backup.

use blake2::{Blake2s256, Digest};

/// The BLAKE2s-256 hash of a secret, as 64 hexadecimal digits. For secrets that nobody can guess, which the server or its operator hands out; what people choose
/// needs a slow hash, [`PasswordHash`](crate::PasswordHash).
///
/// Whoever keeps such a secret in [`SharedValues`](crate::SharedValues) or a file keeps this in its place, and compares what comes by it.
///
/// ```
/// let kept = salotto::protocol::digest("k7wn-3hfa-9mzc");
/// assert_eq!(kept.len(), 64);
/// assert_eq!(salotto::protocol::digest("k7wn-3hfa-9mzc"), kept);
/// assert_ne!(salotto::protocol::digest("k7wn-3hfa-9mzd"), kept);
/// ```
pub fn digest(secret: &str) -> String {
    Blake2s256::digest(secret).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_blake2s_that_everybody_knows() {
        // From RFC 7693, appendix B.
        let of_abc = "508c5e8c327c14e2e1a72ba34eeb452f37458b209ed63a294d999b4c86675982";
        assert_eq!(digest("abc"), of_abc);
    }
}
