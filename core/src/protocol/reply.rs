//! What a command answers. Each front renders it its way; the form for people is [`Display`](std::fmt::Display).

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::protocol::hint;

/// What a command answers.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(tag = "kind", content = "value", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Reply {
    /// Done, and there is nothing to say about it.
    #[default]
    Done,
    /// One or more lines.
    Text(String),
    /// One thing a line.
    List(Vec<String>),
    /// What belongs to one thing: names with values.
    Fields(Vec<(String, String)>),
    /// Rows under headings.
    Table {
        /// The headings.
        columns: Vec<String>,
        /// As many cells in each as there are headings.
        rows: Vec<Vec<String>>,
    },
    /// The answer comes later, from the responder that the call has handed out ([`Invocation::answer_later`](crate::Invocation::answer_later)). Only what
    /// [`run_command`](crate::Plugin::run_command) returns: no caller ever sees it, and it is not written on a wire.
    #[serde(skip)]
    Later,
}

impl Reply {
    /// A text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// Rows under headings.
    pub fn table<const N: usize>(columns: [&str; N], rows: Vec<[String; N]>) -> Self {
        Self::Table {
            columns: columns.map(str::to_owned).to_vec(),
            rows: rows.into_iter().map(Vec::from).collect(),
        }
    }

    /// Names with values.
    pub fn fields<const N: usize>(fields: [(&str, String); N]) -> Self {
        Self::Fields(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }
}

impl Reply {
    /// The same with its hints as one reader types them.
    pub(crate) fn resolved(mut self, typed: impl Fn(&str) -> Option<String>) -> Self {
        let resolve = |text: &mut String| {
            if let Cow::Owned(resolved) = hint::resolved(text, &typed) {
                *text = resolved;
            }
        };
        match &mut self {
            Self::Done | Self::Later => {}
            Self::Text(text) => resolve(text),
            Self::List(items) => items.iter_mut().for_each(resolve),
            Self::Fields(fields) => fields.iter_mut().for_each(|(_, value)| resolve(value)),
            Self::Table { rows, .. } => rows.iter_mut().flatten().for_each(resolve),
        }
        self
    }
}

impl fmt::Display for Reply {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done | Self::Later => Ok(()),
            Self::Text(text) => formatter.write_str(text),
            Self::List(items) => formatter.write_str(&items.join("\n")),
            Self::Fields(fields) => {
                let rows: Vec<_> = fields.iter().map(|(name, value)| [name, value]).collect();
                aligned(formatter, &rows)
            }
            Self::Table { columns, rows } => {
                let rows: Vec<&[String]> =
                    std::iter::once(columns).chain(rows).map(Vec::as_slice).collect();
                aligned(formatter, &rows)
            }
        }
    }
}

/// Writes rows with their cells under one another.
fn aligned<R: AsRef<[S]>, S: AsRef<str>>(
    formatter: &mut fmt::Formatter<'_>,
    rows: &[R],
) -> fmt::Result {
    let mut widths = Vec::new();
    for row in rows {
        for (column, cell) in row.as_ref().iter().enumerate() {
            let width = cell.as_ref().chars().count();
            match widths.get_mut(column) {
                None => widths.push(width),
                Some(widest) => *widest = width.max(*widest),
            }
        }
    }
    for (index, row) in rows.iter().enumerate() {
        let mut line = String::new();
        for (cell, width) in row.as_ref().iter().zip(&widths) {
            line.push_str(&format!("{:<width$}  ", cell.as_ref()));
        }
        let end = if index + 1 < rows.len() { "\n" } else { "" };
        write!(formatter, "{}{end}", line.trim_end())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_stands_in_columns() {
        let rows =
            vec![["ada".into(), "lobby, dev".into()], ["bartholomew".into(), "lobby".into()]];
        let table = Reply::table(["name", "rooms"], rows);
        assert_eq!(
            table.to_string(),
            "name         rooms\nada          lobby, dev\nbartholomew  lobby"
        );
    }
}
