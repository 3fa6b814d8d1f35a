//! Keeps secrets out of what is shown: settings, errors, logs and histories pass through here, whoever's settings they are.

use std::borrow::Cow;
use std::ops::Range;

/// What stands where a secret stood.
const MASK: &str = "…";
/// How what is kept of a password begins: its hash as a PHC string, and the keys for SCRAM.
const HASHES: [&str; 2] = ["$argon2", "SCRAM-SHA-256$"];
/// A field whose name ends in one of these words holds a secret.
const FIELDS: [&str; 5] = ["password", "passphrase", "secret", "token", "key"];

/// The text with every secret in it replaced by `…`: hashes of passwords (`$argon2id$…`, `SCRAM-SHA-256$…`) wherever they stand, and the strings of fields that are named
/// `password`, `secret`, `token` or `key` (`api_key` too), in RON and in JSON, and the passwords in URLs. What has no secret is given back as it is.
///
/// ```
/// use salotto::protocol::mask_secrets;
///
/// assert_eq!(mask_secrets(r#"(name: "ada", password: "swordfish")"#), r#"(name: "ada", password: "…")"#);
/// assert_eq!(mask_secrets("found `$argon2id$v=19$m=1,t=1,p=1$c2FsdA$aGFzaA`"), "found `…`");
/// assert_eq!(mask_secrets("(password: None)"), "(password: None)");
/// assert_eq!(mask_secrets("redis://:swordfish@10.0.0.5"), "redis://:…@10.0.0.5");
/// ```
pub fn mask_secrets(text: &str) -> Cow<'_, str> {
    let mut secrets: Vec<Range<usize>> =
        hashes(text).chain(fields(text)).chain(urls(text)).collect();
    if secrets.is_empty() {
        return Cow::Borrowed(text);
    }
    secrets.sort_by_key(|secret| (secret.start, std::cmp::Reverse(secret.end)));
    let mut masked = String::new();
    let mut done = 0;
    for secret in secrets {
        // A hash in a field of that name is found twice.
        if secret.start >= done {
            masked.push_str(&text[done..secret.start]);
            masked.push_str(MASK);
            done = secret.end;
        }
    }
    masked.push_str(&text[done..]);
    Cow::Owned(masked)
}

/// Whether what stands at this byte is the value of a field that holds a secret. Somebody may have written a password without quotes, and an error that quotes
/// what it found must not show it.
///
/// ```
/// use salotto::protocol::is_secret_value;
///
/// let text = "(name: ada, password: hunter2)";
/// assert!(is_secret_value(text, text.find("hunter").unwrap()));
/// assert!(!is_secret_value(text, text.find("ada").unwrap()));
/// ```
pub fn is_secret_value(text: &str, offset: usize) -> bool {
    let before = text
        .get(..offset)
        .unwrap_or(text)
        .trim_end_matches(|c: char| c.is_whitespace() || "[(\"".contains(c));
    before.strip_suffix(':').is_some_and(|before| is_secret(name_before(before)))
}

/// The hashes, wherever they stand.
fn hashes(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    HASHES.iter().flat_map(move |begin| text.match_indices(begin)).filter_map(|(start, _)| {
        let rest = &text[start..];
        let hash = &rest[..rest.find(|c: char| !is_of_hash(c)).unwrap_or(rest.len())];
        // Of the form alone, as an advice shows it, only the algorithm is there.
        let holds_more = hash[1..].split_once('$').is_some_and(|(_, more)| !more.is_empty());
        holds_more.then(|| start..start + hash.len())
    })
}

/// The passwords in URLs, between the name of who has them and the host.
fn urls(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    text.match_indices("://").filter_map(|(at, slashes)| {
        let start = at + slashes.len();
        let rest = &text[start..];
        // A password may have been written with a slash in it, and is one all the same.
        let end =
            rest.find(|c: char| c.is_whitespace() || "\"'`<>".contains(c)).unwrap_or(rest.len());
        // What follows in the same word, as another URL in a list, is not part of it.
        let url = rest[..end].split("://").next().unwrap_or_default();
        let user = &url[..url.rfind('@')?];
        let password = start + user.find(':')? + 1..start + user.len();
        (!password.is_empty() && &text[password.clone()] != MASK).then_some(password)
    })
}

/// The strings in fields that are named like a secret.
fn fields(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let colons = text.match_indices(':').map(|(at, _)| at);
    let secret = colons.filter(|&at| is_secret(name_before(&text[..at])));
    secret.flat_map(|at| strings(text, at + 1))
}

/// The name of a field that ends here, without the quotes of JSON.
fn name_before(text: &str) -> &str {
    let text = text.trim_end();
    let text = text.strip_suffix('"').unwrap_or(text);
    let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    let start = text.char_indices().rev().take_while(|&(_, c)| is_word(c)).last();
    start.map_or("", |(start, _)| &text[start..])
}

