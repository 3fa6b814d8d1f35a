//! What breaks between nodes and their engine, and the engine itself. After each: nothing that was answered is lost, nothing is there twice, and all nodes have one order.

use std::time::{Duration, Instant};

use salotto::order::{ClaimAnswer, Order};

use crate::engine::Engine;
use crate::is_wanted;
use crate::node::{Node, assert_one_order, options};
use crate::proxy::Proxy;

/// So many rounds of what kills.
pub(crate) fn rounds() -> usize {
    std::env::var("SALOTTO_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(3)
}

fn say_many(nodes: &[&Node], count: usize) -> Vec<Vec<u64>> {
    let said = nodes
        .iter()
        .map(|node| (0..count).filter_map(|at| node.say("lobby", &at.to_string())).collect());
    said.collect()
}

/// Says a line on each node until it comes back on all, so that they are known to work.
fn wait_until_they_talk(nodes: &[&Node]) {
    for node in nodes {
        node.wait("the engine is there", |heard| !heard.is_away);
        let since = Instant::now();
        loop {
            let Some(ticket) = node.say("lobby", "again") else {
                assert!(since.elapsed() < Duration::from_secs(30), "still refused");
                std::thread::sleep(Duration::from_millis(5));
                continue;
            };
            node.wait_for_answers("lobby", &[ticket]);
            if !node.heard.lock().unwrap().refused.contains(&ticket) {
                break;
            }
        }
    }
}

#[test]
fn a_call_that_was_cut_before_its_answer_is_done_once() {
    if !is_wanted() {
        return;
    }
    let engine = Engine::start();
    let proxy = Proxy::to(engine.port);
    let (one, two) = Node::two_in_the_lobby(&proxy.url(), &engine.url());
    for round in 0..rounds() {
        let before = engine.log_length("lobby");
        proxy.mute();
        let ticket = one.say("lobby", &format!("cut {round}")).unwrap();
        // Where the node waited for something else just then, it is away before it has sent it.
        crate::engine::wait_until("the engine has it, or the node is away", || {
            engine.log_length("lobby") > before || one.heard.lock().unwrap().is_away
        });
        proxy.close();
        one.wait("it notices", |heard| heard.is_away);
        proxy.open();
        one.wait_for_answers("lobby", &[ticket]);
        let is_refused = one.heard.lock().unwrap().refused.contains(&ticket);
        assert_eq!(engine.log_length("lobby"), before + u64::from(!is_refused), "once, or never");
        wait_until_they_talk(&[&one, &two]);
        assert_one_order(&[&one, &two], "lobby");
    }
}

#[test]
fn connections_that_are_cut_again_and_again_lose_and_double_nothing() {
    if !is_wanted() {
        return;
    }
    let engine = Engine::start();
    let proxy = Proxy::to(engine.port);
    let (one, two) = Node::two_in_the_lobby(&proxy.url(), &engine.url());
    for _ in 0..rounds() * 3 {
        let said = say_many(&[&one, &two], 200);
        proxy.cut();
        one.wait_for_answers("lobby", &said[0]);
        two.wait_for_answers("lobby", &said[1]);
        assert_one_order(&[&one, &two], "lobby");
    }
    assert!(one.heard.lock().unwrap().times_back > 0, "something was cut");
}

#[test]
fn an_engine_that_was_killed_goes_on_where_it_was() {
    if !is_wanted() {
        return;
    }
    let mut engine = Engine::start();
    let (one, two) = Node::two_in_the_lobby(&engine.url(), &engine.url());
    assert_eq!(one.claim("ada", "a", None), ClaimAnswer::Given);
    for _ in 0..rounds() {
        let said = say_many(&[&one, &two], 100);
        engine.kill();
        one.wait("it notices", |heard| heard.is_away);
        engine.start_again();
        one.wait_for_answers("lobby", &said[0]);
        two.wait_for_answers("lobby", &said[1]);
        wait_until_they_talk(&[&one, &two]);
        assert_one_order(&[&one, &two], "lobby");
        assert_eq!(two.claim("ada", "b", None), ClaimAnswer::Taken, "names are kept");
    }
    assert_eq!(one.room("lobby").epochs, 1, "nobody had to ask for everything");
}

#[test]
fn an_engine_that_has_forgotten_everything_is_given_it_back() {
    if !is_wanted() {
        return;
    }
    let engine = Engine::start();
    let (one, two) = Node::two_in_the_lobby(&engine.url(), &engine.url());
    one.people("lobby", &["ada"], &[]);
    one.order.set("bans", "bob", Some("for good"));
    two.wait("it hears of it", |heard| heard.values.len() == 1);
    assert_eq!(one.claim("ada", "a", None), ClaimAnswer::Given);
    for _ in 0..rounds() {
        let said = say_many(&[&one, &two], 50);
        one.wait_for_answers("lobby", &said[0]);
        two.wait_for_answers("lobby", &said[1]);
        engine.ask(&["FLUSHALL"]);
        wait_until_they_talk(&[&one, &two]);
        assert_one_order(&[&one, &two], "lobby");
        crate::engine::wait_until("names are claimed again", || {
            engine.ask(&["HLEN", "salotto:names"]) != "0"
        });
        assert_eq!(two.claim("ada", "b", None), ClaimAnswer::Taken);
        two.wait("people are told again", |heard| {
            heard.rooms["lobby"].people.values().flatten().eq(["ada"])
        });
        assert_eq!(two.heard.lock().unwrap().values["bob"], "for good");
    }
    assert_eq!(one.room("lobby").epochs, 1, "nobody had to ask for everything");
    let three = Node::at(&engine.url());
    three.open("lobby");
    assert_one_order(&[&one, &two, &three], "lobby");
    assert_eq!(three.heard.lock().unwrap().values["bob"], "for good");
}

#[test]
fn an_engine_that_stands_still_is_waited_for_and_then_refuses() {
    if !is_wanted() {
        return;
    }
    let engine = Engine::start();
    let (one, two) = Node::two_in_the_lobby(&engine.url(), &engine.url());
    for round in 0..rounds() {
        // A short one is waited for.
        engine.ask(&["CLIENT", "PAUSE", "300", "ALL"]);
        let ticket = one.say("lobby", "held").unwrap();
        one.wait_for_answers("lobby", &[ticket]);
        assert!(!one.heard.lock().unwrap().refused.contains(&ticket), "300 ms are waited for");
        // A long one is not, and nothing that was refused is said later.
        if round % 2 == 0 {
            engine.signal(libc::SIGSTOP);
        } else {
            engine.ask(&["CLIENT", "PAUSE", "5000", "ALL"]);
        }
        let said = say_many(&[&one, &two], 20);
        one.wait("it is away", |heard| heard.is_away);
        crate::engine::wait_until("it refuses at once", || one.say("lobby", "no").is_none());
        engine.signal(libc::SIGCONT);
        one.wait_for_answers("lobby", &said[0]);
        two.wait_for_answers("lobby", &said[1]);
        wait_until_they_talk(&[&one, &two]);
        assert_one_order(&[&one, &two], "lobby");
        assert!(
            one.heard.lock().unwrap().gone.is_empty(),
            "nobody is taken out because the engine stood still"
        );
    }
}

#[test]
fn an_engine_that_is_full_refuses_and_goes_on_when_it_is_not() {
    if !is_wanted() {
        return;
    }
    let engine = Engine::start();
    let (one, two) = Node::two_in_the_lobby(&engine.url(), &engine.url());
    engine.ask(&["CONFIG", "SET", "maxmemory", "1"]);
    let said = say_many(&[&one, &two], 20);
    crate::engine::wait_until("it refuses at once", || one.say("lobby", "no").is_none());
    one.wait_for_answers("lobby", &said[0]);
    two.wait_for_answers("lobby", &said[1]);
    for (node, said) in [(&one, &said[0]), (&two, &said[1])] {
        let heard = node.heard.lock().unwrap();
        assert!(said.iter().all(|ticket| heard.refused.contains(ticket)), "all of it is refused");
    }
    let reason = one.order.status().trouble.expect("it is away");
    assert!(reason.contains("OOM"), "what the engine says itself is told: {reason}");
    engine.ask(&["CONFIG", "SET", "maxmemory", "0"]);
    wait_until_they_talk(&[&one, &two]);
    assert_one_order(&[&one, &two], "lobby");
}

#[test]
fn a_replica_that_is_promoted_is_given_back_what_it_had_not() {
    if !is_wanted() {
        return;
    }
    for _ in 0..rounds() {
        let mut primary = Engine::start();
        let replica = primary.replica();
        let urls = [primary.url(), replica.url()];
        let (one, two) = (Node::with(options(&urls)), Node::with(options(&urls)));
        one.open("lobby");
        two.open("lobby");
        let said = say_many(&[&one, &two], 50);
        one.wait_for_answers("lobby", &said[0]);
        two.wait_for_answers("lobby", &said[1]);
        crate::engine::wait_until("the replica has them", || {
            replica.log_length("lobby") == primary.log_length("lobby")
        });
        // From here on it has nothing more of the other.
        replica.ask(&["REPLICAOF", "NO", "ONE"]);
        let lost = say_many(&[&one, &two], 30);
        one.wait_for_answers("lobby", &lost[0]);
        two.wait_for_answers("lobby", &lost[1]);
        two.wait_for("lobby", 160);
        one.wait_for("lobby", 160);
        primary.kill();
        wait_until_they_talk(&[&one, &two]);
        assert_one_order(&[&one, &two], "lobby");
        assert_eq!(one.room("lobby").epochs, 1, "it fitted, so ids stand for the same");
        assert!(one.room("lobby").last > 160);
        let three = Node::at(&replica.url());
        three.open("lobby");
        assert_one_order(&[&one, &two, &three], "lobby");
    }
}

#[test]
fn where_something_else_was_said_meanwhile_there_is_another_epoch_and_everybody_has_it() {
    if !is_wanted() {
        return;
    }
    let mut primary = Engine::start();
    let replica = primary.replica();
    let urls = [primary.url(), replica.url()];
    let (one, two) = (Node::with(options(&urls)), Node::with(options(&urls)));
    one.open("lobby");
    two.open("lobby");
    let ticket = one.say("lobby", "before").unwrap();
    one.wait_for_answers("lobby", &[ticket]);
    crate::engine::wait_until("the replica has it", || replica.log_length("lobby") == 1);
    replica.ask(&["REPLICAOF", "NO", "ONE"]);
    // Two engines: what each is told the other has not.
    let apart = Node::at(&replica.url());
    apart.open("lobby");
    let ticket = apart.say("lobby", "on the other").unwrap();
    apart.wait_for_answers("lobby", &[ticket]);
    let said = say_many(&[&one, &two], 5);
    one.wait_for_answers("lobby", &said[0]);
    two.wait_for_answers("lobby", &said[1]);
    primary.kill();
    wait_until_they_talk(&[&one, &two, &apart]);
    for node in [&one, &two, &apart] {
        node.wait("it has another epoch", |heard| heard.rooms["lobby"].epochs == 2);
    }
    // A last word of each, in the epoch that all have.
    wait_until_they_talk(&[&one, &two, &apart]);
    assert_one_order(&[&one, &two, &apart], "lobby");
    assert!(one.room("lobby").texts().contains(&"on the other"));
    let heal = one.order.status().last_heal.or(two.order.status().last_heal);
    assert!(heal.is_some(), "it is said what came of it");
}
