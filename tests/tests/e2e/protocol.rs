//! A protocol that a plugin adds to the port: binary frames, in an encoding of its own, with state of its own for each connection. Written against
//! the public interface alone, as anybody could.

mod mask;
mod toy;

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

use salotto::dialect::Protocol;
use salotto::protocol::{PasswordHash, Rate};
use salotto::{AdoptError, Context, Incoming, LimitHit, MemberId, Peer, Plugin, RoomName};
use salotto_tests::{PATIENCE, TestServer, soon};

use mask::{Masks, masked};
use toy::{Toys, frame};

/// Somebody who speaks in frames.
struct Framed(TcpStream);

impl Framed {
    fn connects(server: &TestServer) -> Self {
        let mut stream = TcpStream::connect(server.address()).expect("the server listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout above zero");
        stream.write_all(b"\x01toy").expect("it is taken");
        Self(stream)
    }

    fn enters(server: &TestServer, name: &str) -> Self {
        let mut framed = Self::connects(server);
        framed.sends(b'h', name);
        framed.hears(b'e', "lobby");
        framed
    }

    fn sends(&mut self, tag: u8, text: &str) {
        self.0.write_all(&frame(tag, text)).expect("it is taken");
    }

    /// The next frame; `None` at the end.
    fn next(&mut self) -> Option<(u8, String)> {
        let mut head = [0; 3];
        self.0.read_exact(&mut head).ok()?;
        let mut text = vec![0; u16::from_be_bytes([head[1], head[2]]).into()];
        self.0.read_exact(&mut text).ok()?;
        Some((head[0], String::from_utf8(text).expect("a text")))
    }

    fn hears(&mut self, tag: u8, text: &str) {
        assert_eq!(self.next(), Some((tag, text.to_owned())));
    }
}

#[test]
fn binary_frames_and_lines_share_a_port_and_a_room() {
    let server = TestServer::builder().plugin("toys", Toys::new()).open();
    let mut ada = server.enters("ada");
    let mut bob = Framed::enters(&server, "bob");
    let mut eve = server.connects_json().enters("eve");
    bob.sends(b's', "hello");
    ada.hears("bob: hello");
    eve.hears_said("hello");
    ada.says("hello, bob");
    // It is not given its own line, and the next one all the same.
    bob.hears(b'm', "ada hello, bob");
    eve.says("two\tthree");
    bob.hears(b'm', "eve two three");
    bob.sends(b'?', "");
    bob.hears(b'#', "3");
}

#[test]
fn first_bytes_that_come_one_by_one_choose_all_the_same() {
    let server = TestServer::builder().plugin("toys", Toys::new()).open();
    let mut stream = TcpStream::connect(server.address()).expect("the server listens");
    stream.set_nodelay(true).expect("an option");
    for byte in [&b"\x01toy"[..], &frame(b'h', "ada")].concat() {
        stream.write_all(&[byte]).expect("it is taken");
    }
    Framed(stream).hears(b'e', "lobby");
}

#[test]
fn who_only_begins_like_it_is_looked_at_like_anybody() {
    let server = TestServer::builder().plugin("toys", Toys::new()).open();
    let mut ada = server.connects();
    ada.sends(b"\x01to");
    // Too little to tell, and what follows makes it another: it counts as any other connection, and is one that begins as nobody who types does.
    ada.sends(b"m\n");
    ada.hears_about("! this is a chat server");
}

#[test]
fn the_password_is_asked_for_in_any_protocol() {
    let password = PasswordHash::new("swordfish").expect("a hash");
    let server = TestServer::builder()
        .settings(|settings| settings.server.password = Some(password))
        .plugin("toys", Toys::new())
        .open();
    let mut ada = Framed::connects(&server);
    ada.sends(b'h', "ada");
    let (tag, text) = ada.next().expect("an answer");
    assert!(tag == b'!' && text.contains("password"), "{text}");
    ada.sends(b's', "let me in");
    assert_eq!(ada.next().map(|(tag, _)| tag), Some(b'!'));
    ada.sends(b'h', "ada swordfish");
    ada.hears(b'e', "lobby");
}

#[test]
fn what_only_its_plugin_understands_is_answered_by_it_in_its_place_with_a_name_or_without() {
    let server = TestServer::builder().plugin("toys", Toys::new()).open();
    let mut ada = server.enters("ada");
    let mut bob = Framed::connects(&server);
    for (tag, text) in [(b'w', ""), (b'n', "ada"), (b'i', "lobby"), (b'n', "bob"), (b'w', "")] {
        bob.sends(tag, text);
    }
    bob.hears(b'w', "nobody");
    bob.hears(b'!', "about ada: the name `ada` is taken; choose another");
    bob.hears(b'!', "about lobby: a name is needed first; say hello");
    // It is in no room that it has not asked for.
    bob.hears(b'w', "bob");
    ada.says("is anybody here?");
    ada.hears("ada: is anybody here?");
    bob.sends(b'i', "lobby");
    bob.hears(b'e', "lobby");
    ada.says("there you are");
    bob.hears(b'm', "ada there you are");
}

#[test]
fn a_plugin_answers_those_alone_who_speak_its_protocol() {
    /// Answers whoever joins in frames, whatever they speak.
    struct Answers(Toys);

    impl Plugin for Answers {
        fn protocols(&self) -> Vec<Arc<dyn Protocol>> {
            self.0.protocols()
        }

        fn after_joined(&mut self, context: &mut Context<'_>, member: MemberId, _: &RoomName) {
            context.answer(member, frame(b'w', "framed"));
        }
    }

    let server = TestServer::builder().plugin("toys", Answers(Toys::new())).open();
    let mut bob = Framed::enters(&server, "bob");
    bob.hears(b'w', "framed");
    let mut ada = server.enters("ada");
    ada.says("nothing before this");
    let lines = ada.hears_until("ada: nothing before this");
    assert!(lines.iter().all(|line| !line.contains("framed")), "{lines:?}");
}

