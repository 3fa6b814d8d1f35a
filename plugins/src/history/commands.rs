//! `history`, `search`, `export` and `import`. Members read where they are; the console reads everything.

use std::sync::Arc;

use salotto::protocol::Place;
use salotto::store::{PAGE, PageQuery};
use salotto::{
    Arg, Command, CommandError, Context, EntryId, EntryKind, Hint, Invocation, Name, Reply, Role,
    RoomName, Store,
};

use super::{export, import, query, shown};

/// So many entries `history` shows where no number is given, and so many messages `search` does.
const USUAL: usize = 20;
/// A search looks through so many more for those that whoever asks ignores.
const MOST: usize = PAGE;

pub(super) fn commands() -> Vec<Command> {
    vec![
        Command::new("history", "Shows what was said in this room, or what was said before a message")
            .arg(Arg::number("count").optional())
            .arg(Arg::number("before").optional())
            .example("history 50")
            .in_person(),
        Command::new("history", "Shows what was said in a room, or what was said before a message")
            .arg(Arg::room("room"))
            .arg(Arg::number("count").optional())
            .arg(Arg::number("before").optional())
            .role(Role::Operator)
            .example("history lobby 50"),
        Command::new(
            "search",
            "Finds messages with these words, and `from:NAME`, `room:NAME`, `after:3d`, `before:2026-01-31`",
        )
        .arg(Arg::text("words"))
        .example("search dinner from:ada after:7d"),
        Command::new("export", "Writes what is kept of a room to a file, as jsonl, text or html")
            .arg(Arg::room("room"))
            .arg(Arg::choice("format", &["jsonl", "text", "html"]))
            .arg(Arg::word("file").optional())
            .role(Role::Operator)
            .example("export lobby html"),
        Command::new("import", "Puts an export into a room that was never used, as older entries cannot come before what is there")
            .arg(Arg::word("file"))
            .arg(Arg::word("room").optional())
            .role(Role::Operator)
            .example("import lobby.jsonl archive"),
    ]
}

pub(super) fn run(
    context: &mut Context<'_>,
    invocation: &Invocation,
) -> Result<Reply, CommandError> {
    let Some(store) = context.store() else {
        return Err(CommandError::Refused("nothing is kept: the server has no database".into()));
    };
    match invocation.path.as_str() {
        "history" => history(context, invocation, &*store),
        "search" => search(context, invocation, &*store),
        "export" => export(context, invocation, store),
        _ => import(context, invocation, store),
    }
}

fn history(
    context: &Context<'_>,
    invocation: &Invocation,
    store: &dyn Store,
) -> Result<Reply, CommandError> {
    let (room, since) = room(context, invocation)?;
    let number = |name| invocation.get(name).and_then(|text| text.parse::<u64>().ok());
    let limit = number("count").map_or(USUAL, |count| count.clamp(1, PAGE as u64) as usize);
    let place = number("before").map_or(Place::Last, Place::Before);
    let (ignored, is_console) = (ignored(context, invocation), invocation.caller.member.is_none());
    let responder = invocation.answer_later();
    let query = PageQuery { room: room.clone(), place, since, limit, only_messages: false };
    store.page(
        query,
        Box::new(move |page| {
            let reply = page.map(|page| {
                let entries = page.entries.iter().filter(|entry| !is_ignored(&ignored, entry));
                let mut lines: Vec<String> = entries.filter_map(shown::line).collect();
                if let (true, Some(first)) = (page.older, page.entries.first()) {
                    let line = match is_console {
                        true => format!("history {room} {limit} {}", first.id),
                        false => format!("history {limit} {}", first.id),
                    };
                    lines.insert(
                        0,
                        Hint::new(line).before("").after(" shows what came before").to_string(),
                    );
                }
                match lines.is_empty() {
                    true => Reply::text(format!("nothing is kept of what was said in {room}")),
                    false => Reply::List(lines),
                }
            });
            responder.send(reply.map_err(|error| CommandError::Failed(error.to_string())));
        }),
    );
    Ok(Reply::Later)
}

