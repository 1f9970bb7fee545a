//! A port of loopback that stays ours while nobody listens at it: a server that is gone refuses connections, and comes
//! back where it was.

use std::net::SocketAddr;

use tokio::net::{TcpListener, TcpSocket};

pub struct Port {
    pub address: SocketAddr,
    /// Bound and never listening: nobody else is given this port meanwhile.
    _held: TcpSocket,
}

impl Port {
    pub fn any() -> Port {
        let held = socket("127.0.0.1:0".parse().expect("an address"));
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
