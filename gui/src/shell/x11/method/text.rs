//! Text as X11 has it between programs: the encodings of many countries after one another, each with its name before it.

/// The first bytes of what is encoded by two bytes a letter, without those that say so.
const PAIRS: [&[u8]; 2] = [b"$(A", b"$(C"];

/// What `bytes` say, without control characters. What is in none of the encodings that we know is left out, as a whole.
pub(super) fn of(bytes: &[u8]) -> String {
    let chunks = bytes.split(|&byte| byte == 0x1b);
    // The decoder counts on it.
    let is_sound = chunks
        .into_iter()
        .all(|chunk| !PAIRS.iter().any(|pair| chunk.starts_with(pair)) || chunk.is_ascii());
    let decoded = is_sound.then(|| xim_ctext::compound_text_to_utf8(bytes).ok()).flatten();
    let Some(text) = decoded else {
        tracing::debug!(?bytes, "the input method's text is in an encoding that is not known");
        return String::new();
    };
    text.chars().filter(|character| !character.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_input_methods_send_is_read() {
        for (bytes, text) in [
            (&b"plain"[..], "plain"),
            (b"caf\xe9", "café"),
            (b"\x1b%G\xe4\xbd\xa0\xe5\xa5\xbd\x1b%@", "你好"),
            (b"\x1b$(A\x44\x63\x3a\x43", "你好"),
            (b"\x1b$(B\x46\x7c\x4b\x5c", "日本"),
            (b"\x1b$(C\x47\x51\x31\x5b", "한글"),
            (b"\x1b$(C\x47\x51\x1b(B!", "한!"),
            (b"no\nline", "noline"),
        ] {
            assert_eq!(of(bytes), text, "{bytes:?}");
        }
    }

    #[test]
    fn what_nobody_can_read_is_nothing() {
        for bytes in [&b"\x1b$(A\xff\xff"[..], b"\x1b%G\xff\x1b%@", b"\x1b$(Z!!", b"\x1b$(C\x80"] {
            assert_eq!(of(bytes), "", "{bytes:?}");
        }
    }
}
