//! The menu of each state, word for word.

use time::macros::datetime;

use super::*;
use crate::status::{Answers, Problem, Progress, Refused, Squatter};

const NOW: OffsetDateTime = datetime!(2026-11-26 10:00 UTC);

fn label(text: &str) -> Entry {
    Entry::Label(text.to_owned())
}

fn item(text: &str, act: Act) -> Entry {
    Entry::Item(text.to_owned(), act)
}

fn check(text: &str, on: bool, act: Act) -> Entry {
    Entry::Check(text.to_owned(), on, act)
}

fn sub(text: &str, entries: Vec<Entry>) -> Entry {
    Entry::Sub(text.to_owned(), entries)
}

fn desk(status: Option<Status>) -> Desk {
    Desk { status, autostart: false, new: false, now: NOW }
}

fn foot(lang: Lang, autostart: bool) -> Vec<Entry> {
    let version = format!("Kyso {}", env!("CARGO_PKG_VERSION"));
    let (vi, en) = (lang == Lang::Vi, lang == Lang::En);
    let languages =
        vec![check("Tiếng Việt", vi, Act::Speak(Lang::Vi)), check("English", en, Act::Speak(Lang::En))];
    let [log, language, setup, start, about, what, licence, quit] = if vi {
        [
            "Mở nhật ký ký số",
            "Ngôn ngữ · Language",
            "Thiết lập Kyso…",
            "Khởi động cùng máy tính",
            "Giới thiệu",
            "Ký số bằng token cho các hệ thống văn bản trên web",
            "Giấy phép: MIT hoặc Apache 2.0",
            "Thoát biểu tượng này (dịch vụ vẫn chạy)",
        ]
    } else {
        [
            "Open the signing log",
            "Language · Ngôn ngữ",
            "Set up Kyso…",
            "Start with the desktop",
            "About",
            "Token signatures for web document systems",
            "Licence: MIT or Apache 2.0",
            "Quit this icon (the agent keeps running)",
        ]
    };
    vec![
        item(log, Act::OpenLog),
        Entry::Separator,
        sub(language, languages),
        item(setup, Act::Setup),
        check(start, autostart, Act::Autostart(!autostart)),
        sub(about, vec![label(&version), label(what), label(licence)]),
        item(quit, Act::Quit),
    ]
}

/// A desk at which everything happens at once.
fn busy() -> Status {
    let certificate = |name: &str, not_after| Certificate {
        id: format!("sha256:{name}"),
        name: name.to_owned(),
        organisation: None,
        token: "0a".to_owned(),
        not_before: datetime!(2025-01-01 0:00 UTC),
        not_after,
    };
    Status {
        paused: true,
        tokens: vec![
            Token {
                label: "kyso-demo".to_owned(),
                serial: "0a".to_owned(),
                pin: Pin::FinalTry,
                kept_s: Some(100),
                ..Token::default()
            },
            Token { serial: "0b".to_owned(), pin: Pin::Locked, ..Token::default() },
        ],
        certificates: vec![
            certificate("Nguyễn Thị Ánh", datetime!(2026-12-31 16:59 UTC)),
            certificate("UBND xã", datetime!(2026-11-01 0:00 UTC)),
        ],
        open: vec![
            Open {
                id: 7,
                matter: Matter::Sign,
                caller: "https://vanban.example.gov.vn".to_owned(),
                names: vec!["hop\u{202e}fdp.exe".to_owned(), "b.pdf".to_owned()],
                count: 3,
                progress: None,
                since: NOW,
                attended: Some(false),
            },
            Open {
                id: 8,
                matter: Matter::SignIn,
                caller: "https://dichvu.example.gov.vn".to_owned(),
                names: vec![],
                count: 0,
                progress: None,
                since: NOW,
                attended: Some(false),
            },
        ],
        queued: 2,
        recent: vec![
            Past {
                local_time: "2026-11-26 16:59:58".to_owned(),
                caller: "https://vanban.example.gov.vn".to_owned(),
                name: Some("Công văn 45.pdf".to_owned()),
                count: 1,
                kind: "signed".to_owned(),
                outcome: "ok".to_owned(),
                ..Past::default()
            },
            Past {
                local_time: "2026-11-25 09:00:00".to_owned(),
                caller: "command line".to_owned(),
                count: 2,
                kind: "failed".to_owned(),
                outcome: "token_removed".to_owned(),
                ..Past::default()
            },
            Past {
                local_time: "2026-11-24 08:00:00".to_owned(),
                caller: "https://dichvu.example.gov.vn".to_owned(),
                count: 1,
                kind: "signed".to_owned(),
                outcome: "ok".to_owned(),
                sign_in: true,
                ..Past::default()
            },
        ],
        sites: vec![
            Site {
                origin: "https://vanban.example.gov.vn".to_owned(),
                allowed: true,
                pairings: 2,
                blocked: false,
            },
            Site { origin: "https://chan.example".to_owned(), blocked: true, ..Site::default() },
        ],
        refused: vec![Refused { origin: "https://nag.example".to_owned(), times: 4 }],
        problems: vec![Problem { path: "/usr/lib/a.so".to_owned(), ..Problem::default() }],
        ..Status::default()
    }
}

