//! The JSON answers for programs: made from the types of core where there are some, and otherwise from the reply for people.

use salotto::{Closed, CommandError, Handle, Reply};
use serde::Serialize;
use serde_json::{Map, Value};

use super::outcome::{Outcome, ReplyFormat, failed};

/// Commands that list things. When there are none, people get a sentence and programs an empty list.
const LISTS: [&str; 3] = ["bans", "limits", "mutes"];

/// The typed data behind these commands, without arguments; `None` for all others.
pub(super) async fn of(handle: &Handle, path: &str) -> Result<Option<Value>, Closed> {
    // They are plain structs, lists and texts, whose serialization does not fail.
    let written = |value: Result<Value, CommandError>| value.ok();
    Ok(match path {
        "status" => written(value(&handle.status().await?)),
        "users" => written(value(&handle.members().await?)),
        "rooms" => written(value(&handle.rooms().await?)),
        "plugins" => written(value(&handle.status().await?.plugins)),
        _ => None,
    })
}

/// Anything as JSON.
pub(super) fn value(value: &impl Serialize) -> Result<Value, CommandError> {
    serde_json::to_value(value).map_err(failed)
}

/// The reply of a command in the requested format.
pub(super) fn outcome(path: &str, reply: Reply, format: ReplyFormat) -> Outcome {
    match format {
        ReplyFormat::Typed => Outcome::Reply(reply),
        ReplyFormat::Json if LISTS.contains(&path) && matches!(reply, Reply::Text(_)) => {
            Outcome::Data(Value::Array(Vec::new()))
        }
        ReplyFormat::Json => Outcome::Data(of_reply(reply)),
    }
}

/// A table is a list of objects by its headings, fields are an object, nothing is `null`.
fn of_reply(reply: Reply) -> Value {
    let object = |pairs: Vec<(String, String)>| {
        let pairs = pairs.into_iter().map(|(name, value)| (name, Value::String(value)));
        Value::Object(pairs.collect::<Map<_, _>>())
    };
    match reply {
        Reply::Text(text) => Value::String(text),
        Reply::List(items) => items.into(),
        Reply::Fields(fields) => object(fields),
        Reply::Table { columns, rows } => {
            let row = |row: Vec<String>| object(columns.iter().cloned().zip(row).collect());
            rows.into_iter().map(row).collect()
        }
        _ => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_reply_has_a_form_for_programs() {
        let rows = vec![["10.0.0.7".into(), "spam".into()], ["eve".into(), String::new()]];
        for (reply, value) in [
            (Reply::Done, Value::Null),
            (Reply::text("hello"), json!("hello")),
            (Reply::List(vec!["a".into(), "b".into()]), json!(["a", "b"])),
            (Reply::fields([("rooms", "3".into())]), json!({"rooms": "3"})),
            (
                Reply::table(["whom", "why"], rows),
                json!([{"whom": "10.0.0.7", "why": "spam"}, {"whom": "eve", "why": ""}]),
            ),
        ] {
            assert_eq!(of_reply(reply), value);
        }
    }
}