#[test]
fn a_password_that_comes_apart_from_the_name_opens_the_gate_for_what_is_the_protocols_own() {
    let password = PasswordHash::new("swordfish").expect("a hash");
    let server = TestServer::builder()
        .settings(|settings| settings.server.password = Some(password))
        .plugin("toys", Toys::new())
        .open();
    let mut ada = Framed::connects(&server);
    for (tag, text) in [(b'n', "ada"), (b'p', "salmon"), (b'w', "")] {
        ada.sends(tag, text);
        let (tag, text) = ada.next().expect("an answer");
        assert!(tag == b'!' && text.contains("password"), "{text}");
    }
    // What comes behind it waits until it was looked at.
    for (tag, text) in [(b'p', "swordfish"), (b'n', "ada"), (b'p', "again"), (b'w', "")] {
        ada.sends(tag, text);
    }
    ada.hears(b'w', "ada");
}

#[test]
fn the_rate_and_the_bound_on_what_is_undecoded_hold_in_any_protocol() {
    let server = TestServer::builder()
        .settings(|settings| {
            settings.limits.rate = Some(Rate { burst: 5, per_second: 1000.0 });
            settings.limits.unended_bytes = settings.limits.line_bytes;
        })
        .plugin("toys", Toys::new())
        .open();
    let mut ada = Framed::enters(&server, "ada");
    for _ in 0..50 {
        ada.sends(b'?', "");
    }
    (2..=51).for_each(|count| ada.hears(b'#', &count.to_string()));
    assert!(server.hits(LimitHit::Rate) > 0);
    // A frame that says that it is longer than what is kept for it.
    ada.0.write_all(&[b's', 0xff, 0xff]).expect("it is taken");
    let _ = ada.0.write_all(&[b'x'; 60_000]);
    ada.hears(b'b', "refused");
    assert_eq!(server.hits(LimitHit::Unended), 1);
}

#[test]
fn bad_frames_are_answered_and_a_closing_one_ends_it() {
    let server = TestServer::builder().plugin("toys", Toys::new()).open();
    let mut ada = Framed::enters(&server, "ada");
    ada.sends(b'z', "");
    ada.hears(b'!', "no frame has the tag 122");
    ada.sends(b's', "still here");
    ada.sends(b'x', "");
    ada.hears(b'b', "quit");
    assert_eq!(ada.next(), None);
}

#[test]
fn a_protocol_goes_with_its_plugin_and_outlives_a_replacement() {
    let server = TestServer::builder().plugin("toys", Toys::new()).open();
    let mut ada = Framed::enters(&server, "ada");
    let mut bob = server.enters("bob");
    soon("replacing", server.handle().add_plugin("toys", Toys::new())).unwrap();
    bob.says("still there?");
    ada.hears(b'm', "bob still there?");
    assert!(soon("disabling", server.handle().disable("toys")).unwrap());
    ada.hears(b'b', "refused");
    bob.says("we go on");
    bob.hears("bob: we go on");
    let mut eve = server.connects();
    eve.sends(b"\x01toy\n");
    eve.hears_about("! this is a chat server");
}

#[test]
fn a_connection_that_somebody_else_accepted_is_taken_over_with_what_was_read() {
    let server = TestServer::builder().plugin("toys", Toys::new()).open();
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let pair = || {
        let near = TcpStream::connect(listener.local_addr().expect("bound")).expect("connected");
        near.set_read_timeout(Some(PATIENCE)).expect("a timeout above zero");
        let (far, address) = listener.accept().expect("accepted");
        (Framed(near), far, Peer::Network(address))
    };
    let (mut ada, far, peer) = pair();
    let incoming = Incoming::tcp(far, peer).protocol("toy").received(frame(b'h', "ada"));
    soon("adopting", server.handle().adopt(incoming)).unwrap();
    ada.hears(b'e', "lobby");
    let (_, far, peer) = pair();
    let unknown = soon("adopting", server.handle().adopt(Incoming::tcp(far, peer).protocol("irc")));
    assert!(matches!(unknown, Err(AdoptError::NoSuchProtocol(name)) if name == "irc"));
    let handle = server.handle();
    drop(server);
    let (_, far, peer) = pair();
    let closed = soon("adopting", handle.adopt(Incoming::tcp(far, peer)));
    assert!(matches!(closed, Err(AdoptError::Closed(_))));
}

#[test]
fn what_comes_out_of_a_transport_that_was_laid_over_is_looked_at_again() {
    let server = TestServer::builder().plugin("masks", Masks).plugin("toys", Toys::new()).open();
    let mut ada = server.enters("ada");
    // Text within it.
    let mut bob = server.connects();
    bob.sends(b"\x16");
    bob.sends(&masked(b"bob\n"));
    bob.sends(&masked(b"hello\n"));
    ada.hears("bob: hello");
    // A protocol of another plugin within it.
    let mut eve = TcpStream::connect(server.address()).expect("the server listens");
    eve.set_read_timeout(Some(PATIENCE)).expect("a timeout above zero");
    let sent = [&b"\x01toy"[..], &frame(b'h', "eve"), &frame(b's', "in a mask")].concat();
    eve.write_all(&[b"\x16", &masked(&sent)[..]].concat()).expect("it is taken");
    ada.hears("eve: in a mask");
    let mut head = [0; 3];
    eve.read_exact(&mut head).expect("an answer");
    assert_eq!(masked(&head)[0], b'e');
}
