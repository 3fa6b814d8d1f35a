//! A server that is none, at the other end of the client of the library.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use salotto::client::{self, Options};
use salotto_tests::soon;
use smol::future;

use crate::fuzzer::Fuzzer;
use crate::json::WORDS;

const CONVERSATION: &str = r#"{"type":"welcome","version":2,"server":"Salotto","epoch":"2642d15b0dda3b42","token":"t","name":"eve","message_characters":2000,"commands":[]}
{"type":"entered","room":"lobby","topic":"","members":["eve","ada"],"count":2,"first_id":1,"history":1,"shown":1}
{"room":"lobby","id":1,"time":"2026-01-02T03:04:05.678Z","type":"message","from":"ada","text":"hello"}
{"room":"lobby","id":2,"time":"2026-01-02T03:04:06Z","type":"joined","who":"eve"}
{"type":"direct","from":"ada","to":"eve","text":"psst","time":"2026-01-02T03:04:07Z"}
{"type":"ping"}
{"type":"reply","reply":{"kind":"table","head":["a"],"rows":[["b"]]},"nonce":"1"}
{"type":"error","code":"unknown_command","text":"no","nonce":"2"}
{"type":"history","room":"lobby","entries":[],"older":false,"newer":true,"nonce":"0"}
{"type":"members","room":"lobby","members":["ada"],"count":1,"more":true}
{"type":"exited","room":"lobby","reason":"kicked","by":"ada","why":"x"}
{"type":"bye","reason":"restarting"}
"#;

/// Says to each who connects what it was given, and takes what they say, within bounds.
struct Hostile {
    address: SocketAddr,
    says: Arc<Mutex<Vec<u8>>>,
}

impl Hostile {
    fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let address = listener.local_addr().expect("it is bound");
        let says = Arc::new(Mutex::new(Vec::new()));
        let said = says.clone();
        // Ends with the process.
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let bytes = said.lock().unwrap_or_else(PoisonError::into_inner).clone();
                // What the client does not want to hear it need not.
                let _ = stream.write_all(&bytes);
                let _ = stream.shutdown(Shutdown::Write);
                let mut heard = 0;
                let mut buffer = [0; 4096];
                while let Ok(count @ 1..) = stream.read(&mut buffer) {
                    heard += count;
                    assert!(heard < 1024 * 1024, "the client talks without an end");
                }
            }
        });
        Self { address, says }
    }
}

#[test]
fn whatever_a_server_says_the_client_lives_and_ends() {
    let mut seeds = vec![
        CONVERSATION.as_bytes().to_vec(),
        b"Welcome to something else. Login:\r\n".to_vec(),
        b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec(),
    ];
    let welcome = CONVERSATION.lines().next().expect("a welcome");
    seeds.extend(
        CONVERSATION.lines().skip(1).map(|line| format!("{welcome}\n{line}\n").into_bytes()),
    );
    Fuzzer { name: "client", seeds, words: WORDS }.run(Hostile::open, |hostile, bytes| {
        *hostile.says.lock().unwrap_or_else(PoisonError::into_inner) = bytes.to_vec();
        let mut options = Options::new(hostile.address.to_string(), "eve");
        options.reconnect = false;
        options.timeout = Duration::from_secs(5);
        let (client, updates, driver) = client::connect(options);
        let question = client.history("lobby", salotto::protocol::Place::Last, 50);
        let listens = async {
            let mut count = 0;
            while updates.recv().await.is_ok() {
                count += 1;
            }
            count
        };
        let ((), count) = soon("the end of the connection", future::zip(driver, listens));
        let lines = bytes.iter().filter(|&&byte| byte == b'\n').count();
        assert!(count <= 2 * lines + 20, "{count} updates about {lines} lines");
        drop((client, question));
    });
}
