//! The certificate for TLS: made by the program and kept, shown, renewed, exported and checked.

use crate::harness::{Folder, Running};

const ON: &str = "(store: (file: None), plugins: [(name: \"tls\")])";

/// What stands behind a word in what `cert` prints.
fn field<'a>(text: &'a str, word: &str) -> &'a str {
    let line = text.lines().find_map(|line| line.strip_prefix(word));
    line.unwrap_or_else(|| panic!("no {word} in {text}")).trim()
}

#[test]
fn a_server_makes_its_certificate_once_and_keeps_it() {
    let folder = Folder::new();
    folder.write("salotto.ron", ON);
    let check = folder.run(&["check"], "");
    assert_eq!(check.status, 0, "{check:?}");
    assert!(check.out.contains("the certificate `salotto-tls.pem` will be made"), "{}", check.out);
    assert!(!folder.path().join("salotto-tls.pem").exists(), "a check has made it");
    let mut shown = Vec::new();
    for _ in 0..2 {
        let (mut server, _) = folder.serve(&[]);
        let line = server.err.has("TLS is on; fingerprint (SHA-256)");
        server.signal(rustix::process::Signal::TERM);
        assert_eq!(server.wait().status, 0);
        let cert = folder.run(&["cert"], "");
        assert_eq!(cert.status, 0, "{cert:?}");
        let fingerprint = field(&cert.out, "SHA-256").to_owned();
        assert!(line.contains(&fingerprint), "{line}");
        assert!(field(&cert.out, "names").contains("localhost"));
        shown.push(fingerprint);
    }
    assert_eq!(shown[0], shown[1]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let metadata = std::fs::metadata(folder.path().join("salotto-tls.pem")).unwrap();
        assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
    }
    let check = folder.run(&["check"], "");
    assert_eq!(check.status, 0);
    assert!(check.out.contains("fits its key; it is for ") && check.out.contains("it holds until"));
}

#[test]
fn a_certificate_is_renewed_and_exported_without_its_key() {
    let folder = Folder::new();
    folder.write("salotto.ron", ON);
    let missing = folder.run(&["cert", "show"], "");
    assert_eq!(missing.status, 1);
    assert!(missing.err.contains("`salotto cert renew` makes it now"), "{}", missing.err);
    let first = folder.run(&["cert", "renew"], "");
    assert_eq!(first.status, 0, "{first:?}");
    let second = folder.run(&["cert", "renew"], "");
    assert_ne!(field(&first.out, "SHA-256"), field(&second.out, "SHA-256"));
    assert_eq!(folder.run(&["cert", "export", "public.pem"], "").status, 0);
    let public = folder.read("public.pem");
    assert!(public.starts_with("-----BEGIN CERTIFICATE-----") && !public.contains("PRIVATE"));
    assert_eq!(folder.run(&["cert", "export"], "").out.trim(), public.trim());
    // What is there is not overwritten.
    let again = folder.run(&["cert", "export", "public.pem"], "");
    assert_eq!((again.status, folder.read("public.pem")), (1, public));
}

#[test]
fn what_is_given_is_checked_and_never_made_anew() {
    let folder = Folder::new();
    let given = "(store: (file: None), plugins: [(name: \"tls\", settings: (certificate: \"a.pem\", key: \"b.pem\"))])";
    folder.write("salotto.ron", given);
    let check = folder.run(&["check"], "");
    assert_eq!(check.status, 2);
    assert!(check.err.contains("cannot read `a.pem`"), "{}", check.err);
    folder.write("salotto.ron", ON);
    assert_eq!(folder.run(&["cert", "renew"], "").status, 0);
    let first = folder.read("salotto-tls.pem");
    assert_eq!(folder.run(&["cert", "renew"], "").status, 0);
    folder.write("a.pem", &first[first.find("-----BEGIN CERT").unwrap()..]);
    folder.write("b.pem", &folder.read("salotto-tls.pem"));
    folder.write("salotto.ron", given);
    let check = folder.run(&["check"], "");
    assert_eq!(check.status, 2);
    assert!(check.err.contains("`b.pem` cannot be used: the key does not fit"), "{}", check.err);
    folder.write("b.pem", &first);
    let check = folder.run(&["check"], "");
    assert_eq!(check.status, 0, "{check:?}");
    // Containers name it in the environment; here key and certificate are in one file.
    folder.write("salotto.ron", ON);
    let mut command = folder.command(&["cert"]);
    let shown = Running::of(command.env("SALOTTO_PLUGINS__TLS__CERTIFICATE", "b.pem")).end();
    assert_eq!(field(&shown.out, "file"), "b.pem", "{shown:?}");
    folder.write("salotto.ron", given);
    let renew = folder.run(&["cert", "renew"], "");
    assert_eq!(renew.status, 1);
    assert!(renew.err.contains("`a.pem` is not made by this program"), "{}", renew.err);
    // The same certificate twice is no chain, as nobody else has signed it.
    let twice = format!("{0}{0}", &first[first.find("-----BEGIN CERT").unwrap()..]);
    let other = folder.read("salotto-tls.pem");
    folder.write("a.pem", &format!("{twice}{}", &other[other.find("-----BEGIN CERT").unwrap()..]));
    let check = folder.run(&["check"], "");
    assert_eq!(check.status, 1);
    assert!(check.err.contains("is not signed by the one that follows"), "{}", check.err);
}
