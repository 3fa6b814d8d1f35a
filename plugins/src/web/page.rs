//! The page that comes with the program. It is written to be read, and served without what only its readers need.

use std::borrow::Cow;

/// Each file with its name.
pub(super) const FILES: &[(&str, &[u8])] = &[
    ("index.html", include_bytes!("page/index.html")),
    ("style.css", include_bytes!("page/style.css")),
    ("app.js", include_bytes!("page/app.js")),
    ("commands.js", include_bytes!("page/commands.js")),
    ("compose.js", include_bytes!("page/compose.js")),
    ("dom.js", include_bytes!("page/dom.js")),
    ("en.js", include_bytes!("page/en.js")),
    ("it.js", include_bytes!("page/it.js")),
    ("log.js", include_bytes!("page/log.js")),
    ("model.js", include_bytes!("page/model.js")),
    ("net.js", include_bytes!("page/net.js")),
    ("text.js", include_bytes!("page/text.js")),
    ("icon.svg", include_bytes!("page/icon.svg")),
    ("icon.png", include_bytes!("page/icon.png")),
    ("manifest.webmanifest", include_bytes!("page/manifest.webmanifest")),
];

/// Spaces that only readers need. None of our texts has them around such a sign.
const SPACED: &[(&str, &str, &str)] = &[
    (".css", ": ", ":"),
    (".css", "; ", ";"),
    (".css", ", ", ","),
    (".css", " { ", "{"),
    (".css", ";}", "}"),
    (".js", " => ", "=>"),
    (".js", " = ", "="),
    (".js", " === ", "==="),
    (".js", " !== ", "!=="),
    (".js", " && ", "&&"),
    (".js", " || ", "||"),
    (".js", " ?? ", "??"),
    (".js", "{ ", "{"),
    (".js", " }", "}"),
];

/// A file as it is served: without indentation, empty lines, lines that are a comment, and [`SPACED`]. None of ours has a text over several lines, in which these
/// would count.
pub(super) fn served<'a>(name: &str, bytes: &'a [u8]) -> Cow<'a, [u8]> {
    let is_code = [".js", ".css", ".html"].iter().any(|end| name.ends_with(end));
    let Some(text) = std::str::from_utf8(bytes).ok().filter(|_| is_code) else {
        return Cow::Borrowed(bytes);
    };
    let is_kept =
        |line: &&str| !(line.is_empty() || line.starts_with("//") || line.starts_with("/*"));
    let lines: Vec<_> = text.lines().map(str::trim_start).filter(is_kept).collect();
    let signs = SPACED.iter().filter(|(end, ..)| name.ends_with(end));
    let lean =
        signs.fold(lines.join("\n"), |text, (_, written, served)| text.replace(written, served));
    Cow::Owned(lean.into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_indentation_are_for_readers_and_not_served() {
        let script = b"// Why.\nact();\n\n\t/** What. */\n\tconst text = '// said';\n";
        assert_eq!(&*served("a.js", script), b"act();\nconst text='// said';");
        assert_eq!(
            &*served("a.css", b"\ta:hover { top: 1px; left: 0; }\n"),
            b"a:hover{top:1px;left:0}"
        );
        assert_eq!(&*served("a.png", script), script);
    }

    #[test]
    fn no_comment_and_no_text_of_the_page_goes_over_several_lines() {
        for (name, bytes) in
            FILES.iter().filter(|(name, _)| name.ends_with(".js") || name.ends_with(".css"))
        {
            for line in std::str::from_utf8(bytes).expect("the page is text").lines() {
                let opens = line.trim_start().starts_with("/*");
                assert!(!opens || line.ends_with("*/"), "{name}: {line}");
                assert!(
                    line.matches('`').count() % 2 == 0
                        || line.contains("'`")
                        || line.contains("[^"),
                    "{name}: {line}"
                );
            }
        }
    }
}
