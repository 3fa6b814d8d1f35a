//! What is told of a server, and how it is written.

use crate::protocol::event::PROTOCOL_VERSION;
use crate::protocol::sanitize;

/// Longest name of an instance in bytes: a label of DNS has 63, and ` (99)` may be put behind it where another has the same.
const LONGEST_LABEL: usize = 57;
/// Longest name of a server in a TXT record, in bytes; with its key it has to fit 255.
const LONGEST_NAME: usize = 200;
/// Longest path of a page, in bytes.
const LONGEST_PATH: usize = 64;

/// What everybody on the local network is told of a server beside its addresses and its port.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Record {
    /// What the server is called; cleaned and cut where it is read or written.
    pub name: String,
    /// Whether it asks for a password.
    pub has_password: bool,
    /// Whether it speaks TLS on its port.
    pub has_tls: bool,
    /// The version of the JSON protocol it speaks; 0 where it does not say.
    pub version: u32,
    /// The path of its web page, beginning with `/`; `None` where browsers are not served.
    pub page: Option<String>,
}

impl Record {
    /// A server of this version, without a password, without TLS and without a page.
    pub fn new(name: impl Into<String>) -> Self {
        let (has_password, has_tls) = (false, false);
        Self { name: name.into(), has_password, has_tls, version: PROTOCOL_VERSION, page: None }
    }

    /// The same, with a password or without.
    pub fn password(mut self, has_password: bool) -> Self {
        self.has_password = has_password;
        self
    }

    /// The same, with TLS or without.
    pub fn tls(mut self, has_tls: bool) -> Self {
        self.has_tls = has_tls;
        self
    }

    /// The same with a web page at this path.
    pub fn page(mut self, path: impl Into<String>) -> Self {
        self.page = Some(path.into());
        self
    }

    /// The name as that of an instance. Dots would end the label in the eyes of some readers, so they become dashes.
    pub(super) fn label(&self) -> String {
        let cleaned = sanitize::line(&self.name).replace(['.', '\\'], "-");
        let label = cut(cleaned.trim(), LONGEST_LABEL).trim();
        if label.is_empty() { "Salotto".to_owned() } else { label.to_owned() }
    }

    /// The pairs of the TXT record.
    pub(super) fn properties(&self) -> Vec<(&'static str, String)> {
        let name = sanitize::line(&self.name);
        let mut properties = vec![
            ("txtvers", "1".to_owned()),
            ("name", cut(&name, LONGEST_NAME).to_owned()),
            ("password", u8::from(self.has_password).to_string()),
            ("protocol", self.version.to_string()),
        ];
        properties.extend(self.has_tls.then(|| ("tls", "1".to_owned())));
        properties.extend(
            self.page.as_deref().filter(|path| is_path(path)).map(|path| ("path", path.to_owned())),
        );
        properties
    }

    /// What somebody on the network says, under the label of an instance. Whatever stands in it, the outcome can be shown.
    pub(super) fn read<'r>(label: &str, property: impl Fn(&str) -> Option<&'r [u8]>) -> Self {
        let text = |key| property(key).and_then(|value| std::str::from_utf8(value).ok());
        let told = text("name").map(|name| cut(&sanitize::line(name), LONGEST_NAME).to_owned());
        let label = sanitize::line(label).trim().to_owned();
        let record = Self {
            name: told.unwrap_or_default(),
            has_password: property("password") == Some(b"1"),
            has_tls: property("tls") == Some(b"1"),
            version: text("protocol").and_then(|version| version.parse().ok()).unwrap_or(0),
            page: text("path").filter(|path| is_path(path)).map(str::to_owned),
        };
        // The label tells apart who has the same name; the record has the whole name. One that is not made of it is not believed.
        match sanitize::is_visible(&record.name) && record.label() == label {
            true => record,
            false if sanitize::is_visible(&label) => {
                Self { name: cut(&label, LONGEST_NAME).to_owned(), ..record }
            }
            false => Self { name: "a server without a name".to_owned(), ..record },
        }
    }
}

/// Whether it can stand in an address as it is.
fn is_path(path: &str) -> bool {
    path.starts_with('/')
        && !path.starts_with("//")
        && path.len() <= LONGEST_PATH
        && path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/-._~%".contains(&byte))
}

/// The first so many bytes, whole characters.
fn cut(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(label: &str, properties: &[(&str, &[u8])]) -> Record {
        Record::read(label, |key| {
            properties.iter().find(|(other, _)| *other == key).map(|(_, value)| *value)
        })
    }

    #[test]
    fn what_is_written_is_read_again() {
        for name in ["Salotto", "chat.example.org", "Circolo «Ünïcode»", &"long ".repeat(30)] {
            let record = Record::new(name.trim()).password(true).tls(true).page("/");
            let properties = record.properties();
            assert!(properties.iter().all(|(key, value)| key.len() + value.len() < 255));
            let bytes: Vec<(&str, &[u8])> =
                properties.iter().map(|(key, value)| (*key, value.as_bytes())).collect();
            assert!(record.label().len() <= LONGEST_LABEL);
            assert_eq!(read(&record.label(), &bytes), record);
        }
    }

    #[test]
    fn of_two_with_one_name_the_second_is_shown_by_its_label() {
        let properties: [(&str, &[u8]); 1] = [("name", b"Salotto")];
        assert_eq!(read("Salotto", &properties).name, "Salotto");
        assert_eq!(read("Salotto (2)", &properties).name, "Salotto (2)");
    }

    #[test]
    fn a_name_of_which_nothing_can_be_seen_is_none() {
        assert_eq!(read("\u{200b}\u{1b}", &[("name", b"\x07")]).name, "a server without a name");
        assert_eq!(Record::new("\u{1b}").label(), "Salotto");
    }

    #[test]
    fn only_a_path_that_can_stand_in_an_address_is_one() {
        for path in ["//evil.example/", "chat", "/\u{1b}[2J", "/a b", "/?x=\"", "http://x/"] {
            assert_eq!(read("x", &[("path", path.as_bytes())]).page, None, "{path:?}");
        }
        assert_eq!(read("x", &[("path", b"/chat/")]).page.as_deref(), Some("/chat/"));
    }

    proptest! {
        #[test]
        fn whatever_is_told_can_be_shown(
            label in any::<String>(),
            name in proptest::collection::vec(any::<u8>(), 0..255),
            rest in proptest::collection::vec(any::<u8>(), 0..255),
        ) {
            let properties: [(&str, &[u8]); 4] =
                [("name", &name), ("password", &rest), ("protocol", &rest), ("path", &rest)];
            let record = read(&label, &properties);
            prop_assert_eq!(sanitize::line(&record.name), record.name.as_str());
            prop_assert!(!record.name.is_empty() && record.name.len() <= LONGEST_NAME);
            prop_assert!(record.page.is_none_or(|path| path.is_ascii()));
        }
    }
}
