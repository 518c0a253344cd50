//! A neighbour in the local network, where the machine routes 127.0.0.1 as attackers like it (R1).

use super::PAGE;
use crate::support::http::Request;
use crate::support::office::{Helper, Network, User};
use crate::support::session::until;

/// Answers everybody on 127.0.0.1:4000: shows that the way is open.
const OPEN: &str = r#"
import socket
s = socket.create_server(("127.0.0.1", 4000))
print("ready", flush=True)
while True:
    c, _ = s.accept()
    c.recv(4096)
    c.sendall(b"reached")
    c.close()
"#;

#[test]
fn r1_a_neighbour_in_the_network_gets_not_a_byte() {
    let (machine, neighbour) = (Network::new(), Network::without_loopback());
    let done = |network: &Network, script: &str| {
        let output = network.run(script);
        assert!(output.status.success(), "{script}: {output:?}");
    };
    done(&machine, &format!("ip link add kyso0 type veth peer name kyso1 netns {}", neighbour.id()));
    // The machine routes loopback addresses from the wire.
    done(
        &machine,
        "ip addr add 10.9.8.1/24 dev kyso0 && ip link set kyso0 up && \
         sysctl -qw net.ipv4.conf.all.route_localnet=1 net.ipv4.conf.kyso0.route_localnet=1 \
         net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.kyso0.rp_filter=0",
    );
    // The neighbour has no loopback of its own in the way of 127.0.0.1.
    done(
        &neighbour,
        "ip addr add 10.9.8.2/24 dev kyso1 && ip link set kyso1 up && \
         sysctl -qw net.ipv4.conf.all.route_localnet=1 net.ipv4.conf.kyso1.route_localnet=1 \
         net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.kyso1.rp_filter=0 && \
         ip route add 127.0.0.1/32 via 10.9.8.1 dev kyso1 src 10.9.8.2",
    );
    let _open = Helper::start(machine.command("/usr/bin/python3").args(["-c", OPEN]));
    let user = User::without_token(4_300, &machine);
    let (agent, port) = user.agent();
    let health = Request::new("GET", "/v1/health", port, PAGE);
    let call = |address: &str, port: u16| {
        let request = String::from_utf8(health.bytes()).unwrap().replace("\r\n", "\\r\\n");
        let script =
            format!("exec 3<>/dev/tcp/{address}/{port} && printf '{request}' >&3 && timeout 5 cat <&3");
        neighbour.command("timeout").args(["10", "bash", "-c", &script]).output().unwrap().stdout
    };
    // The way is there, once the link is: whoever does not look at the peer answers it.
    until("an attack that this test's network carries", || {
        (call("127.0.0.1", 4_000) == b"reached").then_some(())
    });
    assert_eq!(call("127.0.0.1", port), b"", "a neighbour is answered");
    assert_eq!(call("10.9.8.1", port), b"", "the agent listens on the network");
    let own = user.exchange(port, &health).expect("an answer");
    assert_eq!(own.status, 200, "{}", agent.text());
}
