//! Who is at the other end of a loopback connection (R2, R3).
//!
//! The kernel is asked about the *client's* socket by its exact addresses (sock_diag(7)). A client
//! that has sent its request and closed leaves a socket without owner, which the kernel reports as
//! uid 0 and inode 0: so a socket without inode is nobody's, also for root.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Mutex, PoisonError};

use netlink_packet_core::{NLM_F_REQUEST, NetlinkHeader, NetlinkMessage, NetlinkPayload};
use netlink_packet_sock_diag::SockDiagMessage;
use netlink_packet_sock_diag::constants::{AF_INET, AF_INET6, IPPROTO_TCP, TCP_ESTABLISHED};
use netlink_packet_sock_diag::inet::{ExtensionFlags, InetRequest, InetResponseHeader, SocketId, StateFlags};
use netlink_sys::protocols::NETLINK_SOCK_DIAG;
use netlink_sys::{Socket, SocketAddr as Netlink};

/// Whether the socket at `client`, connected to `server`, is open in both directions and was made by
/// this process' user. A client that closed or half-closed its side, one of another user, one on
/// another machine, and every failure to find out are a no.
pub fn same_user(server: SocketAddr, client: SocketAddr) -> bool {
    client.ip().is_loopback()
        && owner(server, client).is_ok_and(|uid| uid == rustix::process::geteuid().as_raw())
}

fn owner(server: SocketAddr, client: SocketAddr) -> io::Result<u32> {
    // What failed for the way of asking, and not for the answer, is asked once more.
    let again = |error: io::Error| {
        if error.kind() == io::ErrorKind::NotFound { Err(error) } else { look_up(server, client) }
    };
    let found = look_up(server, client).or_else(again)?;
    let id = &found.socket_id;
    let same = (id.source_address, id.source_port) == (client.ip(), client.port())
        && (id.destination_address, id.destination_port) == (server.ip(), server.port());
    if same && found.state == TCP_ESTABLISHED && found.inode != 0 {
        Ok(found.uid)
    } else {
        Err(io::ErrorKind::NotConnected.into())
    }
}

/// The socket to the kernel is kept: opening one costs more than the question. After a failure the
/// next question opens a new one, so an answer that came late can't be taken for another's.
fn look_up(server: SocketAddr, client: SocketAddr) -> io::Result<InetResponseHeader> {
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    let socket = match kept.take() {
        Some(socket) => socket,
        None => open()?,
    };
    let header = exchange(&socket, server, client)?;
    *kept = Some(socket);
    header.ok_or_else(|| io::ErrorKind::NotFound.into())
}

pub(super) fn open() -> io::Result<Socket> {
    let mut socket = Socket::new(NETLINK_SOCK_DIAG)?;
    socket.bind_auto()?;
    socket.connect(&Netlink::new(0, 0))?;
    Ok(socket)
}

/// None: the kernel knows no such socket.
fn exchange(
    socket: &Socket,
    server: SocketAddr,
    client: SocketAddr,
) -> io::Result<Option<InetResponseHeader>> {
    socket.send(&question(server, client), 0)?;
    let mut answer = Vec::with_capacity(ANSWER);
    socket.recv(&mut answer, 0)?;
    let message = NetlinkMessage::<SockDiagMessage>::deserialize(&answer).map_err(io::Error::other)?;
    if let NetlinkPayload::InnerMessage(SockDiagMessage::InetResponse(found)) = message.payload {
        Ok(Some(found.header))
    } else if let NetlinkPayload::Error(_) = message.payload {
        Ok(None)
    } else {
        Err(io::ErrorKind::InvalidData.into())
    }
}

fn question(server: SocketAddr, client: SocketAddr) -> Vec<u8> {
    let family = match client.ip() {
        IpAddr::V4(_) => AF_INET,
        IpAddr::V6(_) => AF_INET6,
    };
    let socket_id = SocketId {
        source_port: client.port(),
        destination_port: server.port(),
        source_address: client.ip(),
        destination_address: server.ip(),
        interface_id: 0,
        cookie: [0xff; 8],
    };
    let request = InetRequest {
        family,
        protocol: IPPROTO_TCP,
        extensions: ExtensionFlags::empty(),
        states: StateFlags::all(),
        socket_id,
    };
    message(request, NLM_F_REQUEST)
}

/// As it goes to the kernel.
pub(super) fn message(request: InetRequest, flags: u16) -> Vec<u8> {
    let mut header = NetlinkHeader::default();
    header.flags = flags;
    let mut message =
        NetlinkMessage::new(header, NetlinkPayload::from(SockDiagMessage::InetRequest(request)));
    message.finalize();
    let mut bytes = vec![0; message.buffer_len()];
    message.serialize(&mut bytes);
    bytes
}

static KEPT: Mutex<Option<Socket>> = Mutex::new(None);

const ANSWER: usize = 4096;

#[cfg(test)]
mod tests {
    use std::net::{Shutdown, TcpListener, TcpStream};

    use super::*;

    fn pair() -> (TcpStream, TcpStream) {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        let client = TcpStream::connect(listener.local_addr().expect("bound")).expect("connects");
        (listener.accept().expect("accepts").0, client)
    }

    fn present(server: &TcpStream) -> bool {
        same_user(server.local_addr().expect("open"), server.peer_addr().expect("open"))
    }

    #[test]
    fn r2_an_open_socket_of_ours_is_ours() {
        let (server, _client) = pair();
        assert!((0..100).all(|_| present(&server)));
    }

    #[test]
    fn r2_a_closed_or_half_closed_socket_is_nobodys() {
        let (server, client) = pair();
        client.shutdown(Shutdown::Write).expect("half-closes");
        assert!(!present(&server), "half-closed");
        let (server, client) = pair();
        let (ours, theirs) = (server.local_addr().expect("open"), server.peer_addr().expect("open"));
        drop(client);
        assert!(!same_user(ours, theirs), "closed");
        drop(server);
        assert!(!same_user(ours, theirs), "both closed");
    }

    #[test]
    fn r1_only_loopback() {
        let (server, _client) = pair();
        let ours = server.local_addr().expect("open");
        assert!(!same_user(ours, "192.0.2.1:9".parse().expect("an address")));
    }
}
