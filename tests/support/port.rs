//! A port of loopback that remains reserved without a listener: a server that is gone refuses
//! connections, and comes back at the same address.

use std::net::{Ipv4Addr, SocketAddr};

use tokio::net::{TcpListener, TcpSocket};

pub struct Port {
    pub address: SocketAddr,
    /// Bound and never listening, so that no other process is given this port meanwhile.
    _held: TcpSocket,
}

impl Port {
    pub fn any() -> Port {
        Port::of(Ipv4Addr::LOCALHOST)
    }

    /// Any of this address of loopback.
    pub fn of(address: Ipv4Addr) -> Port {
        let held = socket(SocketAddr::from((address, 0)));
        Port { address: held.local_addr().expect("its address"), _held: held }
    }

    pub fn listen(&self) -> TcpListener {
        socket(self.address).listen(1024).expect("it listens")
    }
}

fn socket(address: SocketAddr) -> TcpSocket {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_reuseport(true).expect("a port may be shared");
    socket.bind(address).expect("a port on loopback");
    socket
}
