use std::time::{Duration, SystemTime};

use rcgen::{CertificateParams, KeyPair};
use salotto::{PluginState, Server, Watch};
use tempfile::TempDir;

use super::*;
use crate::common::testing::next_report;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A file with a certificate that ends so many days from now, and its key.
fn file(folder: &TempDir, days: i32) -> PathBuf {
    let mut params = CertificateParams::new(["localhost".to_owned()]).unwrap();
    let now = SystemTime::now();
    params.not_before = (now - 90 * DAY).into();
    let end = now + DAY * days.unsigned_abs();
    params.not_after = if days < 0 { now - DAY * days.unsigned_abs() } else { end }.into();
    let key = KeyPair::generate().unwrap();
    let path = folder.path().join("tls.pem");
    std::fs::write(&path, params.self_signed(&key).unwrap().pem() + &key.serialize_pem()).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    path
}

/// The configuration is applied again.
fn reload(server: &Server) {
    let handle = server.handle();
    smol::block_on(handle.apply((*handle.settings()).clone(), None)).unwrap();
}

/// A server with the plugin, and what the operator is told.
fn server(settings: TlsSettings) -> (Server, Watch) {
    let server = Server::builder().listen(Vec::<String>::new()).start().unwrap();
    let reports = server.handle().watch();
    let plugin = Tls::new(settings).unwrap();
    smol::block_on(server.handle().add_plugin("tls", plugin)).unwrap();
    (server, reports)
}

fn with(certificate: PathBuf) -> TlsSettings {
    TlsSettings { certificate: Some(certificate), ..TlsSettings::default() }
}

#[test]
fn a_certificate_that_ends_soon_or_has_ended_is_warned_of() {
    for (days, expected) in [(13, "renew it before"), (-1, "clients refuse it; renew it")] {
        let folder = tempfile::tempdir().unwrap();
        let (server, mut reports) = server(with(file(&folder, days)));
        assert!(next_report(&mut reports).starts_with("TLS is on; fingerprint"));
        let warning = next_report(&mut reports);
        assert!(
            warning.contains("the certificate in `") && warning.ends_with(expected),
            "{warning}"
        );
        smol::block_on(server.stop());
    }
}

#[test]
fn a_certificate_that_holds_for_long_is_not_spoken_of() {
    let folder = tempfile::tempdir().unwrap();
    let (server, mut reports) = server(with(file(&folder, 15)));
    assert!(next_report(&mut reports).starts_with("TLS is on; fingerprint"));
    // What comes next is what is asked for after it.
    std::fs::write(folder.path().join("tls.pem"), "nothing").unwrap();
    reload(&server);
    assert!(next_report(&mut reports).contains("there is no certificate in it"));
    smol::block_on(server.stop());
}

#[test]
fn what_fails_is_a_state_until_all_of_it_works_again() {
    let folder = tempfile::tempdir().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let listen = vec![taken.local_addr().unwrap()];
    let path = file(&folder, 100);
    let (server, mut reports) = server(TlsSettings { listen, ..with(path.clone()) });
    while !next_report(&mut reports).contains("cannot listen on") {}
    let good = std::fs::read(&path).unwrap();
    std::fs::write(&path, "nothing").unwrap();
    reload(&server);
    let both = next_report(&mut reports);
    assert!(both.contains("cannot listen on") && both.contains("no certificate in it"), "{both}");
    std::fs::write(&path, good).unwrap();
    reload(&server);
    let one = next_report(&mut reports);
    assert!(one.contains("cannot listen on") && !one.contains("no certificate in it"), "{one}");
    let status = smol::block_on(server.handle().status()).unwrap();
    let tls = status.plugins.iter().find(|plugin| plugin.name == "tls").unwrap();
    assert!(matches!(&tls.state, PluginState::Failing { .. }), "{:?}", tls.state);
    smol::block_on(server.stop());
}

#[test]
fn a_key_that_everybody_can_read_is_warned_of() {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = file(&folder, 100);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        let (server, mut reports) = server(with(path));
        assert!(next_report(&mut reports).starts_with("TLS is on; fingerprint"));
        assert!(next_report(&mut reports).contains("everybody on this machine can read the key"));
        smol::block_on(server.stop());
    }
}
