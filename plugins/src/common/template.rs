//! Texts with placeholders, such as `{name} joined`.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use serde::{Deserialize, Deserializer};

/// A text with placeholders in braces, checked when it is read: `{name} joined`. `{{` and `}}` stand for the braces themselves.
///
/// `M` is the kind of the text and determines its placeholders. They are filled in one pass: what a value contains is never read as a
/// placeholder, so nobody expands one by choosing a name.
///
/// ```
/// use salotto_plugins::notices::Joined;
/// use salotto_plugins::template::Template;
///
/// let template: Template<Joined> = "{name} is in {room} now".parse()?;
/// let error = "{nam} is here".parse::<Template<Joined>>().unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "unknown placeholder `{nam}`; known here: {name}, {room}, {members}"
/// );
/// # Ok::<(), salotto_plugins::template::TemplateError>(())
/// ```
pub struct Template<M> {
    parts: Vec<Part>,
    kind: PhantomData<fn() -> M>,
}

/// A kind of text, which determines its placeholders.
pub trait TemplateKind {
    /// The placeholders, in the order in which an error lists them.
    const PLACEHOLDERS: &'static [Placeholder];
}

/// What can be filled in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Placeholder {
    /// `{name}`: whom it is about.
    Name,
    /// `{old}`: the name they had.
    Old,
    /// `{new}`: the name they have now.
    New,
    /// `{room}`: the room.
    Room,
    /// `{reason}`: why they left.
    Reason,
    /// `{members}`: how many people are there.
    Members,
    /// `{server}`: what the server is called.
    Server,
}

/// Why a text is not a template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TemplateError {
    /// A placeholder that does not exist, or not in this kind of text.
    #[error("unknown placeholder `{{{found}}}`; known here: {}", listed(known))]
    Unknown {
        /// What stood between the braces.
        found: String,
        /// What is allowed there.
        known: &'static [Placeholder],
    },
    /// A `{` without its `}`.
    #[error("the `{{` before `{after}` is not closed; write `{{{{` for a brace")]
    Unclosed {
        /// The beginning of what follows it.
        after: String,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Value(Placeholder),
}

impl<M> Template<M> {
    /// Whether it is empty, which turns its notice off.
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// The text with its placeholders replaced by values.
    pub(crate) fn fill(&self, value: impl Fn(Placeholder) -> String) -> String {
        self.parts
            .iter()
            .map(|part| match part {
                Part::Text(text) => text.clone(),
                Part::Value(placeholder) => value(*placeholder),
            })
            .collect()
    }
}

impl<M: TemplateKind> Template<M> {
    /// A template of this crate, which is valid.
    pub(crate) fn built_in(text: &str) -> Self {
        text.parse().expect("a built-in template is well formed")
    }
}

impl<M: TemplateKind> FromStr for Template<M> {
    type Err = TemplateError;

    fn from_str(text: &str) -> Result<Self, TemplateError> {
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            literal.push_str(&rest[..at]);
            let brace = &rest[at..at + 1];
            let after = &rest[at + 1..];
            if brace == "}" {
                // A lone one stands for itself.
                literal.push('}');
                rest = after.strip_prefix('}').unwrap_or(after);
            } else if let Some(after) = after.strip_prefix('{') {
                literal.push('{');
                rest = after;
            } else {
                let Some((found, after)) = after.split_once('}') else {
                    let after = after.chars().take(20).collect();
                    return Err(TemplateError::Unclosed { after });
                };
                let known = M::PLACEHOLDERS;
                let Some(placeholder) = known.iter().find(|known| known.word() == found) else {
                    return Err(TemplateError::Unknown {
                        found: found.chars().take(20).collect(),
                        known,
                    });
                };
                if !literal.is_empty() {
                    parts.push(Part::Text(std::mem::take(&mut literal)));
                }
                parts.push(Part::Value(*placeholder));
                rest = after;
            }
        }
        literal.push_str(rest);
        if !literal.is_empty() {
            parts.push(Part::Text(literal));
        }
        Ok(Self { parts, kind: PhantomData })
    }
}

impl Placeholder {
    /// The word between the braces.
    fn word(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Old => "old",
            Self::New => "new",
            Self::Room => "room",
            Self::Reason => "reason",
            Self::Members => "members",
            Self::Server => "server",
        }
    }
}

impl fmt::Display for Placeholder {
    /// With its braces.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{{{}}}", self.word())
    }
}

fn listed(known: &[Placeholder]) -> String {
    let known: Vec<_> = known.iter().map(ToString::to_string).collect();
    known.join(", ")
}

impl<'de, M: TemplateKind> Deserialize<'de> for Template<M> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

// Derived ones would ask the same of `M`, of which there is never a value.
impl<M> Clone for Template<M> {
    fn clone(&self) -> Self {
        Self { parts: self.parts.clone(), kind: PhantomData }
    }
}

impl<M> PartialEq for Template<M> {
    fn eq(&self, other: &Self) -> bool {
        self.parts == other.parts
    }
}

impl<M> fmt::Debug for Template<M> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.parts.fmt(formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    enum Test {}

    impl TemplateKind for Test {
        const PLACEHOLDERS: &'static [Placeholder] = &[Placeholder::Name, Placeholder::Room];
    }

    fn filled(text: &str) -> Result<String, TemplateError> {
        let template: Template<Test> = text.parse()?;
        Ok(template.fill(|placeholder| match placeholder {
            Placeholder::Name => "{room}".into(),
            _ => "lobby".into(),
        }))
    }

    #[test]
    fn values_are_filled_in_once() {
        for (text, expected) in [
            ("{name} is in {room}!", "{room} is in lobby!"),
            ("{name}{name}", "{room}{room}"),
            ("{{name}} } }}", "{name} } }"),
            ("", ""),
            ("ünïcode {room} ✓", "ünïcode lobby ✓"),
        ] {
            assert_eq!(filled(text).unwrap(), expected, "{text:?}");
        }
    }

    #[test]
    fn a_mistake_is_named() {
        for (text, message) in [
            ("{reason}", "unknown placeholder `{reason}`; known here: {name}, {room}"),
            ("hello {} you", "unknown placeholder `{}`; known here: {name}, {room}"),
            ("hello {name", "the `{` before `name` is not closed; write `{{` for a brace"),
        ] {
            assert_eq!(filled(text).unwrap_err().to_string(), message);
        }
    }
}