fn search(
    context: &Context<'_>,
    invocation: &Invocation,
    store: &dyn Store,
) -> Result<Reply, CommandError> {
    let asked = query::parse(invocation.text("words"), context.now())?;
    let mut query = asked.query;
    let readable = invocation.caller.member.map(|member| context.readable(member));
    query.rooms = match (&asked.room, readable) {
        (None, readable) => readable,
        (Some(room), None) => Some(vec![(room.clone(), 0)]),
        (Some(room), Some(readable)) => {
            let keys = room.keys();
            let is_meant =
                |(name, _): &(RoomName, EntryId)| name.keys().iter().any(|key| keys.contains(key));
            let found: Vec<_> = readable.into_iter().filter(is_meant).collect();
            if found.is_empty() {
                let text = format!("you are not in `{room}`, or nothing is kept of it");
                return Err(CommandError::NoSuchRoom(text));
            }
            Some(found)
        }
    };
    query.limit = MOST;
    let ignored = ignored(context, invocation);
    let responder = invocation.answer_later();
    store.search(
        query,
        Box::new(move |found| {
            let reply = found.map(|found| {
                let entries = found.iter().filter(|entry| !is_ignored(&ignored, entry));
                let lines: Vec<String> = entries.filter_map(shown::found).take(USUAL).collect();
                match lines.is_empty() {
                    true => Reply::text("nothing was found"),
                    false => Reply::List(lines),
                }
            });
            responder.send(reply.map_err(|error| CommandError::Failed(error.to_string())));
        }),
    );
    Ok(Reply::Later)
}

fn export(
    context: &Context<'_>,
    invocation: &Invocation,
    store: Arc<dyn Store>,
) -> Result<Reply, CommandError> {
    only_at_the_console(invocation)?;
    let room = named_room(context, invocation.text("room"))?;
    let format = export::Format::from_word(invocation.text("format"));
    let file = invocation.get("file").map(Into::into);
    let export = export::Export { room, format, file, now: context.now() };
    on_a_thread(invocation, "salotto-export", move || export.run(&*store))
}

fn import(
    context: &Context<'_>,
    invocation: &Invocation,
    store: Arc<dyn Store>,
) -> Result<Reply, CommandError> {
    only_at_the_console(invocation)?;
    let into = invocation.get("room").map(str::parse::<RoomName>).transpose();
    let into = into.map_err(|error| CommandError::Refused(error.to_string()))?;
    let open = context.rooms().into_iter().map(|room| room.room).collect();
    let import = import::FromFile { file: invocation.text("file").into(), into, open };
    on_a_thread(invocation, "salotto-import", move || import.run(&*store))
}

/// What takes long is done on a thread that ends with it.
fn on_a_thread(
    invocation: &Invocation,
    name: &str,
    work: impl FnOnce() -> Result<Reply, CommandError> + Send + 'static,
) -> Result<Reply, CommandError> {
    let responder = invocation.answer_later();
    std::thread::Builder::new()
        .name(name.into())
        .spawn(move || responder.send(work()))
        .map_err(|error| CommandError::Failed(format!("cannot start a thread: {error}")))?;
    Ok(Reply::Later)
}

/// Files are those of the machine that the server runs on.
fn only_at_the_console(invocation: &Invocation) -> Result<(), CommandError> {
    match invocation.caller.member {
        None => Ok(()),
        Some(_) => Err(CommandError::Refused("this can be done at the console only".into())),
    }
}

/// The room that is meant, and from where on it may be read.
fn room(
    context: &Context<'_>,
    invocation: &Invocation,
) -> Result<(RoomName, EntryId), CommandError> {
    let Some(member) = invocation.caller.member else {
        return Ok((named_room(context, invocation.text("room"))?, 0));
    };
    let named = invocation.get("room").and_then(|room| context.room(room)).map(|room| room.room);
    let room = match invocation.get("room") {
        Some(_) => named,
        None => invocation.caller.room.clone(),
    };
    let readable = context.readable(member).into_iter();
    let readable = room.and_then(|room| readable.into_iter().find(|(name, _)| *name == room));
    readable.ok_or_else(|| {
        CommandError::NoSuchRoom("you are in no such room, or nothing is kept of it".into())
    })
}

/// A room by its name, which need not be open.
fn named_room(context: &Context<'_>, text: &str) -> Result<RoomName, CommandError> {
    if let Some(room) = context.room(text) {
        return Ok(room.room);
    }
    text.parse::<RoomName>().map_err(|error| CommandError::NoSuchRoom(error.to_string()))
}

/// Whom the caller does not want to read.
fn ignored(context: &Context<'_>, invocation: &Invocation) -> Vec<Name> {
    invocation.caller.member.map(|member| context.ignored(member)).unwrap_or_default()
}

fn is_ignored(ignored: &[Name], entry: &salotto::Entry) -> bool {
    matches!(&entry.what, EntryKind::Message { from, .. } if ignored.contains(from))
}
