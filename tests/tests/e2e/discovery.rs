//! Servers are found by themselves. All of it stays on the loopback interface of this machine, with names that no other test uses.

#![expect(clippy::print_stderr, reason = "a test that skips says so")]

use std::net::SocketAddr;

use mdns_sd::{IfKind, IfPredicate, IntoTxtProperties, ServiceDaemon, ServiceInfo, TxtProperties};
use salotto::discovery::{DiscoveryError, Found, Interfaces, SERVICE, Search, Sighting};
use salotto::{PluginSetup, PluginState, Report};
use salotto_tests::tls::TestCertificate;
use salotto_tests::{TestServer, soon};

const ON_LOOPBACK: &str = "(interfaces: [\"lo\"])";

/// A search on loopback, and what it has seen; or nothing, where this machine has no multicast there.
struct Seeker {
    search: Search,
    seen: Vec<Found>,
}

impl Seeker {
    fn new() -> Option<Self> {
        match Search::start(&Interfaces::named(["lo"])) {
            Ok(search) => Some(Self { search, seen: Vec::new() }),
            Err(error @ (DiscoveryError::NoMulticast { .. } | DiscoveryError::NoInterface)) => {
                assert!(std::env::var_os("SALOTTO_NEED_MULTICAST").is_none(), "{error}");
                eprintln!("skipped, as there is no multicast on loopback: {error}");
                None
            }
            Err(error) => panic!("{error}"),
        }
    }

    /// Waits until what is known is as wanted.
    fn until<T>(&mut self, what: &str, wanted: impl Fn(&[Found]) -> Option<T>) -> T {
        soon(what, async {
            loop {
                if let Some(wanted) = wanted(&self.seen) {
                    return wanted;
                }
                match self.search.next().await.expect("the search goes on") {
                    Sighting::Found(found) => {
                        self.seen.retain(|other| other.id != found.id);
                        self.seen.push(found);
                    }
                    Sighting::Gone(id) => self.seen.retain(|other| other.id != id),
                    _ => {}
                }
            }
        })
    }

    /// Waits for the server that listens there.
    fn finds(&mut self, address: SocketAddr) -> Found {
        self.until("a server that is found", |seen| {
            seen.iter().find(|found| found.addresses.contains(&address)).cloned()
        })
    }

    /// Waits until nobody says that there is a server there.
    fn loses(&mut self, address: SocketAddr) {
        self.until("a goodbye", |seen| {
            (!seen.iter().any(|found| found.addresses.contains(&address))).then_some(())
        });
    }
}

fn server(name: &str) -> TestServer {
    TestServer::builder()
        .settings(|settings| settings.server.name = name.into())
        .server(|server| server.enable(PluginSetup::new("discovery").settings(ON_LOOPBACK)))
        .open()
}

#[test]
fn a_server_is_found_with_all_that_is_told_of_it_and_says_goodbye() {
    let Some(mut seeker) = Seeker::new() else { return };
    let mut server = server("chat.example.org");
    let found = seeker.finds(server.address());
    assert_eq!(found.name, "chat.example.org");
    assert_eq!(found.addresses, [server.address()]);
    assert_eq!((found.has_password, found.page), (false, None));
    assert_eq!(found.version, salotto::protocol::PROTOCOL_VERSION);
    assert_eq!(server.plugin("discovery").state, PluginState::Running);
    let address = server.address();
    server.stops();
    seeker.loses(address);
}

#[test]
fn a_plugin_that_is_disabled_says_goodbye_and_one_that_is_enabled_again_is_found_again() {
    let Some(mut seeker) = Seeker::new() else { return };
    let server = server("Disabled and enabled");
    seeker.finds(server.address());
    assert!(server.disables("discovery"));
    seeker.loses(server.address());
    server.types("plugins enable discovery");
    assert_eq!(seeker.finds(server.address()).name, "Disabled and enabled");
}

#[test]
fn of_two_servers_with_one_name_the_second_takes_another() {
    let Some(mut seeker) = Seeker::new() else { return };
    let first = server("Twice");
    seeker.finds(first.address());
    let mut second = server("Twice");
    let names = [first.address(), second.address()].map(|address| seeker.finds(address).name);
    assert_eq!(names, ["Twice", "Twice (2)"]);
    // It keeps that name until it goes, and goes under that name.
    let address = second.address();
    second.stops();
    seeker.loses(address);
    assert_eq!(seeker.finds(first.address()).name, "Twice");
}

