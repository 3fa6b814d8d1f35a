//! Files of the page as they are served: without what only their readers need, comments and most spaces. What they mean stays the same, and so does
//! every text in them.

mod script;
mod stylesheet;

use std::borrow::Cow;

/// A file as it is served, by the end of its name.
pub(super) fn served<'a>(name: &str, bytes: &'a [u8]) -> Cow<'a, [u8]> {
    let Ok(text) = std::str::from_utf8(bytes) else { return Cow::Borrowed(bytes) };
    match name.rsplit_once('.') {
        Some((_, "js")) => Cow::Owned(script::lean(text).into_bytes()),
        Some((_, "css")) => Cow::Owned(stylesheet::lean(text).into_bytes()),
        _ => Cow::Borrowed(bytes),
    }
}

/// Where `rest` ends that begins with a quotation mark: behind the next one that no backslash stands before.
fn end_of_text(rest: &str) -> usize {
    let quote = rest.as_bytes()[0];
    let mut bytes = rest.bytes().enumerate().skip(1);
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'\\' => drop(bytes.next()),
            byte if byte == quote => return at + 1,
            _ => {}
        }
    }
    rest.len()
}
