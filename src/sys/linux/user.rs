//! Who this process runs as.

/// The user in one word for the log: the name `/etc/passwd` gives the real user id, or
/// `uid:` and the number where a directory service keeps the names.
pub fn current() -> String {
    name_of(current_id())
}

/// The number of the user that this process runs as.
pub fn current_id() -> u32 {
    rustix::process::getuid().as_raw()
}

/// The same word for another user.
pub fn name_of(uid: u32) -> String {
    let passwd = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    name_in(&passwd, &uid.to_string()).unwrap_or_else(|| format!("uid:{uid}"))
}

/// This machine's name.
pub fn host() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

/// passwd(5): `name:password:uid:…`.
fn name_in(passwd: &str, uid: &str) -> Option<String> {
    passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)? == uid && !name.is_empty()).then(|| name.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_stands_beside_its_number() {
        let passwd = "root:x:0:0:root:/root:/bin/sh\nbroken\nan:x:1000:1000::/home/an:/bin/sh\n";
        assert_eq!(name_in(passwd, "1000").as_deref(), Some("an"));
        assert_eq!(name_in(passwd, "100"), None);
    }
}
