//! Who listens on this machine's TCP ports (sock_diag(7)). Anybody may ask that of the kernel.

use std::io;
use std::net::{IpAddr, SocketAddr};

use netlink_packet_core::{NLM_F_DUMP, NLM_F_REQUEST, NetlinkMessage, NetlinkPayload};
use netlink_packet_sock_diag::SockDiagMessage;
use netlink_packet_sock_diag::constants::{AF_INET, AF_INET6, IPPROTO_TCP};
use netlink_packet_sock_diag::inet::{ExtensionFlags, InetRequest, SocketId, StateFlags};
use netlink_sys::Socket;

/// A socket that takes connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listening {
    /// Where.
    pub address: SocketAddr,
    /// The user who made it.
    pub uid: u32,
}

/// Every listening socket of this machine, or of this network namespace.
///
/// # Errors
/// The kernel does not tell.
pub fn all() -> io::Result<Vec<Listening>> {
    let socket = super::peer::open()?;
    let mut found = of(&socket, AF_INET)?;
    found.extend(of(&socket, AF_INET6)?);
    Ok(found)
}

fn of(socket: &Socket, family: u8) -> io::Result<Vec<Listening>> {
    socket.send(&question(family), 0)?;
    let mut found = Vec::new();
    loop {
        let (bytes, _) = socket.recv_from_full()?;
        let mut rest = bytes.as_slice();
        while !rest.is_empty() {
            let message = NetlinkMessage::<SockDiagMessage>::deserialize(rest).map_err(io::Error::other)?;
            // Messages of one answer stand at multiples of four (netlink(7)).
            let length = usize::try_from(message.header.length).unwrap_or(usize::MAX).next_multiple_of(4);
            rest = rest.get(length.max(4)..).unwrap_or_default();
            if let NetlinkPayload::InnerMessage(SockDiagMessage::InetResponse(one)) = message.payload {
                let id = &one.header.socket_id;
                let address = SocketAddr::new(canonical(id.source_address), id.source_port);
                found.push(Listening { address, uid: one.header.uid });
            } else if matches!(message.payload, NetlinkPayload::Done(_)) {
                return Ok(found);
            } else {
                return Err(io::ErrorKind::InvalidData.into());
            }
        }
    }
}

/// `::ffff:127.0.0.1` is 127.0.0.1.
fn canonical(address: IpAddr) -> IpAddr {
    address.to_canonical()
}

fn question(family: u8) -> Vec<u8> {
    let socket_id = if family == AF_INET { SocketId::new_v4() } else { SocketId::new_v6() };
    let request = InetRequest {
        family,
        protocol: IPPROTO_TCP,
        extensions: ExtensionFlags::empty(),
        states: StateFlags::LISTEN,
        socket_id,
    };
    super::peer::message(request, NLM_F_REQUEST | NLM_F_DUMP)
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn r7_whoever_listens_is_seen() {
        let own = rustix::process::getuid().as_raw();
        let listeners = ["127.0.0.1:0", "127.0.0.2:0", "[::1]:0"].map(|at| TcpListener::bind(at).expect(at));
        let found = all().expect("told");
        for listener in &listeners {
            let address = listener.local_addr().expect("bound");
            assert!(found.contains(&Listening { address, uid: own }), "{address}: {found:?}");
        }
        let [first, ..] = listeners;
        let address = first.local_addr().expect("bound");
        drop(first);
        assert!(all().expect("told").iter().all(|one| one.address != address));
    }
}
