//! From the file of the bans into the database, once: where there is a store, bans are kept in it with all the rest, and the file stays as it is and is not
//! read again. Who changes it all the same is told.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use salotto::Context;
use serde::{Deserialize, Serialize};

use super::Moderation;
use super::bans::{Bans, Change};
use super::kept::Kept;
use crate::common::values;

pub(super) const NAMESPACE: &str = "imported";

/// How a file of bans looked: enough to see that somebody has changed it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Look {
    bytes: u64,
    /// In milliseconds since 1970; 0 where there is no file.
    changed: u64,
}

/// How the file looks now; the result of a task.
#[derive(Debug)]
pub(super) struct Looked(Look);

impl Look {
    /// Looks at a file, so it must not be called on the hub.
    pub(super) fn at(path: &Path) -> Self {
        let Ok(file) = std::fs::metadata(path) else { return Self::default() };
        let changed = file.modified().unwrap_or(SystemTime::UNIX_EPOCH);
        let changed = changed.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() as u64;
        Self { bytes: file.len(), changed }
    }
}

/// Whether the bans of a file were taken over, as the file beside it says that was left then.
pub(super) fn is_imported(path: &Path) -> bool {
    mark(path).exists()
}

/// The file beside a file of bans that says that it is not read any more.
fn mark(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".imported");
    name.into()
}

/// Takes the bans that are kept in place of those of the file, which are added to them if that was not done yet and the file can be read.
pub(super) fn load_bans(moderation: &mut Moderation, context: &mut Context<'_>) {
    let mut bans = Bans::default();
    bans.restore(values::all(context, Bans::NAMESPACE));
    let of_file = std::mem::replace(&mut moderation.bans, bans);
    let path = moderation.settings.bans.display().to_string();
    if context.shared().get(NAMESPACE, &path).is_none() {
        if moderation.unread.is_some() {
            return;
        }
        let count = of_file.len();
        of_file.iter().for_each(|ban| moderation.bans.apply(&Change::Add(ban.clone())));
        values::put(context, NAMESPACE, &path, &moderation.look);
        if count > 0 {
            let bans = if count == 1 { "1 ban is".into() } else { format!("{count} bans are") };
            context.report(format!(
                "{bans} taken over from `{path}` into the database; the file is not read again, `ban` and `unban` change them"
            ));
        }
    }
    moderation.unread = None;
    if moderation.look != Look::default() {
        leave_mark(&moderation.settings.bans, context);
    }
}

/// Says beside the file that it is not read any more, so that whoever has made a mistake in it since can start their server all the same.
fn leave_mark(path: &Path, context: &mut Context<'_>) {
    let (path, mark) = (path.display().to_string(), mark(path));
    context.spawn(async move {
        let text = format!(
            "The bans of `{path}` are in the database, and the file is not read any more. Without the database, delete this one.\n"
        );
        // Where it cannot be written the file has to stay one that can be read, as before.
        let _ = smol::unblock(move || match mark.exists() {
            true => Ok(()),
            false => std::fs::write(mark, text),
        })
        .await;
    });
}

/// The configuration was taken over: has the file looked at that was imported.
pub(super) fn look_again(moderation: &Moderation, context: &mut Context<'_>) {
    let (path, mailbox) = (moderation.settings.bans.clone(), context.mailbox());
    context.spawn(async move {
        let look = smol::unblock(move || Look::at(&path)).await;
        mailbox.send(Looked(look)).await;
    });
}

/// Tells the operator, once for each change, that the file is not read any more.
pub(super) fn looked(moderation: &Moderation, context: &mut Context<'_>, Looked(look): Looked) {
    let path = moderation.settings.bans.display().to_string();
    if values::get(context, NAMESPACE, &path) == Some(look) {
        return;
    }
    values::put(context, NAMESPACE, &path, &look);
    context.report(format!(
        "`{path}` was changed, but bans are kept in the database; use `ban` and `unban`"
    ));
}
