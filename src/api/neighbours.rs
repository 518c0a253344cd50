//! Who else listens where pages look for this agent (R7): a machine has many users, and each of them may listen.

use std::collections::{BTreeMap, BTreeSet};

use super::server::PORTS;
use crate::status::Squatter;
use crate::sys::listeners::Listening;

/// Those who hold more of the ports for agents than the one that an agent needs, and those who listen at another
/// address of a port in `own`, where whoever says `localhost` may come to them. `own` are this user's agent's ports
/// on 127.0.0.1, `uid` is this user.
pub fn squatters(
    listening: &[Listening],
    own: &[u16],
    uid: u32,
    name: impl Fn(u32) -> String,
) -> Vec<Squatter> {
    let reached = |one: &&Listening| one.address.ip().is_loopback() || one.address.ip().is_unspecified();
    let ours = |one: &Listening| {
        one.uid == uid
            && one.address.ip() == std::net::Ipv4Addr::LOCALHOST
            && own.contains(&one.address.port())
    };
    let (mut held, mut beside) =
        (BTreeMap::<u32, BTreeSet<u16>>::new(), BTreeMap::<u32, BTreeSet<u16>>::new());
    for one in listening.iter().filter(reached).filter(|one| !ours(one)) {
        let port = one.address.port();
        if own.contains(&port) {
            beside.entry(one.uid).or_default().insert(port);
        }
        if one.uid != uid && PORTS.contains(&port) {
            held.entry(one.uid).or_default().insert(port);
        }
    }
    held.retain(|_, ports| ports.len() > 1);
    let users: BTreeSet<u32> = held.keys().chain(beside.keys()).copied().collect();
    let squatter = |uid: u32| {
        let ports = |of: &BTreeMap<u32, BTreeSet<u16>>| {
            of.get(&uid).map(|ports| ports.iter().copied().collect()).unwrap_or_default()
        };
        Squatter { uid, user: name(uid), holds: ports(&held), beside: ports(&beside) }
    };
    users.into_iter().map(squatter).collect()
}

/// Who listens at this port of 127.0.0.1.
pub(super) fn holder(listening: &[Listening], port: u16) -> Option<u32> {
    let at = |one: &&Listening| {
        one.address.port() == port
            && (one.address.ip() == std::net::Ipv4Addr::LOCALHOST || one.address.ip().is_unspecified())
    };
    listening.iter().find(at).map(|one| one.uid)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: u32 = 1_000;

    fn seen(listening: &[(&str, u32)]) -> Vec<Squatter> {
        let one = |(address, uid): &(&str, u32)| Listening {
            address: address.parse().expect("an address"),
            uid: *uid,
        };
        let listening: Vec<Listening> = listening.iter().map(one).collect();
        squatters(&listening, &[21_480, 21_580], OWN, |uid| format!("u{uid}"))
    }

    #[test]
    fn an_agent_each_is_no_squatting() {
        let own = [("127.0.0.1:21480", OWN), ("127.0.0.1:21580", OWN)];
        let others =
            [("127.0.0.1:21481", 1_001), ("127.0.0.1:21581", 1_001), ("0.0.0.0:22", 0), ("[::]:22", 0)];
        assert_eq!(seen(&[own.as_slice(), &others].concat()), []);
    }

    #[test]
    fn two_ports_are_one_too_many() {
        let squatter = Squatter {
            uid: 1_001,
            user: "u1001".to_owned(),
            holds: vec![21_481, 21_543],
            beside: Vec::new(),
        };
        assert_eq!(seen(&[("127.0.0.1:21481", 1_001), ("0.0.0.0:21543", 1_001)]), [squatter]);
        assert_eq!(seen(&[("127.0.0.1:21481", OWN), ("127.0.0.1:21482", OWN)]), [], "the person's own");
        assert_eq!(
            seen(&[("192.0.2.1:21481", 1_001), ("192.0.2.1:21482", 1_001)]),
            [],
            "no page looks there"
        );
    }

    #[test]
    fn the_names_other_addresses_are_watched() {
        for address in ["[::1]:21480", "[::]:21480", "127.0.0.2:21480", "[::1]:21580"] {
            for uid in [1_001, OWN] {
                let found = seen(&[("127.0.0.1:21480", OWN), (address, uid)]);
                assert!(
                    matches!(found.as_slice(), [one] if one.uid == uid && one.beside.len() == 1),
                    "{found:?}"
                );
            }
        }
    }
}
