//! What servers are asked about themselves: `VERSION`, `TIME`, `INFO`, `ADMIN`, `LINKS`, `STATS`, `USERS`. Of most there is little to say.

use salotto::protocol::sanitize;

use super::Call;
use crate::irc::{mask, numeric};

/// What the program is called.
pub(in crate::irc) const PROGRAM: &str = concat!("salotto-", env!("CARGO_PKG_VERSION"));

/// Whether a server that is asked for is this one; the client is told where it is not. Without one, this one is meant.
fn is_here(call: &mut Call<'_, '_>, place: usize) -> bool {
    let Some(asked) = call.line.parameter(place) else { return true };
    if mask::fits(asked, call.connection.host()) || call.context.find(asked).is_some() {
        return true;
    }
    let asked = sanitize::excerpt(asked, 64);
    call.numeric(numeric::NO_SUCH_SERVER, &[&asked], "there is no such server");
    false
}

pub(super) fn version(call: &mut Call<'_, '_>) {
    if is_here(call, 0) {
        let host = call.connection.host();
        call.numeric(numeric::VERSION, &[PROGRAM, host], "a chat server");
    }
}

pub(super) fn time(call: &mut Call<'_, '_>) {
    if is_here(call, 0) {
        let (host, now) = (call.connection.host(), call.context.now().to_string());
        call.numeric(numeric::TIME, &[host], &now);
    }
}

pub(super) fn info(call: &mut Call<'_, '_>) {
    if !is_here(call, 0) {
        return;
    }
    let name = call.context.settings().server.name.clone();
    let up = salotto::protocol::in_short(call.context.uptime());
    let mut answers = call.answers();
    for line in [
        format!("{name} is a Salotto server, up for {up}."),
        "Who talks here may be in a browser, a window, a terminal or a client of IRC.".to_owned(),
        "!help lists what can be typed in a channel.".to_owned(),
    ] {
        answers.add(numeric::INFO, &[], &line);
    }
    answers.add(numeric::INFO_END, &[], "end of INFO");
    call.send(answers);
}

pub(super) fn admin(call: &mut Call<'_, '_>) {
    if !is_here(call, 0) {
        return;
    }
    let settings = call.context.settings();
    let (name, operator) = (&settings.server.name, &settings.server.operator_name);
    let mut answers = call.answers();
    let host = call.connection.host();
    answers
        .add(numeric::ADMIN, &[host], "who runs this server")
        .add(numeric::ADMIN_PLACE, &[], name)
        .add(numeric::ADMIN_MORE, &[], &format!("its operator is called {operator}"))
        .add(numeric::ADMIN_CONTACT, &[], &format!("PRIVMSG {operator} reaches them"));
    call.send(answers);
}

pub(super) fn links(call: &mut Call<'_, '_>) {
    let (host, name) = (call.connection.host(), call.context.settings().server.name.clone());
    let mut answers = call.answers();
    answers.add(numeric::LINKS, &[host, host], &format!("0 {name}")).add(
        numeric::LINKS_END,
        &["*"],
        "end of LINKS",
    );
    call.send(answers);
}

pub(super) fn stats(call: &mut Call<'_, '_>) {
    let asked = call.line.parameter(0).map(|asked| sanitize::excerpt(asked, 8));
    let asked = asked.filter(|asked| !asked.contains(' ')).unwrap_or("*".into());
    call.numeric(numeric::STATS_END, &[&asked], "end of STATS; !status tells operators more");
}

pub(super) fn users(call: &mut Call<'_, '_>) {
    call.numeric(numeric::USERS_DISABLED, &[], "USERS is not told here; try WHO");
}
