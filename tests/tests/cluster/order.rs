//! What two nodes have in common while nothing is wrong.

use salotto::order::{ClaimAnswer, Known, Order, To};
use salotto_plugins::redis::{RedisOptions, RedisOrder, examine};

use crate::engine::Engine;
use crate::is_wanted;
use crate::node::{Node, assert_one_order, name, options, room};

#[test]
fn two_nodes_hear_one_order_without_a_gap() {
    if !is_wanted() {
        return;
    }
    let engine = Engine::start();
    let (one, two) = Node::two_in_the_lobby(&engine.url(), &engine.url());
    std::thread::scope(|scope| {
        for node in [&one, &two] {
            scope.spawn(move || {
                for at in 0..2000 {
                    while node.say("lobby", &format!("{at}")).is_none() {
                        std::thread::yield_now();
                    }
                }
            });
        }
    });
    one.wait_for("lobby", 4000);
    two.wait_for("lobby", 4000);
    assert_one_order(&[&one, &two], "lobby");
    assert_eq!(one.room("lobby").entries.len(), 4000);
    assert_eq!(one.order.status().ordered, 2000);
}

#[test]
fn who_opens_a_room_later_is_told_what_was_said_and_who_is_there() {
    if !is_wanted() {
        return;
    }
    let engine = Engine::start();
    let one = Node::at(&engine.url());
    one.open("lobby");
    one.people("lobby", &["ada", "bob"], &[]);
    one.people("lobby", &[], &["bob"]);
    for text in ["a", "b", "c"] {
        one.say("lobby", text);
    }
    one.wait_for("lobby", 3);
    one.order.delete(&room("lobby"), 2);
    crate::engine::wait_until("it is deleted", || {
        engine.ask(&["ZCARD", "salotto:deleted:lobby"]) == "1"
    });
    let two = Node::at(&engine.url());
    two.open("lobby");
    assert_eq!(two.room("lobby").texts(), ["a", "(removed)", "c"]);
    assert_eq!(two.room("lobby").people.values().flatten().collect::<Vec<_>>(), ["ada"]);
    one.people("lobby", &["cleo"], &["ada"]);
    two.wait("who comes and goes is told", |heard| {
        heard.rooms["lobby"].people.values().flatten().eq(["cleo"])
    });
    one.order.delete(&room("lobby"), 3);
    two.wait("what is deleted is told", |heard| heard.rooms["lobby"].deleted == [3]);
    // Who goes on in the same epoch is told what is missing, and no more.
    let epoch = Some(two.room("lobby").epoch);
    let three = Node::at(&engine.url());
    three.order.open(&room("lobby"), Known { epoch, last: 2 });
    three.wait("it is open", |heard| heard.rooms.contains_key("lobby"));
    assert_eq!(three.room("lobby").entries.iter().map(|entry| entry.id).collect::<Vec<_>>(), [3]);
}

#[test]
fn a_room_that_the_engine_never_had_begins_where_its_node_has_it() {
    if !is_wanted() {
        return;
    }
    let engine = Engine::start();
    let one = Node::at(&engine.url());
    one.order.open(&room("lobby"), Known { epoch: None, last: 41 });
    one.wait("it is open", |heard| heard.rooms.contains_key("lobby"));
    one.say("lobby", "on it goes");
    assert_eq!(one.wait_for("lobby", 1).last, 42);
    // Closed by its node it is still the same room to the others.
    one.order.close_room(&room("lobby"));
    let two = Node::at(&engine.url());
    two.open("lobby");
    assert_eq!(two.room("lobby").last, 42);
}

#[test]
fn a_name_is_one_person_s_on_all_nodes() {
    if !is_wanted() {
        return;
    }
    let engine = Engine::start();
    let (one, two) = (Node::at(&engine.url()), Node::at(&engine.url()));
    assert_eq!(one.claim("ada", "a", None), ClaimAnswer::Given);
    assert_eq!(one.claim("Ada", "a", None), ClaimAnswer::Given, "it is theirs");
    assert_eq!(one.claim("ada", "z", None), ClaimAnswer::Taken, "on their node, too");
    for alike in ["ada", "ADA", "аda"] {
        assert_eq!(two.claim(alike, "b", None), ClaimAnswer::Taken, "{alike}");
    }
    assert_eq!(two.claim("ada", "c", Some("a")), ClaimAnswer::Given, "who comes back has it");
    one.wait("its node is told", |heard| heard.lost_names == [("Ada".to_owned(), true)]);
    one.order.release(&name("Ada"));
    assert_eq!(
        one.claim("ada", "d", None),
        ClaimAnswer::Taken,
        "what was taken over is not given up"
    );
    two.order.release(&name("ada"));
    crate::engine::wait_until("it is released", || engine.ask(&["HLEN", "salotto:names"]) == "0");
    assert_eq!(one.claim("ada", "e", None), ClaimAnswer::Given);
}

#[test]
fn values_and_words_reach_the_other_nodes() {
    if !is_wanted() {
        return;
    }
    let engine = Engine::start();
    let one = Node::at(&engine.url());
    one.wait("it is asked for its own", |heard| heard.first_values == Some(None));
    one.order.set("bans", "bob", Some("for good"));
    one.order.set("bans", "eve", Some("1h"));
    crate::engine::wait_until("they are kept", || engine.ask(&["HLEN", "salotto:values"]) == "2");
    let two = Node::at(&engine.url());
    two.wait("it has them", |heard| heard.first_values == Some(Some(2)));
    one.order.set("bans", "eve", None);
    two.wait("it hears of changes", |heard| heard.values.len() == 1);
    assert_eq!(two.heard.lock().unwrap().values["bob"], "for good");
    crate::engine::wait_until("both are up", || {
        one.order.tell(To::Others, "all\nof you".to_owned()).is_ok()
    });
    two.wait("it is told", |heard| heard.told.iter().any(|told| told == "all\nof you"));
    one.order.tell(To::Node(two.order.node().to_owned()), "you".to_owned()).unwrap();
    two.wait("it is told", |heard| heard.told.iter().any(|told| told == "you"));
    assert!(one.heard.lock().unwrap().told.is_empty(), "nobody hears themselves");
}

#[test]
fn what_is_wrong_with_an_engine_is_said() {
    if !is_wanted() {
        return;
    }
    let engine = Engine::start();
    let said = examine(&options(&[engine.url()])).unwrap();
    assert!(said.contains("is Redis 7") || said.contains("is Valkey"), "{said}");
    engine.ask(&["CONFIG", "SET", "requirepass", "swordfish"]);
    let without = examine(&options(&[engine.url()])).unwrap_err();
    assert!(without.contains("NOAUTH"), "{without}");
    let url = format!("redis://:wrong@127.0.0.1:{}", engine.port);
    let wrong = examine(&options(&[url])).unwrap_err();
    assert!(wrong.contains("WRONGPASS") && !wrong.contains("wrong@"), "{wrong}");
    let url = format!("redis://:swordfish@127.0.0.1:{}/3", engine.port);
    examine(&options(&[url])).unwrap();
    for (url, says) in [
        ("redis://127.0.0.1:1", "cannot be reached"),
        ("http://:secret@host", "is not a URL of Redis"),
        ("rediss://:secret@host", "TLS"),
    ] {
        let error = examine(&options(&[url.to_owned()])).unwrap_err();
        assert!(error.contains(says) && !error.contains("secret"), "{error}");
    }
    let named = RedisOptions { name: "a b".to_owned(), ..options(&[engine.url()]) };
    assert!(RedisOrder::open(named).unwrap_err().contains("`a b`"));
}
