//! `backup`, and how the store does.

use std::path::PathBuf;

use super::{Listed, operator};
use crate::command::{Answer, CommandError, Invocation};
use crate::hub::Hub;
use crate::hub::commands::Runner;
use crate::protocol::command::Arg;
use crate::protocol::reply::Reply;
use crate::protocol::status::StoreStatus;

pub(super) fn commands() -> Vec<Listed> {
    vec![(
        operator("backup", "Copies the database to a file, while people talk, and checks the copy")
            .arg(Arg::text("file"))
            .example("backup /var/backups/salotto.db"),
        Runner::Core(backup),
    )]
}

fn backup(hub: &mut Hub, invocation: &Invocation) -> Answer {
    if invocation.caller.member.is_some() {
        return Err(CommandError::Refused("this can be done at the console only".into()));
    }
    let Some(store) = hub.state.store.clone() else {
        return Err(CommandError::Refused("nothing is kept: the server has no database".into()));
    };
    let (file, responder) = (PathBuf::from(invocation.text("file")), invocation.answer_later());
    let shown = file.display().to_string();
    store.backup(
        &file,
        Box::new(move |copied| {
            let reply = copied.map(|bytes| {
                Reply::text(format!("the database is in `{shown}`: {}, and whole", size(bytes)))
            });
            responder.send(reply.map_err(|error| CommandError::Failed(error.to_string())));
        }),
    );
    Ok(Reply::Later)
}

/// Where the database is, and how large.
pub(super) fn shown(store: &StoreStatus) -> String {
    let StoreStatus { place, bytes, waiting, lost, .. } = store;
    let mut text = format!("{place}, {}", size(*bytes));
    if *waiting > 0 {
        text.push_str(&format!(", {waiting} entries wait"));
    }
    if *lost > 0 {
        text.push_str(&format!(", {lost} were lost"));
    }
    text
}

/// What is wrong with it, if anything.
pub(super) fn trouble(store: &StoreStatus) -> Option<String> {
    store.trouble.as_ref().map(|trouble| format!("the database is failing: {trouble}"))
}

fn size(bytes: u64) -> String {
    format!("{:.1} MiB", bytes as f64 / (1024.0 * 1024.0))
}
