//! The page that comes with the program. It is written to be read, and served without what only its readers need ([`lean`](super::lean)).

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::lean;

    #[test]
    fn all_that_is_served_has_60_kib_at_most() {
        let served: usize = FILES.iter().map(|(name, bytes)| lean::served(name, bytes).len()).sum();
        assert!(served <= 60 * 1024, "{served} bytes; 25 KiB compressed hold in tests/browser");
    }

    #[test]
    fn what_is_lean_can_be_made_no_leaner() {
        for (name, bytes) in FILES {
            let once = lean::served(name, bytes);
            assert_eq!(lean::served(name, &once), once, "{name}");
        }
    }
}
