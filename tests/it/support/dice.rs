//! Chance that is the same in every run, for bytes that nobody should send.

use sha2::{Digest as _, Sha256};

/// Chance that is the same in every run.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new() -> Self {
        Self(0)
    }

    pub(crate) fn below(&mut self, most: usize) -> usize {
        self.0 += 1;
        let bytes = Sha256::digest(self.0.to_le_bytes());
        usize::from(u16::from_le_bytes([bytes[0], bytes[1]])) % most
    }

    /// One of the seeds with a few bytes changed, cut, doubled or put in.
    pub(crate) fn spoil(&mut self, seeds: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = seeds[self.below(seeds.len())].clone();
        for _ in 0..=self.below(4) {
            let at = self.below(bytes.len().max(1));
            match self.below(6) {
                0 => bytes.truncate(at),
                1 => bytes.insert(at, u8::try_from(self.below(256)).unwrap()),
                2 if !bytes.is_empty() => bytes[at] = u8::try_from(self.below(256)).unwrap(),
                3 => {
                    let piece = bytes[at..].iter().take(40).copied().collect::<Vec<u8>>();
                    bytes.splice(at..at, piece);
                }
                4 => {
                    let end = (at + self.below(30)).min(bytes.len());
                    bytes.drain(at..end);
                }
                _ => {
                    let lines: [&[u8]; 11] = [
                        b"\r\n",
                        b"\0",
                        b"Transfer-Encoding: chunked\r\n",
                        b"Content-Length: -1\r\n",
                        b"Origin: null\r\n",
                        b": \r\n",
                        b"\r\nX-Injected: 1\r\n",
                        b"%0d%0aX-Injected:%201",
                        "\u{560d}\u{560a}X-Injected: 1".as_bytes(),
                        b"\r",
                        b"\n",
                    ];
                    let line = lines[self.below(lines.len())];
                    bytes.splice(at..at, line.iter().copied());
                }
            }
        }
        bytes
    }
}
