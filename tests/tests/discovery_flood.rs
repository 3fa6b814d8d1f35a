//! A process of its own, since what is flooded here is all that listens on the loopback interface.

#![expect(clippy::print_stderr, reason = "a test that skips says so")]

use std::net::{Ipv4Addr, SocketAddr};

use salotto::discovery::{Announcer, DiscoveryError, Interfaces, Record};
use salotto_tests::soon;
use socket2::{Domain, Socket, Type};

/// An answer that nobody asked for: so many addresses, each of another host, for ten seconds.
fn addresses(first: u32, count: u16) -> Vec<u8> {
    let mut packet = vec![0, 0, 0x84, 0, 0, 0];
    packet.extend(count.to_be_bytes());
    packet.extend([0; 4]);
    for number in first..first + u32::from(count) {
        let host = format!("h{number:07}");
        packet.push(host.len() as u8);
        packet.extend(host.as_bytes());
        packet.extend(b"\x05local\0");
        // An A record of the Internet, its time to live, and four bytes of address.
        packet.extend([0, 1, 0, 1, 0, 0, 0, 10, 0, 4, 192, 0, 2, 1]);
    }
    packet
}

fn sender() -> Socket {
    let socket = Socket::new(Domain::IPV4, Type::DGRAM, None).expect("there are sockets");
    socket.set_multicast_if_v4(&Ipv4Addr::LOCALHOST).expect("loopback is there");
    socket
}

#[test]
fn who_floods_the_network_is_noticed_before_the_memory_is_full() {
    let (loopback, record) = (Interfaces::named(["lo"]), Record::new("Flooded"));
    let announcer = match Announcer::start(&loopback, "salotto-flood-test", 9, &record) {
        Ok(announcer) => announcer,
        Err(error @ (DiscoveryError::NoMulticast { .. } | DiscoveryError::NoInterface)) => {
            assert!(std::env::var_os("SALOTTO_NEED_MULTICAST").is_none(), "{error}");
            return eprintln!("skipped, as there is no multicast on loopback: {error}");
        }
        Err(error) => panic!("{error}"),
    };
    soon("the announcement", async {
        assert_eq!(announcer.next().await.as_deref(), Ok("Flooded"));
        assert!(!announcer.is_overgrown().await);
    });
    let group = SocketAddr::from(([224, 0, 0, 251], 5353)).into();
    let sender = sender();
    soon("the flood to be noticed", async {
        let mut sent = 0;
        while !announcer.is_overgrown().await {
            sender.send_to(&addresses(sent, 250), &group).expect("multicast gets out");
            sent += 250;
        }
    });
    soon("the goodbye", announcer.stop());
}
