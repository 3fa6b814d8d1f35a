//! A stylesheet without comments and without spaces that part nothing.

use super::end_of_text;

/// Signs that need no space before them, and those that need none behind them.
const CLOSE_BEFORE: &str = "{};,)!";
const CLOSE_BEHIND: &str = "{};,(:";

/// The stylesheet, as short as it can be by leaving out.
pub(super) fn lean(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut is_parted = false;
    while let Some(first) = rest.chars().next() {
        let is_comment = rest.starts_with("/*");
        let length = match first {
            _ if is_comment => rest[2..].find("*/").map_or(rest.len(), |end| end + 4),
            '"' | '\'' => end_of_text(rest),
            '\\' => first.len_utf8() + rest[1..].chars().next().map_or(0, char::len_utf8),
            first => first.len_utf8(),
        };
        let (token, after) = rest.split_at(length);
        rest = after;
        if is_comment || first.is_whitespace() {
            is_parted = true;
            continue;
        }
        let is_apart = is_parted && !CLOSE_BEFORE.contains(first);
        if is_apart && !out.is_empty() && !out.ends_with(|last| CLOSE_BEHIND.contains(last)) {
            out.push(' ');
        }
        if first == '}' && out.ends_with(';') {
            out.pop();
        }
        out.push_str(token);
        is_parted = false;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spaces_and_comments_go_and_what_they_part_stays_apart() {
        for (written, served) in [
            ("a:hover {\n\ttop: 1px; left: 0;\n}\n", "a:hover{top:1px;left:0}"),
            (
                "/* Why: a { b } */\n#a #b, .c > .d { margin: 0 auto !important; }",
                "#a #b,.c > .d{margin:0 auto!important}",
            ),
            (
                "@media (max-width: 46rem) { a { width: min(26rem, 100vw - 2rem) } }",
                "@media (max-width:46rem){a{width:min(26rem,100vw - 2rem)}}",
            ),
            ("a :hover { b: c/* d */e; }", "a :hover{b:c e}"),
        ] {
            assert_eq!(lean(written), served);
        }
    }

    #[test]
    fn texts_stay_as_they_are() {
        let text = r#"a::before{content:"{ a : \" ; /* b */  }"}b{c:'  }'}"#;
        assert_eq!(lean(text), text);
    }
}
