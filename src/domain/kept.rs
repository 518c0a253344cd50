//! A login that serves several requests (R38): how long, and for whom.

use std::time::Duration;

/// How long a login may be kept at most; whole seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeepLimits {
    idle: Duration,
    most: Duration,
}

/// Whether a candidate's token needs a login, and whether that one may be kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Keeping {
    /// A login that ends with the request.
    #[default]
    Never,
    /// A login that the person may keep.
    Offered(KeepLimits),
    /// The person kept one: what is left of it, used or not. Each signature is still agreed to.
    Kept {
        /// Until it ends for good.
        left: Duration,
    },
}

impl KeepLimits {
    /// The longest `idle`, in seconds.
    pub const MOST_IDLE: u64 = 300;
    /// The longest `most`, in seconds.
    pub const MOST: u64 = 7_200;

    /// From seconds: without a signature, and in all. Nothing if either is 0 or longer than R38 lets it be.
    pub fn new(idle: u64, most: u64) -> Option<Self> {
        let fits = (1..=Self::MOST_IDLE).contains(&idle) && (1..=Self::MOST).contains(&most);
        fits.then(|| Self { idle: Duration::from_secs(idle), most: Duration::from_secs(most) })
    }

    /// Both at their longest.
    pub const MOST_OF_ALL: Self =
        Self { idle: Duration::from_secs(Self::MOST_IDLE), most: Duration::from_secs(Self::MOST) };

    /// Of both the shorter.
    pub fn shorter(self, other: Self) -> Self {
        Self { idle: self.idle.min(other.idle), most: self.most.min(other.most) }
    }

    /// How long without a signature.
    pub fn idle(self) -> Duration {
        self.idle
    }

    /// How long in all.
    pub fn most(self) -> Duration {
        self.most
    }
}

impl Keeping {
    /// The limits on offer.
    pub fn offer(self) -> Option<KeepLimits> {
        match self {
            Self::Offered(limits) => Some(limits),
            Self::Never | Self::Kept { .. } => None,
        }
    }

    /// Whether a login is kept.
    pub fn is_kept(self) -> bool {
        matches!(self, Self::Kept { .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r38_nothing_is_kept_longer_than_allowed() {
        assert!(KeepLimits::new(300, 7_200).is_some() && KeepLimits::new(1, 1).is_some());
        for (idle, most) in [(0, 60), (60, 0), (301, 7_200), (300, 7_201), (u64::MAX, u64::MAX)] {
            assert_eq!(KeepLimits::new(idle, most), None, "{idle} {most}");
        }
    }
}
