//! The list of ports, taken by another user one after the other (R4).

use super::is_long;
use crate::support::office::{Helper, Network, User};

#[test]
fn r4_the_first_free_port_or_a_clear_error() {
    let network = Network::new();
    let user = User::without_token(4_200, &network);
    let other = User::without_token(4_201, &network);
    let counts: Vec<u16> = if is_long() { (0..=64).collect() } else { vec![0, 1, 8, 63, 64] };
    for count in counts {
        let ports: Vec<String> = (21_480..21_480 + count).map(|port| port.to_string()).collect();
        let script = "import socket, sys\n\
                      held = [socket.create_server(('127.0.0.1', int(port))) for port in sys.argv[1:]]\n\
                      print('ready', flush=True)\n\
                      sys.stdin.read()";
        let _holder = Helper::start(other.command("/usr/bin/python3").args(["-c", script]).args(&ports));
        if count < 64 {
            assert_eq!(user.agent().1, 21_480 + count);
        } else {
            let output = user.kyso(&["agent", "--prompt", "terminal"]);
            assert_eq!(output.status.code(), Some(69), "{output:?}");
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(said.contains("--port"), "{said}");
        }
    }
}
