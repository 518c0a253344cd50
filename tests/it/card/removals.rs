//! Removals at random points of a signature (R71). `KYSO_LONG=1` takes the full count.

use std::fs;
use std::process::Command;
use std::time::{Instant, SystemTime};

use kyso::domain::scheme::Scheme;

use super::agent;
use super::pulled::{ENDED_WITHIN, put_in_anew, signs};
use crate::support::agent::{one, sha256, value};
use crate::support::card::Card;
use crate::support::person::Act;
use crate::support::softhsm::verify;

/// Each ends within five seconds with a typed error, or with a signature; the next insertion signs,
/// and nothing is left over.
#[test]
fn r71_a_card_pulled_at_any_point_of_a_signature_leaves_nothing_behind() {
    // In a process without other tests, whose files and memory would be counted, too.
    if std::env::var_os(ALONE).is_none() {
        let name = "card::removals::r71_a_card_pulled_at_any_point_of_a_signature_leaves_nothing_behind";
        let mut alone = Command::new(std::env::current_exe().unwrap());
        let ended = alone.args(["--exact", name, "--nocapture"]).env(ALONE, "1").status().unwrap();
        assert!(ended.success(), "its words stand above");
        return;
    }
    let Some(card) = Card::inserted() else { return };
    let removals = if std::env::var_os("KYSO_LONG").is_some() { 200 } else { 20 };
    let mut random = Random::new();
    let agent = agent(&card);
    let before = card.said().commands;
    signs(&agent, &card);
    let commands = card.said().commands - before;
    let mut first = None;
    let mut signed = 0;
    for removal in 0..removals {
        // Some come after the last command, when the card is not needed any more.
        let point = 1 + random.below(commands + 2);
        card.tell(&format!("remove-after {point}"));
        agent.person.then([Act::Pin(Card::PIN)]);
        let digest = sha256(&format!("{removal}"));
        let begun = Instant::now();
        let reply = agent.sign(&one(card.id("9a"), &digest));
        let (case, took) = (format!("removal {removal} at command {point}"), begun.elapsed());
        assert!(took < ENDED_WITHIN, "{case}: {took:?}");
        if reply.status == 200 {
            signed += 1;
            let signature = value(&reply.json(), 0);
            assert!(verify(&card.certificate("9a"), Scheme::RsaPkcs1, &digest, &signature), "{case}");
        } else {
            assert_eq!(reply.json()["error"]["code"], "token_removed", "{case}: {}", reply.json());
        }
        agent.person.forget();
        card.remove();
        put_in_anew(&agent, &card);
        signs(&agent, &card);
        let now = Footprint::now();
        let first = *first.get_or_insert(now);
        assert_eq!(now.hosts, 1, "{case}: token hosts left over");
        assert!(now.descriptors <= first.descriptors + SLACK_DESCRIPTORS, "{case}: {now:?}, first {first:?}");
        assert!(now.memory_kb <= first.memory_kb + SLACK_KB, "{case}: {now:?}, first {first:?}");
    }
    assert!(signed < removals, "no removal hit a signature");
    let (first, now) = (first.unwrap(), Footprint::now());
    eprintln!("{removals} removals, {signed} after the signature; at first {first:?}, at last {now:?}");
}

/// What this process holds, the agent within it.
#[derive(Clone, Copy, Debug)]
struct Footprint {
    hosts: usize,
    descriptors: usize,
    memory_kb: usize,
}

impl Footprint {
    fn now() -> Self {
        let status = fs::read_to_string("/proc/self/status").unwrap();
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        Self {
            hosts: hosts(),
            descriptors: fs::read_dir("/proc/self/fd").unwrap().count(),
            memory_kb: resident.trim().trim_end_matches(" kB").parse().unwrap(),
        }
    }
}

/// Children of this process that hold OpenSC.
fn hosts() -> usize {
    let tasks = fs::read_dir("/proc/self/task").unwrap().flatten();
    let children: Vec<String> =
        tasks.filter_map(|task| fs::read_to_string(task.path().join("children")).ok()).collect();
    let module = Card::module().path;
    let holds = |pid: &&str| {
        let line = fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        line.contains(&module.display().to_string())
    };
    children.iter().flat_map(|line| line.split_whitespace()).filter(holds).count()
}

/// xorshift64*; its seed is printed.
struct Random(u64);

impl Random {
    fn new() -> Self {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_nanos();
        let seed = std::env::var("KYSO_SEED").ok().and_then(|seed| seed.parse().ok());
        let seed = seed.unwrap_or(now as u64) | 1;
        eprintln!("KYSO_SEED={seed}");
        Self(seed)
    }

    fn below(&mut self, limit: u32) -> u32 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as u32 % limit
    }
}

const SLACK_DESCRIPTORS: usize = 8;
const SLACK_KB: usize = 8 * 1024;
const ALONE: &str = "KYSO_TEST_ALONE";
