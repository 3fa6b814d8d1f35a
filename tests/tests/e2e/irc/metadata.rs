//! What clients say of themselves and of channels by keys.

use salotto_tests::irc::{Dialogue, IrcClient};

use super::{folder, moderated, server};

#[test]
fn a_value_is_set_read_listed_and_removed() {
    let server = server().open();
    Dialogue::with(&server).goes(
        "
        ada [draft/metadata-2 batch] -> METADATA * SET avatar :https://example.org/ada.png
        ada <- :salotto 761 ada ada avatar * :https://example.org/ada.png
        bob [draft/metadata-2 batch] -> METADATA ada GET avatar color
        bob <- :salotto BATCH +{b} metadata ada
        bob <- @batch={b} :salotto 761 bob ada avatar * :https://example.org/ada.png
        bob <- @batch={b} :salotto 766 bob ada color :*
        bob <- :salotto BATCH -{b}
        bob -> METADATA ada SET avatar :mine
        bob <- :salotto FAIL METADATA KEY_NO_PERMISSION ada avatar :*
        bob -> METADATA ada CLEAR
        bob <- :salotto FAIL METADATA KEY_NO_PERMISSION ada * :*
        bob -> METADATA nobody LIST
        bob <- :salotto FAIL METADATA INVALID_TARGET nobody :*
        ada -> METADATA * SET avatar
        ada <- :salotto 766 ada ada avatar :*
        ada -> METADATA * SET color :red
        ada <- :salotto 761 ada ada color * :red
        ada -> METADATA * CLEAR
        ada <- :salotto BATCH +{c} metadata ada
        ada <- @batch={c} :salotto 766 ada ada color :*
        ada <- :salotto BATCH -{c}
        ada -> METADATA * LIST
        ada <- :salotto BATCH +* metadata ada
        ada <- :salotto BATCH -*
        ada -> METADATA * SET Avatar :x
        ada <- :salotto FAIL METADATA KEY_INVALID Avatar :*
        ada -> METADATA * DANCE
        ada <- :salotto FAIL METADATA SUBCOMMAND_INVALID DANCE :*
        ",
    );
}

#[test]
fn who_has_subscribed_is_told_of_those_with_whom_it_shares_a_channel() {
    let server = server().open();
    Dialogue::with(&server).goes(
        "
        ada -> METADATA * SET avatar :one
        ada <- :salotto 761 ada ada avatar * :one
        ada -> JOIN #lobby
        ada <- *JOIN #lobby
        ada <- :salotto 353 *
        ada <- :salotto 366 *
        bob [draft/metadata-2] -> METADATA * SUB avatar color
        bob <- :salotto 770 bob avatar color
        carl [draft/metadata-3] -> METADATA * SUB avatar
        carl <- :salotto 770 carl avatar
        ada -> METADATA * SET avatar :two
        ada <- :salotto 761 ada ada avatar * :two
        bob -> JOIN #lobby
        bob <- *JOIN #lobby
        bob <- :salotto 353 *
        bob <- :salotto 366 *
        bob <- :salotto METADATA ada avatar * :two
        carl -> JOIN #lobby
        carl <- *JOIN #lobby
        carl <- :salotto 353 *
        carl <- :salotto 366 *
        carl <- :salotto 761 carl ada avatar * :two
        bob <- *carl@salotto JOIN #lobby
        ada -> METADATA * SET avatar
        bob <- :salotto METADATA ada avatar *
        carl <- :salotto 766 carl ada avatar :*
        bob -> METADATA * UNSUB avatar
        bob <- :salotto 771 bob avatar
        bob -> METADATA * SUBS
        bob <- :salotto 772 bob color
        ",
    );
}

#[test]
fn it_is_set_before_there_is_a_name_and_told_with_the_name() {
    let server = server().open();
    let mut ada = IrcClient::connects(&server);
    ada.sends("CAP REQ :draft/metadata-2");
    ada.hears_until(":salotto CAP * ACK *");
    ada.sends("METADATA * SET avatar :one");
    assert_eq!(ada.hears(), ":salotto 761 * * avatar * :one");
    ada.sends("METADATA bob LIST");
    assert!(ada.hears().starts_with(":salotto FAIL METADATA INVALID_TARGET bob :"));
    for line in ["NICK ada", "USER ada 0 * :Ada", "CAP END"] {
        ada.sends(line);
    }
    ada.hears_until(":salotto METADATA ada avatar * :one");
    ada.hears_until(":salotto 422 *");
}

#[test]
fn moderators_say_it_of_channels_and_take_it_from_others() {
    let folder = folder();
    let server = moderated(&folder);
    Dialogue::with(&server).goes(
        "
        ada [draft/metadata-2] -> JOIN #dev
        ada <- *JOIN #dev
        ada <- :salotto 353 *
        ada <- :salotto 366 *
        ada -> METADATA * SUB color
        ada <- :salotto 770 ada color
        ada -> METADATA * SET color :rude
        ada <- :salotto 761 ada ada color * :rude
        mod1 -> JOIN #dev
        mod1 <- *JOIN #dev
        mod1 <- :salotto 353 *
        mod1 <- :salotto 366 *
        mod1 -> METADATA #dev SET color :blue
        mod1 <- :salotto 761 mod1 #dev color * :blue
        ada <- *JOIN #dev
        ada <- *MODE #dev +o mod1
        ada <- :salotto METADATA #dev color * :blue
        mod1 -> METADATA ada SET color
        mod1 <- :salotto 766 mod1 ada color :*
        ada -> METADATA * LIST
        ada -> METADATA #dev SYNC
        ada <- :salotto METADATA #dev color * :blue
        ",
    );
}

#[test]
fn there_are_so_many_values_and_none_is_long() {
    let server = server().open();
    let mut ada = IrcClient::enters_with(&server, "ada", "draft/metadata-2");
    for number in 0..20 {
        ada.sends(&format!("METADATA * SET key{number} :x"));
        ada.hears_until(&format!(":salotto 761 ada ada key{number} \u{2a} :x"));
    }
    ada.sends("METADATA * SET another :x");
    assert!(ada.hears().starts_with(":salotto FAIL METADATA LIMIT_REACHED ada :"));
    ada.sends(&format!("METADATA * SET key1 :{}", "x".repeat(301)));
    assert!(ada.hears().starts_with(":salotto FAIL METADATA VALUE_INVALID :"));
    for part in 0..5 {
        let keys: Vec<String> = (0..12).map(|number| format!("key{number}-{part}")).collect();
        ada.sends(&format!("METADATA * SUB {}", keys.join(" ")));
    }
    ada.hears_until(":salotto FAIL METADATA TOO_MANY_SUBS *");
}
