//! `SEARCH attributes`: messages with some words: <https://soju.im/search>. The attributes are written as tags are.

use std::collections::BTreeMap;

use salotto::store::{PAGE, SearchQuery};

use super::Call;
use super::chathistory::Read;
use super::markread::moment;
use crate::irc::{channel, line};

/// Most words of one search; each costs a look into the index.
const MOST_WORDS: usize = 16;

pub(super) fn run(call: &mut Call<'_, '_>) {
    let asked = line::parse_tags(call.line.parameter(0).unwrap_or_default());
    let query = match query(call, &asked) {
        Ok(query) => query,
        Err(text) => return call.fail("INVALID_PARAMS", &[], text),
    };
    let Some(store) = call.context.store().filter(|_| call.irc.reads.has_space(call.member)) else {
        return call.fail("INTERNAL_ERROR", &[], "nothing can be searched now");
    };
    let label = call.answered_later();
    Read::search(call.irc, call.context, (call.member, label), store, query);
}

fn query(
    call: &Call<'_, '_>,
    asked: &BTreeMap<String, String>,
) -> Result<SearchQuery, &'static str> {
    let get = |key: &str| asked.get(key).filter(|value| !value.is_empty());
    let words = get("text").map(String::as_str).unwrap_or_default().split_whitespace();
    let mut query = SearchQuery::words(words);
    query.from = get("from").cloned();
    let is_word = |word: &String| word.chars().any(char::is_alphanumeric);
    if !query.words.iter().any(is_word) && query.from.is_none() {
        return Err("give text= some words to look for, or from= a nick");
    }
    if query.words.len() > MOST_WORDS {
        return Err("these are too many words; give at most 16");
    }
    let time = |key: &str| match get(key).map(|time| moment(time)) {
        Some(None) => Err("give times as 2026-01-31T12:00:00.000Z"),
        time => Ok(time.flatten()),
    };
    (query.before, query.after) = (time("before")?, time("after")?);
    let mut rooms = call.context.readable(call.member);
    if let Some(channel) = get("in") {
        let room = channel::to_room(channel).and_then(|room| call.context.room(&room));
        let room = room.ok_or("you are in no such channel")?.room;
        rooms.retain(|(readable, _)| *readable == room);
    }
    query.rooms = Some(rooms);
    query.limit = match get("limit").map(|limit| limit.parse::<usize>()) {
        None => PAGE / 2,
        Some(Ok(limit)) if limit > 0 => limit.min(PAGE),
        Some(_) => return Err("give limit= a number above 0"),
    };
    Ok(query)
}