#[test]
fn without_an_agent_it_can_be_started() {
    let mut wanted = vec![label("Dịch vụ ký số chưa chạy"), item("Khởi động dịch vụ ký số", Act::Start)];
    wanted.extend(foot(Lang::Vi, false));
    assert_eq!(menu(&desk(None), Lang::Vi), wanted);
}

#[test]
fn an_idle_agent_without_a_token() {
    let mut wanted = vec![
        label("No token is plugged in"),
        Entry::Separator,
        sub("Recent signatures", vec![label("None yet")]),
        sub("Sites that may ask", vec![label("None yet")]),
        Entry::Separator,
        check("Pause signing (until you resume or the agent restarts)", false, Act::Pause(true)),
    ];
    wanted.extend(foot(Lang::En, true));
    let desk = Desk { autostart: true, ..desk(Some(Status::default())) };
    assert_eq!(menu(&desk, Lang::En), wanted);
}

#[test]
fn everything_at_once_in_vietnamese() {
    let site = "https://vanban.example.gov.vn";
    let mut wanted = vec![
        label("Đang chờ bạn trả lời"),
        item(
            "https://vanban.example.gov.vn xin ký hop\u{FFFD}fdp.exe và 2 văn bản nữa: mở cửa sổ",
            Act::Raise,
        ),
        item("https://dichvu.example.gov.vn xin đăng nhập: mở cửa sổ", Act::Raise),
        label("2 yêu cầu nữa đang chờ"),
        Entry::Separator,
        sub(
            "kyso-demo · mã PIN: còn một lần thử",
            vec![
                label("Nguyễn Thị Ánh · đến 31/12/2026 (còn 36 ngày)"),
                label("UBND xã · ĐÃ HẾT HẠN 01/11/2026"),
            ],
        ),
        sub("Token không nhãn · mã PIN: đã khóa", vec![label("Không có chứng thư số")]),
        item("Kết thúc phiên đăng nhập token đang giữ", Act::Logout),
        sub(
            "Thư viện token có lỗi",
            vec![label("/usr/lib/a.so"), label("Chạy «kyso doctor» để biết cách xử lý")],
        ),
        sub(
            "Các lần ký gần đây",
            vec![
                item(
                    "26/11/2026 16:59 · https://vanban.example.gov.vn · Công văn 45.pdf · đã ký",
                    Act::OpenLog,
                ),
                item(
                    "25/11/2026 09:00 · Lệnh của bạn · một văn bản không tên và 1 văn bản nữa · \
                     ký không thành công: Token đã bị rút ra.",
                    Act::OpenLog,
                ),
                item(
                    "24/11/2026 08:00 · https://dichvu.example.gov.vn · đăng nhập · thành công",
                    Act::OpenLog,
                ),
            ],
        ),
        sub(
            "Trang được phép hỏi",
            vec![
                label("https://nag.example: bạn đã từ chối 4 lần"),
                sub(
                    site,
                    vec![
                        label("Số lượt kết nối: 2"),
                        label("Kết nối không cần hỏi"),
                        item("Thu hồi quyền của trang này", Act::Revoke(site.to_owned())),
                    ],
                ),
                sub(
                    "https://chan.example: bạn đã chặn",
                    vec![item("Bỏ chặn", Act::Revoke("https://chan.example".to_owned()))],
                ),
            ],
        ),
        Entry::Separator,
        check("Tạm dừng ký (đến khi bạn cho ký tiếp hoặc dịch vụ khởi động lại)", true, Act::Pause(false)),
    ];
    wanted.extend(foot(Lang::Vi, false));
    assert_eq!(menu(&desk(Some(busy())), Lang::Vi), wanted);
}

