//! `WEBIRC`: a gateway says for whom it speaks.

use salotto::PluginSetup;
use salotto_plugins::irc::Irc;
use salotto_tests::irc::IrcClient;
use salotto_tests::{TestServer, soon};
use tempfile::TempDir;

use super::folder;

fn gateway(from: &str) -> (TestServer, TempDir) {
    let folder = folder();
    let path = folder.path().join("bans.ron");
    let moderation = PluginSetup::new("moderation").settings(format!("(bans: {path:?})"));
    let settings = format!("(webirc: [(password: \"secret\", from: [\"{from}\"])])");
    let settings = salotto_plugins::parse_settings(&settings).expect("good settings");
    let server = TestServer::builder()
        .settings(|settings| settings.limits.exempt.clear())
        .plugin("irc", Irc::new(settings).expect("good settings"))
        .server(|server| server.enable(moderation))
        .open();
    (server, folder)
}

fn enters(server: &TestServer, first: &str, name: &str) -> IrcClient {
    let mut client = IrcClient::connects(server);
    client.sends(&format!("{first}\r\nNICK {name}\r\nUSER {name} 0 * :{name}"));
    client
}

#[test]
fn the_address_that_a_gateway_tells_is_the_one_that_counts() {
    let (server, _folder) = gateway("127.0.0.1");
    let word = "WEBIRC wrong gateway host 198.51.100.7";
    assert!(enters(&server, word, "ada").hears().starts_with("ERROR :"));
    let mut ada = enters(&server, "WEBIRC secret gateway host 198.51.100.7 :secure", "ada");
    ada.hears_until(":salotto 422 *");
    let whois = soon("whois", server.handle().execute("users")).expect("it is a command");
    assert!(whois.to_string().contains("198.51.100.7"), "{whois}");
    soon("a ban", server.handle().execute("ban 198.51.100.7")).expect("it is a command");
    let mut bob = enters(&server, "WEBIRC secret gateway host 198.51.100.7", "bob");
    assert!(bob.hears().contains("your address is banned permanently"));
    let mut carl = enters(&server, "WEBIRC secret gateway host 198.51.100.8", "carl");
    carl.hears_until(":salotto 422 *");
    for line in ["WEBIRC secret gateway host nowhere", "WEBIRC secret"] {
        assert!(enters(&server, line, "dora").hears().starts_with("ERROR :"), "{line}");
    }
}

#[test]
fn whoever_is_no_gateway_is_believed_nothing() {
    let (server, _folder) = gateway("192.0.2.1");
    let mut eve = enters(&server, "WEBIRC secret gateway host 198.51.100.7", "eve");
    assert!(eve.hears().starts_with("ERROR :"));
    let mut eve = enters(&server, "CAP LS", "eve");
    eve.hears_until("*CAP * LS *");
}
