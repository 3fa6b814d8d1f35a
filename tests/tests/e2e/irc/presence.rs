//! Who comes, goes and is called otherwise: told once.

use salotto::{LeaveReason, PluginSetup};
use salotto_tests::TestServer;
use salotto_tests::irc::Dialogue;
use salotto_tests::plugins::Ranks;

use super::{folder, moderated, server};

#[test]
fn who_quits_is_told_of_once_to_each_who_shared_a_channel() {
    let server = server().open();
    let mut nc = server.enters("carl");
    Dialogue::with(&server).goes(
        "
        ada -> JOIN #one
        ada <- *JOIN #one
        ada <- :salotto 353 *
        ada <- :salotto 366 *
        ada -> JOIN #two
        ada <- *JOIN #two
        ada <- :salotto 353 *
        ada <- :salotto 366 *
        ada -> JOIN #lobby
        ada <- *JOIN #lobby
        ada <- :salotto 353 *
        ada <- :salotto 366 *
        bob -> JOIN #two
        bob <- *JOIN #two
        bob <- :salotto 353 *
        bob <- :salotto 366 *
        bob -> JOIN #one
        bob <- *JOIN #one
        bob <- :salotto 353 *
        bob <- :salotto 366 *
        ada <- *JOIN #two
        ada <- *JOIN #one
        eve -> JOIN #three
        eve <- *JOIN #three
        eve <- :salotto 353 *
        eve <- :salotto 366 *
        bob -> QUIT :so long
        bob <- ERROR *
        ada <- :bob!bob@salotto QUIT :quit: so long
        ada -> PING x
        ada <- :salotto PONG salotto :x
        eve -> PING x
        eve <- :salotto PONG salotto :x
        ",
    );
    let mut dialogue = Dialogue::with(&server);
    dialogue.goes(
        "
        dora -> JOIN #lobby
        dora <- *JOIN #lobby
        dora <- :salotto 353 *
        dora <- :salotto 366 *
        ",
    );
    nc.says("bye");
    nc.dies();
    dialogue.goes(
        "
        dora <- :carl!carl@salotto PRIVMSG #lobby :bye
        dora <- :carl!carl@salotto QUIT :connection lost
        ",
    );
}

#[test]
fn a_large_room_is_told_of_nobody() {
    let server = server().settings(|settings| settings.presence.announce_up_to = Some(1)).open();
    Dialogue::with(&server).goes(
        "
        ada -> JOIN #lobby
        ada <- *JOIN #lobby
        ada <- :salotto 353 *
        ada <- :salotto 366 *
        bob -> JOIN #lobby
        bob <- *JOIN #lobby
        bob <- :salotto 353 *
        bob <- :salotto 366 *
        bob -> QUIT
        bob <- ERROR *
        ada -> PING x
        ada <- :salotto PONG salotto :x
        ",
    );
}

#[test]
fn who_kicks_out_of_a_large_room_sees_that_it_was_done() {
    let server = server()
        .settings(|settings| settings.presence.announce_up_to = Some(1))
        .plugin("ranks", Ranks)
        .open();
    Dialogue::with(&server).goes(
        "
        mod1 -> JOIN #lobby
        mod1 <- *JOIN #lobby
        mod1 <- :salotto 353 *
        mod1 <- :salotto 366 *
        bob -> JOIN #lobby
        bob <- *JOIN #lobby
        bob <- :salotto 353 *
        bob <- :salotto 366 *
        mod1 -> KICK #lobby bob :enough
        mod1 <- :mod1!mod1@salotto KICK #lobby bob :enough
        bob <- :mod1!mod1@salotto KICK #lobby bob :enough
        ",
    );
}

#[test]
fn a_rename_from_elsewhere_is_told_once_and_one_in_case_too() {
    let server = server().enable("commands").open();
    let mut nc = server.enters("carl");
    let mut dialogue = Dialogue::with(&server);
    dialogue.goes(
        "
        ada -> JOIN #lobby
        ada <- *JOIN #lobby
        ada <- :salotto 353 *
        ada <- :salotto 366 *
        ada -> JOIN #dev
        ada <- *JOIN #dev
        ada <- :salotto 353 *
        ada <- :salotto 366 *
        ",
    );
    nc.says("!join dev");
    nc.hears_about("you are in dev");
    nc.says("!nick Carl");
    dialogue.goes(
        "
        ada <- :carl!carl@salotto JOIN #dev
        ada <- :carl!carl@salotto NICK Carl
        ada -> NICK ADA
        ada <- :ada!ada@salotto NICK ADA
        ada -> NICK ADA
        ada -> PING x
        ada <- :salotto PONG *
        ",
    );
}

