//! What stands between a node and its engine, to be cut and stopped.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

/// See the module. Its threads end with the connections, and the last with the process.
pub(crate) struct Proxy {
    pub(crate) port: u16,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    /// Answers are lost on their way.
    is_mute: AtomicBool,
    /// Nobody is let through.
    is_closed: AtomicBool,
    open: Mutex<Vec<TcpStream>>,
}

impl Proxy {
    pub(crate) fn to(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let here = listener.local_addr().unwrap().port();
        let state = Arc::new(State::default());
        let accepting = state.clone();
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if accepting.is_closed.load(Ordering::SeqCst) {
                    continue;
                }
                let Ok(engine) = TcpStream::connect(("127.0.0.1", port)) else { continue };
                carry(&accepting, client, engine);
            }
        });
        Self { port: here, state }
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// From here on nothing that the engine says arrives.
    pub(crate) fn mute(&self) {
        self.state.is_mute.store(true, Ordering::SeqCst);
    }

    /// Cuts all connections, and lets nobody through until it is opened.
    pub(crate) fn close(&self) {
        self.state.is_closed.store(true, Ordering::SeqCst);
        self.cut();
    }

    pub(crate) fn open(&self) {
        self.state.is_mute.store(false, Ordering::SeqCst);
        self.state.is_closed.store(false, Ordering::SeqCst);
    }

    /// Cuts all connections; new ones come through.
    pub(crate) fn cut(&self) {
        for stream in self.state.open.lock().unwrap().drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

fn carry(state: &Arc<State>, client: TcpStream, engine: TcpStream) {
    let again = |stream: &TcpStream| stream.try_clone().unwrap();
    state.open.lock().unwrap().extend([again(&client), again(&engine)]);
    let (to, from) = (again(&engine), again(&client));
    let always = Arc::new(State::default());
    thread::spawn(move || copy(from, to, &always));
    let state = state.clone();
    thread::spawn(move || copy(engine, client, &state));
}

fn copy(mut from: TcpStream, mut to: TcpStream, state: &State) {
    let mut bytes = [0; 16 * 1024];
    while let Ok(read @ 1..) = from.read(&mut bytes) {
        if !state.is_mute.load(Ordering::SeqCst) && to.write_all(&bytes[..read]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
    let _ = from.shutdown(Shutdown::Both);
}
