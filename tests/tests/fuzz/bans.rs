//! The file of bans.

use crate::config::is_read;
use crate::fuzzer::Fuzzer;

#[test]
fn whatever_stands_in_a_file_of_bans_it_is_taken_or_refused_in_a_few_lines() {
    let bans = br#"[
    (name: "eve", until: "2027-01-02T03:04:05Z", why: "flooding", by: "ada"),
    (address: "10.0.0.0/8", why: "office"),
    (name: "mallory", address: "2001:db8::/32"),
]"#;
    let words: &[&[u8]] = &[
        b"(name: ",
        b"address: ",
        b"until: ",
        b"\"1.2.3.4/33\"",
        b"\"9999-99-99T99:99:99Z\"",
        b"]",
        b"(",
        b"),",
        b"Some(",
        b"\"",
    ];
    let prepare = || tempfile::tempdir().expect("a folder");
    Fuzzer { name: "bans", seeds: vec![bans.to_vec(), b"[]".to_vec()], words }.run(
        prepare,
        |folder, bytes| {
            let path = folder.path().join("bans.ron");
            std::fs::write(&path, bytes).expect("it is written");
            is_read(&format!("(plugins: [(name: \"moderation\", settings: (bans: {path:?}))])"));
        },
    );
}
