//! Real servers that share rooms, with real clients.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use salotto::Event;
use salotto_plugins::redis::{RedisOptions, RedisOrder};
use salotto_tests::client::Client;
use salotto_tests::json::{JsonClient, hello, say};
use salotto_tests::server::TestServer;

use crate::engine::Engine;
use crate::faults::rounds;
use crate::is_wanted;
use crate::node::options;
use crate::proxy::Proxy;
use crate::talker::{Heard, Over, Talk, assert_kept, talk};

fn server(options: RedisOptions) -> TestServer {
    let order = Arc::new(RedisOrder::open(options).unwrap());
    TestServer::builder().enable("commands").server(|server| server.order(order)).open()
}

fn at(url: &str) -> TestServer {
    server(options(&[url.to_owned()]))
}

/// Comes in, as soon as the name is free: whoever has left another server a moment ago, or was on one that is gone, has it for a while.
fn enters(address: SocketAddr, name: &str) -> (JsonClient, Vec<String>) {
    let since = Instant::now();
    loop {
        let mut somebody = JsonClient::to(address, name);
        somebody.asks(hello(name, &[], None));
        let members = somebody.hears_where("an answer", |event| match event {
            Event::Entered { members, .. } => Some(Some(members.clone())),
            Event::Error { .. } => Some(None),
            _ => None,
        });
        if let Some(members) = members {
            return (somebody, members.iter().map(ToString::to_string).collect());
        }
        assert!(since.elapsed() < Duration::from_secs(15), "the name is free within 15 s");
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// Who is in the lobby, as somebody is told who comes in; they leave again.
fn people(address: SocketAddr, name: &str) -> Vec<String> {
    let (mut somebody, mut members) = enters(address, name);
    somebody.asks(salotto::Request::Quit { farewell: String::new() });
    somebody.hears_bye();
    members.retain(|member| member != name);
    members.sort();
    members
}

fn wait_for_people(address: SocketAddr, name: &str, expected: &[&str]) -> Duration {
    let since = Instant::now();
    while people(address, name) != expected {
        assert!(
            since.elapsed() < Duration::from_secs(15),
            "rosters are true within 15 s: {:?}",
            people(address, name)
        );
        std::thread::sleep(Duration::from_millis(100));
    }
    since.elapsed()
}

#[test]
fn people_on_two_servers_talk_as_if_it_were_one() {
    if !is_wanted() {
        return;
    }
    let engine = Engine::start();
    let (one, two) = (at(&engine.url()), at(&engine.url()));
    let mut ada = one.enters("ada");
    let mut bob = two.enters_json("bob");
    bob.says("good evening");
    ada.hears("bob: good evening");
    ada.says("and to you");
    bob.hears_said("and to you");
    ada.says("!msg bob between us");
    bob.hears_where("what is for him alone", |event| match event {
        Event::Direct { text, .. } => (text == "between us").then_some(()),
        _ => None,
    });
    // A name is one person's.
    let mut eve = two.connects();
    eve.says("ada");
    eve.hears_about("ada");
    assert_eq!(people(two.address(), "zoe"), ["ada", "bob"]);
    // Who loses the connection goes on at another server, and misses nothing.
    let resume = bob.resume();
    bob.raw.dies();
    ada.says("are you there?");
    ada.hears("ada: are you there?");
    let mut bob = JsonClient::to(one.address(), "bob").enters_with("bob", &["lobby"], Some(resume));
    bob.hears_said("are you there?");
    bob.says("here");
    ada.hears("bob: here");
}

#[test]
fn whatever_breaks_everybody_hears_what_was_echoed_once_and_in_one_order() {
    if !is_wanted() {
        return;
    }
    let mut engine = Engine::start();
    let proxy = Proxy::to(engine.port);
    let servers = [at(&proxy.url()), at(&engine.url()), at(&engine.url())];
    let addresses = servers.each_ref().map(TestServer::address);
    let names = ["ada", "bob", "cleo"];
    let talking = Talk::default();
    let heard: Vec<Heard> = std::thread::scope(|scope| {
        let mut talkers = Vec::new();
        let mut clients = Vec::new();
        // All are in before anybody talks, so that all hear the same.
        for (server, name) in servers.iter().zip(names) {
            clients.push(server.enters_json(name));
        }
        for (number, (mut client, name)) in clients.into_iter().zip(names).enumerate() {
            let talking = &talking;
            talkers.push(scope.spawn(move || talk(&mut client, name, number, &names, talking)));
        }
        let over = Over(&talking);
        for _ in 0..rounds() {
            talking.wait_for(3, 20);
            engine.kill();
            std::thread::sleep(Duration::from_millis(300));
            engine.start_again();
            talking.wait_for(3, 20);
            engine.ask(&["FLUSHALL"]);
            talking.wait_for(3, 20);
            engine.ask(&["CLIENT", "PAUSE", "1500", "ALL"]);
            talking.wait_for(3, 20);
            engine.signal(libc::SIGSTOP);
            std::thread::sleep(Duration::from_secs(4));
            engine.signal(libc::SIGCONT);
            talking.wait_for(3, 20);
            proxy.cut();
            talking.wait_for(3, 20);
            for address in addresses {
                wait_for_people(address, "zoe", &names);
                let mut eve = Client::to(address, "eve");
                eve.says("Ada");
                eve.hears_about("choose another");
            }
        }
        drop(over);
        talkers.into_iter().map(|talker| talker.join().unwrap()).collect()
    });
    assert_kept(&heard);
    let (echoed, refused) = heard.iter().fold((0, 0), |(echoed, refused), one| {
        (echoed + one.echoed.len(), refused + one.refused.len())
    });
    eprintln!(
        "{} rounds of 5 faults: {echoed} messages echoed and heard by all, once and in one order; {refused} refused",
        rounds()
    );
}

#[test]
fn a_server_that_was_killed_takes_nothing_with_it() {
    if !is_wanted() {
        return;
    }
    let engine = Engine::start();
    let one = at(&engine.url());
    let mut ada = one.enters_json("ada");
    let mut longest = Duration::ZERO;
    for round in 0..rounds() {
        let mut killed = Killable::start(&engine.url());
        let (mut bob, _) = enters(killed.address, "bob");
        let mut echoed = Vec::new();
        for at in 0..20 {
            let text = format!("{round}/{at}");
            bob.asks_with(say(&text), Some(&text));
            bob.hears_said(&text);
            echoed.push(text);
        }
        bob.asks(say("never mind"));
        killed.process.kill().unwrap();
        killed.process.wait().unwrap();
        let since = Instant::now();
        for text in &echoed {
            ada.hears_said(text);
        }
        ada.hears_left("bob");
        longest = longest.max(since.elapsed());
        wait_for_people(one.address(), "zoe", &["ada"]);
        ada.says(&format!("still here {round}"));
        ada.hears_said(&format!("still here {round}"));
    }
    eprintln!(
        "{} servers killed: their people were taken out after {longest:.1?} at most, with silent_after of 3 s",
        rounds()
    );
}

/// A server in a process of its own.
struct Killable {
    process: Child,
    address: SocketAddr,
}

impl Killable {
    fn start(url: &str) -> Self {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "servers::a_server_in_a_process_of_its_own", "--nocapture"])
            .env("SALOTTO_NODE_AT", url)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let address = lines
            .map_while(Result::ok)
            .find_map(|line| Some(line.split_once("listens on ")?.1.parse().unwrap()));
        Self { process, address: address.expect("it listens") }
    }
}

impl Drop for Killable {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// No test, but the process that [`Killable`] starts.
#[test]
fn a_server_in_a_process_of_its_own() {
    let Ok(url) = std::env::var("SALOTTO_NODE_AT") else { return };
    let server = at(&url);
    println!("listens on {}", server.address());
    // Until it is killed, or who started it is gone.
    let _ = std::io::stdin().lines().next();
}
