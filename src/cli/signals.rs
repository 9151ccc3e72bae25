//! Signals as flags, to be looked at between packets.

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// What was asked for by signals.
#[derive(Debug, Default)]
pub struct Signals {
    end: Arc<AtomicBool>,
    counts: Arc<AtomicBool>,
    ending: Arc<AtomicBool>,
}

impl Signals {
    /// Begins to watch for SIGINT, SIGTERM and SIGUSR1.
    ///
    /// # Errors
    /// The system does not allow it.
    pub fn watch() -> io::Result<Self> {
        let signals = Self::default();
        for signal in [SIGINT, SIGTERM] {
            flag::register_conditional_default(signal, Arc::clone(&signals.ending))?;
            flag::register(signal, Arc::clone(&signals.end))?;
        }
        #[cfg(unix)]
        flag::register(signal_hook::consts::SIGUSR1, Arc::clone(&signals.counts))?;
        Ok(signals)
    }

    /// Whether SIGINT or SIGTERM has come.
    pub fn is_end(&self) -> bool {
        self.end.load(Ordering::Relaxed)
    }

    /// Whether SIGUSR1 has come since this was last asked.
    #[cfg_attr(not(feature = "live"), expect(dead_code, reason = "only `sniff` tells counts"))]
    pub fn take_counts(&self) -> bool {
        self.counts.swap(false, Ordering::Relaxed)
    }

    /// From now on SIGINT and SIGTERM end the program at once. Until then they may come any number
    /// of times: `timeout` sends its signal twice.
    pub fn end_at_once(&self) {
        self.ending.store(true, Ordering::Relaxed);
    }
}
