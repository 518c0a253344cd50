//! R55: at two thirds of its life the certificate is renewed, by the person's word alone.

use kyso::tls::issue::issue;
use time::{Duration, OffsetDateTime};

use super::{PAGE, credentials, desk, said, trusts};
use crate::support::desk::Desk;
use crate::support::http::Request;
use crate::support::https;

/// Makes the certificate as old as if it had been made so many days ago, trusted as it was then.
fn age(desk: &Desk, days: i64) {
    said(&desk.kyso(&["tls", "disable"]), 0);
    let made = issue(OffsetDateTime::now_utc() - Duration::days(days)).unwrap();
    std::fs::create_dir_all(desk.data()).unwrap();
    made.write(&desk.data().join("tls.pem")).unwrap();
    std::fs::write(desk.data().join("tls-ca.crt"), made.authority.pem()).unwrap();
    desk.kyso(&["doctor", "--fix"]);
}

#[test]
fn r55_nothing_is_renewed_before_two_thirds_or_without_a_word() {
    let (desk, stores) = desk();
    for (days, due) in [(200, false), (270, true), (395, true), (400, true)] {
        age(&desk, days);
        let old = credentials(&desk).authority;
        let agent = desk.agent();
        let doctor = String::from_utf8(desk.kyso(&["doctor", "--fix"]).stdout).unwrap();
        assert_eq!(doctor.contains("What to do: Run 'kyso tls enable'"), due, "{days}: {doctor}");
        let status = said(&desk.kyso(&["status"]), 0);
        assert_eq!(status.contains("renew it with 'kyso tls enable'"), due, "{days}: {status}");
        said(&desk.kyso(&["tls", "status"]), i32::from(due));
        assert_eq!(credentials(&desk).authority, old, "looking renews nothing");
        assert!(trusts(&stores[0], &old.name()));

        let text = said(&desk.kyso(&["tls", "enable"]), 0);
        let new = credentials(&desk).authority;
        assert_eq!(new != old, due, "{days}: {text}");
        assert!(stores.iter().all(|store| trusts(store, &new.name())));
        assert_eq!(stores.iter().any(|store| trusts(store, &old.name())), !due, "the old one is gone");
        // The agent that runs shows the new one at once.
        let secure = agent.port + 100;
        let request = Request::new("GET", "/v1/health", secure, PAGE).bytes();
        let reply = https::exchange(secure, &new.der, &request).expect("an answer");
        assert_eq!(reply.status, 200);
        assert_eq!(https::secured(secure, &old.der).is_some(), !due);
        said(&desk.kyso(&["tls", "status"]), 0);
    }
}
