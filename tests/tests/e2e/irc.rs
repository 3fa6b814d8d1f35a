//! Clients of IRC are members.

mod browser;
mod talking;

use salotto_plugins::irc::{Irc, IrcSettings};
use salotto_tests::{TestServer, TestServerBuilder};

fn server() -> TestServerBuilder {
    TestServer::builder().plugin("irc", Irc::new(IrcSettings::default()).expect("good settings"))
}