#[test]
fn what_changes_while_the_server_runs_is_told_anew_under_the_same_name() {
    let Some(mut seeker) = Seeker::new() else { return };
    let server = server("Changing");
    seeker.finds(server.address());
    let address = server.address();
    server.enables(PluginSetup::new("web")).expect("it is known");
    let page = seeker.until("a page", |seen| {
        let found = seen.iter().find(|found| found.addresses.contains(&address))?;
        (found.name == "Changing").then(|| found.page.clone()).flatten()
    });
    assert_eq!(page, format!("http://{address}/"));
    let certificate = TestCertificate::new();
    server.enables(certificate.plugin("")).expect("it is known");
    seeker.until("TLS", |seen| {
        let found = seen.iter().find(|found| found.addresses.contains(&address))?;
        found.has_tls.then_some(())
    });
    let mut settings = salotto::Settings::default();
    settings.server.listen = vec!["127.0.0.1:0".into()];
    settings.server.name = "Changed".into();
    settings.server.password =
        Some(salotto::PasswordHash::new("swordfish").expect("there is memory"));
    soon("a reload", server.handle().apply(settings, None)).expect("it is a good one");
    seeker.until("another name and a password", |seen| {
        let found = seen.iter().find(|found| found.addresses.contains(&address))?;
        (found.name == "Changed" && found.has_password).then_some(())
    });
}

/// A TXT record byte for byte, which a string could not be.
struct Raw(Vec<(&'static str, Vec<u8>)>);

impl IntoTxtProperties for Raw {
    fn into_txt_properties(self) -> TxtProperties {
        let mut written = Vec::new();
        for (key, value) in self.0 {
            let length = u8::try_from(key.len() + 1 + value.len()).expect("it fits a record");
            written.push(length);
            written.extend([key.as_bytes(), b"=", &value].concat());
        }
        TxtProperties::from(&written[..])
    }
}

/// Somebody on the network announces a server of which everything is as bad as it can be.
#[test]
fn what_a_hostile_record_says_arrives_clean_and_leads_nowhere_else() {
    let Some(mut seeker) = Seeker::new() else { return };
    let liar = ServiceDaemon::new().expect("there are threads");
    let bad = "\u{1b}[2J\u{7}\u{202e}evil\r\n\u{200b}".repeat(5);
    let mut bytes = bad.clone().into_bytes();
    bytes.extend([0xff, 0, 1, 2].repeat(40));
    bytes.truncate(245);
    let properties = Raw(vec![
        ("name", bytes.clone()),
        ("password", bytes.clone()),
        ("protocol", b"99999999999999999999".to_vec()),
        ("path", b"//evil.example/\x1b[31m".to_vec()),
    ]);
    let label = "\u{1b}[31m\u{202e}Hostile\r\n!";
    let service =
        ServiceInfo::new(SERVICE, label, "salotto-liar.local.", "127.0.0.1", 9, properties)
            .expect("it can be written");
    let unwanted = IfPredicate::new(|interface| !interface.is_loopback());
    liar.disable_interface(IfKind::Predicate(unwanted)).expect("it runs");
    liar.register(service).expect("it runs");
    let found = seeker.finds(([127, 0, 0, 1], 9).into());
    assert_eq!(found.name, "[31mHostile !");
    assert_eq!((found.has_password, found.version, found.page), (false, 0, None));
    liar.shutdown().expect("it runs");
    seeker.loses(([127, 0, 0, 1], 9).into());
}

#[test]
fn settings_that_change_do_not_make_a_server_its_own_rival() {
    let Some(mut seeker) = Seeker::new() else { return };
    let server = server("Replaced");
    seeker.finds(server.address());
    let mut reports = server.handle().watch();
    let other = PluginSetup::new("discovery").settings("(interfaces: [\"lo\", \"no-such\"])");
    server.enables(other).expect("it is known");
    let told = soon("a report of the announcement", async {
        loop {
            if let Report::Plugin { text, .. } = reports.next().await.expect("the server runs") {
                return text;
            }
        }
    });
    assert_eq!(told, "announced on the local network as `Replaced`");
    assert_eq!(seeker.finds(server.address()).name, "Replaced");
}

#[test]
fn a_server_that_only_this_machine_reaches_is_not_announced() {
    let Some(mut seeker) = Seeker::new() else { return };
    // It would be announced on real interfaces, of which none leads to it.
    let silent = TestServer::builder().enable("discovery").open();
    let loud = server("The only one");
    seeker.finds(loud.address());
    let heard =
        |found: &Found| found.addresses.iter().any(|at| at.port() == silent.address().port());
    assert!(!seeker.seen.iter().any(heard));
    assert_eq!(silent.plugin("discovery").state, PluginState::Running);
}

#[test]
fn without_an_interface_the_plugin_fails_and_says_what_to_do() {
    let server = TestServer::open();
    let mut reports = server.handle().watch();
    let setup = PluginSetup::new("discovery").settings("(interfaces: [\"no-such\"])");
    server.enables(setup).expect("it is known");
    soon("the trouble", async {
        loop {
            if let Report::Plugin { is_trouble: true, .. } =
                reports.next().await.expect("the server runs")
            {
                return;
            }
        }
    });
    let PluginState::Failing { reason } = server.plugin("discovery").state else {
        panic!("{:?}", server.plugin("discovery").state)
    };
    assert!(reason.starts_with("there is no network to be found on"), "{reason}");
}
