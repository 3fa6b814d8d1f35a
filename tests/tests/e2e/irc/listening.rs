//! An address of its own, where nothing else is spoken.

use std::net::{TcpListener, TcpStream};
use std::time::Instant;

use salotto_plugins::irc::{Irc, IrcSettings};
use salotto_tests::irc::IrcClient;
use salotto_tests::{PATIENCE, TestServer};

#[test]
fn irc_has_an_address_of_its_own_at_which_the_first_word_may_be_any() {
    let free = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = free.local_addr().expect("it is bound");
    drop(free);
    let irc = Irc::new(IrcSettings { listen: vec![address], ..IrcSettings::default() });
    let server = TestServer::builder().plugin("irc", irc.expect("good settings")).open();
    let until = Instant::now() + PATIENCE;
    let stream = loop {
        match TcpStream::connect(address) {
            Ok(stream) => break stream,
            Err(error) => assert!(Instant::now() < until, "nobody listens: {error}"),
        }
    };
    let mut ada = IrcClient::over(stream);
    ada.sends("PING early");
    ada.hears_until(":salotto PONG salotto :early");
    ada.sends("NICK ada");
    ada.sends("USER ada 0 * :Ada");
    ada.hears_until(":salotto 001 ada *");
    ada.sends("JOIN #lobby");
    ada.hears_until("* 366 ada #lobby *");
    let mut nc = server.enters("carl");
    nc.says("hello");
    ada.hears_until(":carl!carl@salotto PRIVMSG #lobby :hello");
}
