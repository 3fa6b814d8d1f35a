//! Passwords: kept while the window is open, written nowhere and shown to nobody.

use std::fmt;

/// A password. Empty where there is none.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Secret(pub String);

/// Without the password.
impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("…")
    }
}
