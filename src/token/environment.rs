//! What of the agent's environment a module's process gets: where the person is at home, how they write, and what
//! PKCS#11 libraries are set up by. Not the session's own: no display, no bus, no agents of SSH or GPG, nothing that
//! changes which code is loaded, and no passwords that lie about there.

use std::ffi::OsString;

/// The variables that are handed on: those listed here and those that the module's settings name.
pub(super) fn handed_on(named: &[String]) -> Vec<(OsString, OsString)> {
    let wanted = |name: &str| is_known(name) || named.iter().any(|known| known == name);
    std::env::vars_os().filter(|(name, _)| name.to_str().is_some_and(wanted)).collect()
}

fn is_known(name: &str) -> bool {
    NAMES.contains(&name) || BEGINNINGS.iter().any(|start| name.starts_with(start))
}

const NAMES: &[&str] =
    &["HOME", "LANG", "LANGUAGE", "LOGNAME", "PATH", "RUST_BACKTRACE", "TMPDIR", "TZ", "USER"];

const BEGINNINGS: &[&str] = &[
    "KYSO_",
    "LC_",
    "XDG_",
    // The reader stack.
    "PCSCLITE_",
    // Software and smart cards: SoftHSM, OpenSC, p11-kit, opencryptoki, libp11 and NSS.
    "OPENCRYPTOKI_",
    "OPENSC_",
    "P11_KIT_",
    "PKCS11_",
    "SOFTHSM2_",
    "NSS_",
    // Yubico's two, and the TPM's.
    "YKCS11_",
    "YUBIHSM_",
    "TPM2_PKCS11_",
    "TSS2_",
    // Security modules in the network: Thales, Entrust, Utimaco.
    "Chrystoki",
    "CKNFAST_",
    "NFAST_",
    "CS_PKCS11_",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_sets_a_module_up_and_nothing_of_the_session() {
        for name in
            ["HOME", "LC_ALL", "XDG_CONFIG_HOME", "SOFTHSM2_CONF", "OPENSC_CONF", "PCSCLITE_CSOCK_NAME"]
        {
            assert!(is_known(name), "{name}");
        }
        for name in [
            "LD_PRELOAD",
            "LD_LIBRARY_PATH",
            "DISPLAY",
            "SSH_AUTH_SOCK",
            "DBUS_SESSION_BUS_ADDRESS",
            "GITHUB_TOKEN",
        ] {
            assert!(!is_known(name), "{name}");
        }
    }
}