#[test]
fn days_in_english_are_taken_for_no_month_and_one_is_no_days() {
    let mut certificate = busy().certificates.remove(0);
    let line = |certificate: &Certificate| of_certificate(certificate, NOW, Lang::En);
    assert_eq!(line(&certificate), "Nguyễn Thị Ánh · until 31 December 2026 (36 days left)");
    certificate.not_after = datetime!(2026-11-27 09:00 UTC);
    assert_eq!(line(&certificate), "Nguyễn Thị Ánh · until 27 November 2026 (1 day left)");
    let past = of_past(&busy().recent[0], Lang::En);
    assert!(past.starts_with("26 November 2026 16:59 · "), "{past}");
}

#[test]
fn a_batch_tells_how_far_it_is() {
    let mut status = busy();
    status.open[0].progress = Some(Progress { done: 12, total: 40 });
    let first = |status: &Status| menu(&desk(Some(status.clone())), Lang::En).swap_remove(0);
    assert_eq!(first(&status), label("Waiting for your answer"), "another question is open");
    status.open.truncate(1);
    assert_eq!(first(&status), label("Signing 12 of 40"));
}

/// The last letters tell `https://vanban.gov.vn.evil.example` from the real one.
#[test]
fn an_origin_is_never_cut() {
    let mut status = busy();
    let long = format!("https://{}.evil.example", "vanban.gov.vn.".repeat(8));
    status.open[0].caller.clone_from(&long);
    let Entry::Item(text, Act::Raise) = &menu(&desk(Some(status)), Lang::En)[1] else { panic!("no request") };
    assert!(text.starts_with(&long), "{text}");
}

#[test]
fn r55_a_renewal_stands_there_from_its_day_on() {
    let tls = |renewal| Tls {
        renewal: Some(renewal),
        not_after: Some(datetime!(2027-04-01 0:00 UTC)),
        ..Tls::default()
    };
    let with = |renewal| menu(&desk(Some(Status { tls: Some(tls(renewal)), ..Status::default() })), Lang::En);
    let line = label("https: the certificate ends on 1 April 2027; renew it with 'kyso tls enable'");
    assert!(with(NOW).contains(&line));
    assert!(!with(NOW + time::Duration::SECOND).contains(&line));
}

#[test]
fn r7_who_is_in_the_agents_way_stands_at_the_top() {
    let squatter =
        Squatter { uid: 4_000, user: "chiem".to_owned(), holds: vec![21_481, 21_482], beside: vec![] };
    let agent = Agent {
        port: 21_480,
        last_ones: Some(1),
        answers: Answers::Other { uid: None, user: Some("la".to_owned()) },
        squatters: vec![squatter],
        ..Agent::default()
    };
    let entries = menu(&desk(Some(Status { agent: Some(agent), ..Status::default() })), Lang::En);
    let starts = [
        "No token",
        "About to stop",
        "Another program answers at Kyso's port 21480 (user la)",
        "User chiem holds 2",
    ];
    for (entry, start) in entries.iter().zip(starts) {
        assert!(matches!(entry, Entry::Label(text) if text.starts_with(start)), "{entry:?}");
    }
}