#[test]
fn who_is_in_a_room_that_is_closed_is_out_of_it() {
    let server = server().open();
    let mut dialogue = Dialogue::with(&server);
    dialogue.goes(
        "
        ada -> JOIN #dev
        ada <- *JOIN #dev
        ada <- :salotto 353 *
        ada <- :salotto 366 *
        ",
    );
    server.types("close dev");
    dialogue.goes(
        "
        ada <- :ada!ada@salotto PART #dev
        ada -> PRIVMSG #dev :hello
        ada <- :salotto 403 ada #dev :*
        ",
    );
}

#[test]
fn who_is_kicked_off_the_server_quits() {
    let server = server().open();
    let _nc = server.enters("carl");
    let mut dialogue = Dialogue::with(&server);
    dialogue.goes(
        "
        ada -> JOIN #lobby
        ada <- *JOIN #lobby
        ada <- :salotto 353 *
        ada <- :salotto 366 *
        ",
    );
    server.types("kick carl flooding");
    dialogue.goes(
        "
        ada <- :carl!carl@salotto QUIT :kicked by host: flooding
        ",
    );
    server.types("remove lobby ada enough");
    dialogue.goes(
        "
        ada <- :host!host@salotto KICK #lobby ada :enough
        ",
    );
}

#[test]
fn twenty_rooms_at_once_with_who_and_mode_for_each_are_answered() {
    let server = server().settings(|settings| settings.limits.rooms_per_member = Some(30)).open();
    let mut dialogue = Dialogue::with(&server);
    dialogue.goes("ada -> PING x");
    let ada = dialogue.client("ada");
    let rooms: Vec<String> = (0..20).map(|number| format!("#room{number}")).collect();
    ada.sends(&format!("JOIN {}", rooms.join(",")));
    for room in &rooms {
        ada.sends(&format!("MODE {room}"));
        ada.sends(&format!("WHO {room}"));
    }
    for room in &rooms {
        ada.hears_until(&format!(":salotto 324 ada {room} +nt"));
        ada.hears_until(&format!(":salotto 315 ada {room} *"));
    }
}

#[test]
fn a_change_of_the_settings_forgets_nobody() {
    let server = TestServer::builder().enable("irc").open();
    let mut dialogue = Dialogue::with(&server);
    dialogue.goes(
        "
        ada -> JOIN #dev
        ada <- *JOIN #dev
        ada <- :salotto 353 *
        ada <- :salotto 366 *
        ada -> AWAY :tea
        ada <- :salotto 306 *
        ",
    );
    let setup = PluginSetup::new("irc").settings("(host: \"example.org\")");
    server.enables(setup).expect("it is known");
    dialogue.goes(
        "
        bob -> JOIN #dev
        bob <- :bob!bob@example.org JOIN #dev
        ada <- :bob!bob@example.org JOIN #dev
        bob <- :example.org 353 bob = #dev :ada bob
        bob <- :example.org 366 *
        bob -> PRIVMSG ada :hello
        bob <- :example.org 301 bob ada :tea
        ",
    );
}

#[test]
fn who_leaves_a_channel_with_words_is_heard_everywhere() {
    let server = server().open();
    let mut json = server.enters_json("carl");
    Dialogue::with(&server).goes(
        "
        ada -> JOIN #lobby
        ada <- *JOIN #lobby
        ada <- :salotto 353 *
        ada <- :salotto 366 *
        bob -> JOIN #lobby
        bob <- *JOIN #lobby
        bob <- :salotto 353 *
        bob <- :salotto 366 *
        ada <- *JOIN #lobby
        bob -> PART #lobby :so long
        bob <- :bob!bob@salotto PART #lobby :so long
        ada <- :bob!bob@salotto PART #lobby :so long
        ",
    );
    let reason = json.hears_left("bob");
    assert_eq!(reason, LeaveReason::Parted { farewell: "so long".into() });
    assert_eq!(reason.to_string(), "left the room: so long");
}

#[test]
fn words_at_leaving_are_held_back_where_others_would_be() {
    let folder = folder();
    let server = moderated(&folder);
    let mut dialogue = Dialogue::with(&server);
    server.types("slow lobby 1h");
    dialogue.goes(
        "
        bob -> JOIN #lobby
        bob <- *JOIN #lobby
        bob <- :salotto 353 *
        bob <- :salotto 366 *
        bob -> PART #lobby :one
        bob <- :bob!bob@salotto PART #lobby :one
        bob -> JOIN #lobby
        bob <- *JOIN #lobby
        bob <- :salotto 353 *
        bob <- :salotto 366 *
        bob -> PART #lobby :two
        bob <- :bob!bob@salotto PART #lobby
        ",
    );
    server.types("mute bob 1h");
    dialogue.goes(
        "
        bob <- :salotto NOTICE bob :you are muted*
        bob -> JOIN #dev
        bob <- *JOIN #dev
        bob <- :salotto 353 *
        bob <- :salotto 366 *
        bob -> PART #dev :three
        bob <- :bob!bob@salotto PART #dev
        ",
    );
}