fn is_secret(name: &str) -> bool {
    let last = name.rsplit(['_', '-']).next().unwrap_or_default().to_ascii_lowercase();
    FIELDS.iter().any(|field| last == *field || last.strip_suffix('s') == Some(field))
}

/// The insides of the strings that make up a value: one, `Some` of one, or a list of them.
fn strings(text: &str, value: usize) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut at = value;
    std::iter::from_fn(move || {
        let (string, end) = next_string(text, at)?;
        at = end;
        Some(string)
    })
    .filter(|string| &text[string.clone()] != MASK && !string.is_empty())
}

/// The first string of a value at or after a byte, and where it ends with its quotes.
fn next_string(text: &str, at: usize) -> Option<(Range<usize>, usize)> {
    let rest = &text[at..];
    let opening = rest.trim_start_matches(|c: char| c.is_whitespace() || "[(,".contains(c));
    // A comma outside of a list begins the next field, whose name is no string; in JSON it is one, before a colon.
    let opening = opening.strip_prefix("Some(").unwrap_or(opening).trim_start();
    let start = at + (rest.len() - opening.len());
    let (body, closing) = match opening.strip_prefix('r') {
        Some(raw) if raw.trim_start_matches('#').starts_with('"') => {
            let hashes = raw.len() - raw.trim_start_matches('#').len();
            (start + 1 + hashes + 1, format!("\"{}", "#".repeat(hashes)))
        }
        _ if opening.starts_with('"') => (start + 1, "\"".to_owned()),
        _ => return None,
    };
    let length = match closing.as_str() {
        "\"" => unescaped_quote(&text[body..]),
        closing => text[body..].find(closing).unwrap_or(text.len() - body),
    };
    let end = (body + length + closing.len()).min(text.len());
    let is_name = text[end..].trim_start().starts_with(':');
    (!is_name).then_some((body..body + length, end))
}

/// Where a string ends whose opening quote was before this.
fn unescaped_quote(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at,
            _ => {}
        }
    }
    text.len()
}

/// What such a text consists of.
fn is_of_hash(c: char) -> bool {
    c.is_ascii_alphanumeric() || "$+/.=,-_:".contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PHC: &str = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaGhhc2g";

    #[test]
    fn hashes_and_secret_fields_are_masked_and_nothing_else() {
        for (text, masked) in [
            (
                format!("(accounts: [(name: \"ada\", password: \"{PHC}\")])"),
                "(accounts: [(name: \"ada\", password: \"…\")])",
            ),
            (format!("one {PHC} two `{PHC}`"), "one … two `…`"),
            (format!("[\"{PHC}\",\"{PHC}\"]"), "[\"…\",\"…\"]"),
            ("(scram: Some(\"SCRAM-SHA-256$4096:c2E=$aGE=:aGU=\"))".into(), "(scram: Some(\"…\"))"),
            ("`SCRAM-SHA-256$…` SCRAM-SHA-256".into(), "`SCRAM-SHA-256$…` SCRAM-SHA-256"),
            (
                r#"(password: Some("a\"b"), name: "c")"#.into(),
                r#"(password: Some("…"), name: "c")"#,
            ),
            (r##"(api_key: r#"x"y"#, n: 1)"##.into(), r##"(api_key: r#"…"#, n: 1)"##),
            (
                r#"(tokens: ["a", "b"], words: ["c"])"#.into(),
                r#"(tokens: ["…", "…"], words: ["c"])"#,
            ),
            (r#"{"Token":"a","name":"b"}"#.into(), r#"{"Token":"…","name":"b"}"#),
            ("(secret :\n  \"a\")".into(), "(secret :\n  \"…\")"),
            ("(password: \"no end".into(), "(password: \"…"),
            (
                "as in `$argon2id$…` (password: None, keep_names: true, monkey: \"a\", at: \"key: b\")".into(),
                "as in `$argon2id$…` (password: None, keep_names: true, monkey: \"a\", at: \"key: b\")",
            ),
            ("the password is wrong: \"a\"".into(), "the password is wrong: \"a\""),
            (
                r#"(engines: ["redis://:a/b@10.0.0.5:6379/2", "redis://ada:c@d@[::1]"])"#.into(),
                r#"(engines: ["redis://:…@10.0.0.5:6379/2", "redis://ada:…@[::1]"])"#,
            ),
            (
                "http://127.0.0.1:9464/metrics, mailto: a://b, redis://ada@host, `x://:…@y`".into(),
                "http://127.0.0.1:9464/metrics, mailto: a://b, redis://ada@host, `x://:…@y`",
            ),
        ] {
            assert_eq!(mask_secrets(&text), masked, "{text}");
        }
    }

    #[test]
    fn a_long_text_of_colons_takes_no_long_time() {
        let text = "password:".repeat(20_000);
        assert_eq!(mask_secrets(&text), text);
        let text = "a://b:".repeat(20_000);
        assert_eq!(mask_secrets(&text), text);
        let text = "(key: \"a\"),".repeat(5_000);
        assert!(!mask_secrets(&text).contains('a'));
    }
}
